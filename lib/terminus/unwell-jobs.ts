import { isUnderWay } from '../recruiter/coordination/coordinator.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { shortened } from '../options/cut.js';

/** A job that is unwell, in the details of a health check. */
export interface UnwellJob {
  /** Name of its recruiter. */
  readonly recruiter: string;
  /** ID of the job. */
  readonly job: string;
  /** Description of the problem. */
  readonly problem: string;
  /** When the problem began, at the latest: ISO 8601. */
  readonly since: string;
  /** Number of consecutive slices, up to the last, that failed or were cut short. */
  readonly failuresInARow: number;
  /** When a slice last did work: ISO 8601; missing before the first. */
  readonly lastWorkAt?: string;
  /** Message of its last error, without the stack: at most 200 characters. */
  readonly lastError?: string;
}

/** Criteria for an unwell job. */
export interface Wellness {
  /** Number of consecutive failures from which a job is unwell. */
  readonly failures: number;
  /** Wall clock: ms since the epoch. */
  readonly now: number;
  /** Whether to include the message of the last error. */
  readonly errors: boolean;
  /** Whether its recruiter is open and no slice is in flight: then the next run of every job with known work is scheduled. */
  readonly isFree: boolean;
}

/** Maximum length of an error message in the details: characters. */
const MAX_MESSAGE_LENGTH = 200;

/** A pass that is overdue by more than this makes a job with `every` unwell: periods. */
const MAX_OVERDUE_PERIODS = 2;

/** Returns the problems of a job; undefined if it is well. A paused job is well unless a slice is stuck. */
export function unwellJob(recruiter: string, job: JobSnapshot, wellness: Wellness): UnwellJob | undefined {
  const judged = job.paused ? [] : [failing, workless, overdue, forgotten];
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
  // Only the last errors are kept, so the oldest of them is the earliest time known.
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

/** Judges by what the coordinator said last, so passes of other processes count, and those that found nothing to do. */
function overdue({ period }: JobSnapshot, { now }: Wellness): Finding | undefined {
  if (period === undefined) return undefined;
  const { every, overdueBy, lastPass } = period;
  if (!(overdueBy > MAX_OVERDUE_PERIODS * every)) return undefined;
  const dueAt = isUnderWay(lastPass) ? Number(lastPass.dueAt) : now - overdueBy;
  return {
    problem: `a pass has been due for ${Math.round(overdueBy / 1000)} s and is not done; one is due every ${every / 1000} s`,
    since: dueAt + MAX_OVERDUE_PERIODS * every,
  };
}

/** A state that a recruiter must never be in; reported here, since nothing else would show that the job has stopped. */
function forgotten(job: JobSnapshot, { now, isFree }: Wellness): Finding | undefined {
  const { more, nextLookAt, rate, lastWorkAt } = job;
  if (!isFree || !more || rate === 0 || nextLookAt !== undefined) return undefined;
  return {
    problem:
      'more work is waiting and no slice is scheduled, which is a bug of nestjs-work-stealing: please report it; ' +
      'pause and resume the job to restart it',
    since: lastWorkAt?.getTime() ?? now,
  };
}

function onOneLine(message: string): string {
  return shortened(message.replace(/\s+/g, ' ').trim(), MAX_MESSAGE_LENGTH);
}
