import type { Durations, JobError } from './job-record.js';
import type { GateReason, Outcome } from './outcome.js';
import type { InstalledJob } from './roster.js';

/** A job as it is at one moment. */
export interface JobSnapshot {
  /** The job's name in its recruiter. */
  readonly id: string;
  /** Declared rate: share of enlistments, 0 to 1. */
  readonly rate: number;
  /** The rate after back-off: never above the declared one. */
  readonly effectiveRate: number;
  /** Whether its slices are held back by `pause(id)`, or by `pause()` with those of all jobs. */
  readonly paused: boolean;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  /** Slices drawn so far, by what came of them: exact. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** The `gated` ones by what held them back; reasons that never did are left out. */
  readonly gatedBy: Readonly<Partial<Record<GateReason, number>>>;
  /** Items done so far by slices that count them. */
  readonly items: number;
  /** How long the last slices took; undefined before the first. */
  readonly durations: Durations | undefined;
  /** The last 10 errors, oldest first. */
  readonly errors: readonly JobError[];
  /** The latest of them. */
  readonly lastError: JobError | undefined;
}

/** Copies what may be known of a job: nothing in it changes afterwards. */
export function snapshotOf(job: InstalledJob, paused: boolean): JobSnapshot {
  const { errors } = job.record;
  return {
    id: job.id,
    rate: job.rate,
    effectiveRate: job.rate * job.control.factor,
    paused,
    budget: job.budget,
    counts: { ...job.record.counts },
    gatedBy: { ...job.record.gatedBy },
    items: job.record.items,
    durations: job.record.durations,
    errors,
    lastError: errors.at(-1),
  };
}
