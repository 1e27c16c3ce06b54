import { keyOf } from '../../fleet/job-key.js';
import type { JobReport } from '../../fleet/process-report.js';
import { countOf, objectOf, textOf } from './checks.js';
import { readStamped, stamped } from './stamped.js';

type LastError = NonNullable<JobReport['lastError']>;

/** What is kept of a message and of a stack: characters. */
const LONGEST_MESSAGE = 1000;
const LONGEST_STACK = 4000;
const REASONS: readonly LastError['reason'][] = ['error', 'budget', 'closing', 'lease', 'late'];

/** A field of the hash of errors, and its value. */
export function writeError(job: JobReport, { at, process, reason, message, stack, duration }: LastError) {
  const value = {
    process,
    reason,
    message: message.slice(0, LONGEST_MESSAGE),
    ...(stack === undefined ? {} : { stack: stack.slice(0, LONGEST_STACK) }),
    duration: Math.max(0, duration),
  };
  return [keyOf(job), stamped(at.getTime(), value)] as const;
}

/** @throws TypeError or SyntaxError when somebody else wrote it. */
export function readError(text: string): LastError {
  const { at, value } = readStamped(text);
  const said = objectOf(value);
  const reason = REASONS.find((known) => known === said.reason);
  if (reason === undefined) throw new TypeError('a reason is missing');
  return {
    at: new Date(at),
    process: textOf(said.process),
    reason,
    message: textOf(said.message, LONGEST_MESSAGE),
    ...(said.stack === undefined ? {} : { stack: textOf(said.stack, LONGEST_STACK) }),
    duration: countOf(said.duration),
  };
}
