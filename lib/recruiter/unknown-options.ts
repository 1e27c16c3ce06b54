import { describeValue } from './describe-value.js';

/** Options that nobody knows, one sentence each: a misspelt one would be ignored without a word. */
export function unknownOptionProblems(options: object, known: ReadonlySet<string>, of = ''): string[] {
  const problems: string[] = [];
  for (const key of Object.keys(options)) {
    if (known.has(key)) continue;
    problems.push(`unknown option ${of}${describeValue(key)}; known are ${[...known].join(', ')}`);
  }
  return problems;
}
