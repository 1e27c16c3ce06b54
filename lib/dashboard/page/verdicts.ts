import type { SentJob } from '../wire.js';
import { rate } from './format.js';
import { isOverdue } from './periods.js';

/** How long an error counts as recent. */
const RECENT_MS = 300_000;
/** How long a slice that was cut short is shown in the details of its job. */
const ABORT_SHOWN_MS = 3_600_000;

type LastError = NonNullable<SentJob['lastError']>;

/** What the advice comes to, in a word or two. */
export function wordsOf({ rate: inForce, advice: { verdict, suggested } }: SentJob): string {
  if (verdict === 'right') return 'OK';
  if (verdict === 'unknown') return '–';
  return suggested === inForce ? NOTES[verdict] : `try ${rate(suggested)}`;
}

/** Why another rate is suggested. */
export const NOTES = { 'too-low': 'too low', 'too-high': 'too high' } as const;

/**
 * Whether the last error is recent; by the server's clock it may even be in the future. A slice that was cut off by a
 * shutdown is no failure.
 */
export function hasFailedRecently({ lastError }: SentJob): boolean {
  if (lastError === undefined || lastError.reason === 'closing') return false;
  return ageOf(lastError) < RECENT_MS;
}

/** Whether the last error was an abort that nobody needs to know of any more. */
export function isForgotten(error: LastError): boolean {
  return isAbort(error) && ageOf(error) >= ABORT_SHOWN_MS;
}

/** Whether a slice was cut short, which is no error of the job's code. */
export function isAbort({ reason }: LastError): boolean {
  return reason === 'budget' || reason === 'lease' || reason === 'closing';
}

function ageOf({ at }: LastError): number {
  return Date.now() - Date.parse(at);
}

export function needsAttention(job: SentJob): boolean {
  return (
    hasFailedRecently(job) ||
    isOverdue(job) ||
    job.advice.verdict === 'too-low' ||
    job.advice.verdict === 'too-high'
  );
}
