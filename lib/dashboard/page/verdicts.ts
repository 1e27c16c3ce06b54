import type { SentJob } from '../wire.js';

/** How long an error counts as recent. */
const RECENT_MS = 300_000;

export const WORDS: Readonly<Record<SentJob['advice']['verdict'], string>> = {
  'too-low': 'too low',
  right: 'right',
  'too-high': 'too high',
  unknown: '–',
};

/** Whether the last error is recent; by the server's clock it may even be in the future. */
export function hasFailedRecently({ lastError }: SentJob): boolean {
  return lastError !== undefined && Date.now() - Date.parse(lastError.at) < RECENT_MS;
}

export function needsAttention(job: SentJob): boolean {
  return hasFailedRecently(job) || job.advice.verdict === 'too-low' || job.advice.verdict === 'too-high';
}
