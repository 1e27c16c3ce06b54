import type { Durations, JobError } from './job-record.js';
import type { PassSummary } from '../coordination/coordinator.js';
import type { JobPeriod } from '../coordination/job-period.js';
import type { GateCounts, Outcome } from '../outcome.js';
import type { InstalledJob } from '../installed-job.js';
import type { AbortReason } from '../slice/slice.js';

/** A job as it is at one moment. */
export interface JobSnapshot {
  /** The job's name in its recruiter. */
  readonly id: string;
  /** Declared rate: share of enlistments, 0 to 1. */
  readonly rate: number;
  /** Whether it declares none: `rate` is the default one then, an equal share of what the declared rates leave. */
  readonly isDefaultRate: boolean;
  /** The rate after back-off: never above the declared one; 0 between the passes of a job with `every`. */
  readonly effectiveRate: number;
  /** Whether its slices are held back by `pause(id)`, or by `pause()` with those of all jobs. */
  readonly paused: boolean;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  /** Slices drawn so far, by what came of them: exact. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** The `gated` ones by what held them back; reasons that never did are left out. */
  readonly gatedBy: Readonly<GateCounts>;
  /**
   * Those of `gatedBy` that no enlistment drew: the recruiter's agenda looked at the job by itself, and something held the
   * slice back. The rest were drawn by an enlistment, or asked for by an operator.
   */
  readonly gatedLooks: Readonly<GateCounts>;
  /** The `aborted` ones by what cut them short; reasons that never did are left out. */
  readonly abortedBy: Readonly<Partial<Record<AbortReason, number>>>;
  /** Items done so far by slices that count them. */
  readonly items: number;
  /** Slices so far that took longer than their budget, whatever came of them: a job that is always late shows here. */
  readonly overruns: number;
  /** Whether more work was waiting when a slice last could tell. */
  readonly more: boolean;
  /**
   * When the recruiter means to look at it without being asked to, at the earliest; undefined while it does not: before
   * bootstrap is complete, while the job is paused or at a rate of 0, and while all places in flight are taken.
   */
  readonly nextLookAt: Date | undefined;
  /** Of a job with `every`: when it runs, and how its last pass went. Undefined for any other. */
  readonly period: JobPeriodSnapshot | undefined;
  /** How long the last slices took; undefined before the first. */
  readonly durations: Durations | undefined;
  /** When it was installed. */
  readonly installedAt: Date;
  /** When a slice last did work (`full` or `partial`); undefined before the first. */
  readonly lastWorkAt: Date | undefined;
  /** How many of its last slices, without a break, failed or were cut short (other than by the application's end). */
  readonly failuresInARow: number;
  /**
   * Since when a slice of it runs that was cut short and has not settled after so many budgets as `stuckAfter` says: it
   * keeps its place in flight, until the process ends if need be. Undefined where there is none.
   */
  readonly stuckSince: Date | undefined;
  /** How long it may go without doing work before it counts as unwell: ms; undefined where nothing is expected. */
  readonly expectWorkWithin: number | undefined;
  /** The last 10 errors, oldest first. */
  readonly errors: readonly JobError[];
  /** The latest of them. */
  readonly lastError: JobError | undefined;
}

/** The periods of a job with `every`, as its process knows them: what the coordinator said last. */
export interface JobPeriodSnapshot {
  /** The period: ms. */
  readonly every: number;
  /** Whether there is one pass a period in the whole fleet, or in each process. */
  readonly scope: 'fleet' | 'process';
  /** When the next pass is due; undefined while one is due or under way, and before the coordinator was first asked. */
  readonly dueAt: Date | undefined;
  /** The pass under way, or the last one, in the whole fleet; undefined before the first. */
  readonly lastPass: PassSummary | undefined;
  /** For how long a pass had been due when the coordinator last spoke of one: ms; 0 where none was. */
  readonly overdueBy: number;
}

/** What the recruiter means to do with a job. */
export interface JobPlan {
  readonly paused: boolean;
  /** By the wall clock: ms since the epoch. */
  readonly nextLookAt: number | undefined;
  /** When the next pass is due, by the wall clock: ms since the epoch. */
  readonly passDueAt: number | undefined;
  /** By the wall clock, when a slice must have begun to count as stuck: ms since the epoch. */
  readonly stuckIfBegunBy: number;
}

/** Copies what may be known of a job: nothing in it changes afterwards. */
export function snapshotOf(job: InstalledJob, plan: JobPlan): JobSnapshot {
  const { paused, nextLookAt, passDueAt, stuckIfBegunBy } = plan;
  const { errors, lastWorkAt, unsettled } = job.record;
  return {
    id: job.id,
    rate: job.rate,
    isDefaultRate: job.declaredRate === undefined,
    effectiveRate: passDueAt === undefined ? job.rate * job.control.factor : 0,
    paused,
    budget: job.budget,
    counts: { ...job.record.counts },
    gatedBy: { ...job.record.gatedBy },
    gatedLooks: { ...job.record.gatedLooks },
    abortedBy: { ...job.record.abortedBy },
    items: job.record.items,
    overruns: job.record.overruns,
    more: job.control.more,
    nextLookAt: dateOf(nextLookAt),
    period: job.period && periodOf(job.period, passDueAt),
    durations: job.record.durations,
    installedAt: new Date(job.installedAt),
    lastWorkAt: dateOf(lastWorkAt),
    failuresInARow: job.record.failuresInARow,
    stuckSince: dateOf(unsettled.find((startedAt) => startedAt <= stuckIfBegunBy)),
    expectWorkWithin: job.expectWorkWithin,
    errors,
    lastError: errors.at(-1),
  };
}

function periodOf({ ms, isFleetWide, lastPass, overdueBy }: JobPeriod, dueAt?: number): JobPeriodSnapshot {
  const scope = isFleetWide ? 'fleet' : 'process';
  return { every: ms, scope, dueAt: dateOf(dueAt), lastPass, overdueBy };
}

function dateOf(timestamp: number | undefined): Date | undefined {
  return timestamp === undefined ? undefined : new Date(timestamp);
}
