import type { SentJob } from '../wire.js';

/** ms that an error counts as one of now. */
const LATELY = 300_000;

export const WORDS: Readonly<Record<SentJob['advice']['verdict'], string>> = {
  'too-low': 'too low',
  right: 'right',
  'too-high': 'too high',
  unknown: '–',
};

/** By the server's clock the error may be in the future. */
export function hasFailedLately({ lastError }: SentJob): boolean {
  return lastError !== undefined && Date.now() - Date.parse(lastError.at) < LATELY;
}

export function needsAttention(job: SentJob): boolean {
  return hasFailedLately(job) || job.advice.verdict === 'too-low' || job.advice.verdict === 'too-high';
}
