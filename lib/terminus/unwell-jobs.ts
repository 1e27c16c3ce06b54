import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { shortened } from '../options/cut.js';

/** A job that is unwell, as the details of a health check show it. */
export interface UnwellJob {
  /** The recruiter that it belongs to. */
  readonly recruiter: string;
  /** Its name there. */
  readonly job: string;
  /** What is wrong, in words. */
  readonly problem: string;
  /** Since when, at the latest: ISO 8601. */
  readonly since: string;
  /** How many of its last slices, without a break, failed or were cut short. */
  readonly failuresInARow: number;
  /** When a slice last did work: ISO 8601; left out before the first. */
  readonly lastWorkAt?: string;
  /** The message of its last error, without the stack: 200 characters at most. */
  readonly lastError?: string;
}

/** How to tell that a job is unwell. */
export interface Wellness {
  /** Failures in a row from which it is. */
  readonly failures: number;
  /** Wall clock: ms since the epoch. */
  readonly now: number;
  /** Whether to quote errors. */
  readonly errors: boolean;
  /** Whether its recruiter is open and no slice is in flight: then every job with work waiting has a time for its next look. */
  readonly isFree: boolean;
}

const LONGEST_MESSAGE = 200;

/** What is wrong with a job; undefined where it is well. An operator's pause is no illness, but a stuck slice stays one. */
export function unwellJob(recruiter: string, job: JobSnapshot, wellness: Wellness): UnwellJob | undefined {
  const judged = job.paused ? [] : [failing, workless, forgotten];
  const found = [stuck, ...judged].map((find) => find(job, wellness)).filter((each) => each !== undefined);
  if (found.length === 0) return undefined;
  const { lastWorkAt, lastError, failuresInARow } = job;
  return {
    recruiter,
    job: job.id,
    problem: found.map(({ problem }) => problem).join('; '),
    since: new Date(Math.min(...found.map(({ since }) => since))).toISOString(),
    failuresInARow,
    ...(lastWorkAt && { lastWorkAt: lastWorkAt.toISOString() }),
    ...(wellness.errors && lastError && { lastError: onOneLine(lastError.message) }),
  };
}

interface Finding {
  readonly problem: string;
  readonly since: number;
}

function stuck({ stuckSince }: JobSnapshot, { now }: Wellness): Finding | undefined {
  if (stuckSince === undefined) return undefined;
  const since = stuckSince.getTime();
  return {
    problem: `a slice has not settled for ${Math.round((now - since) / 1000)} s and keeps its place in flight`,
    since,
  };
}

function failing({ failuresInARow, errors }: JobSnapshot, { failures, now }: Wellness): Finding | undefined {
  if (failuresInARow < failures) return undefined;
  // Only the last errors are kept: the oldest of them is as far back as can be told.
  const first = errors.slice(-failuresInARow)[0];
  return {
    problem: failuresInARow === 1 ? 'its last slice failed' : `its last ${failuresInARow} slices failed`,
    since: first?.at.getTime() ?? now,
  };
}

function workless(job: JobSnapshot, { now }: Wellness): Finding | undefined {
  const { expectWorkWithin, lastWorkAt, installedAt } = job;
  if (expectWorkWithin === undefined) return undefined;
  const from = (lastWorkAt ?? installedAt).getTime();
  if (now - from <= expectWorkWithin) return undefined;
  const passed = `${Math.round((now - from) / 1000)} s`;
  return {
    problem: `no work done for ${passed}; expected within ${expectWorkWithin / 1000} s`,
    since: from + expectWorkWithin,
  };
}

/** No state that the recruiter may be in; shown here, since nothing else would tell that the job stands still. */
function forgotten(job: JobSnapshot, { now, isFree }: Wellness): Finding | undefined {
  const { more, nextLookAt, rate, lastWorkAt } = job;
  if (!isFree || !more || rate === 0 || nextLookAt !== undefined) return undefined;
  return {
    problem:
      'more work is waiting and no look at it is planned, which is a bug of nestjs-work-stealing: please report it; ' +
      'pause and resume the job to set it going again',
    since: lastWorkAt?.getTime() ?? now,
  };
}

function onOneLine(message: string): string {
  return shortened(message.replace(/\s+/g, ' ').trim(), LONGEST_MESSAGE);
}
