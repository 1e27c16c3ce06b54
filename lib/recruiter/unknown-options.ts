import { describeValue } from './describe-value.js';

/** So many are named; a value that is no options at all may have thousands of keys. */
const NAMED = 5;

/** Options that nobody knows, one sentence each: a misspelt one would be ignored without a word. */
export function unknownOptionProblems(options: object, known: ReadonlySet<string>, of = ''): string[] {
  const unknown = Object.keys(options).filter((key) => !known.has(key));
  const problems = unknown
    .slice(0, NAMED)
    .map((key) => `unknown option ${of}${describeValue(key)}; known are ${[...known].join(', ')}`);
  if (unknown.length > NAMED) problems.push(`${unknown.length - NAMED} more unknown options`);
  return problems;
}
