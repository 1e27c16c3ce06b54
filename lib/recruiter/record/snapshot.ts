import type { Clock } from '../../time/clock.js';
import type { Decider } from '../decider.js';
import type { Durations, JobError, JobRecord } from './job-record.js';
import type { PassSummary } from '../coordination/coordinator.js';
import type { JobPeriod } from '../coordination/job-period.js';
import type { GateCounts, Outcome } from '../outcome.js';
import type { InstalledJob } from '../installed-job.js';
import type { AbortReason } from '../slice/slice.js';

/** The state of a job at one time. It does not change afterwards. */
export interface JobSnapshot {
  /** Id of the job in its recruiter. */
  readonly id: string;
  /** Declared rate: share of enlistments, 0 to 1. */
  readonly rate: number;
  /** Whether the job declares no rate: `rate` is then an equal share of the remainder that the declared rates leave. */
  readonly isDefaultRate: boolean;
  /** The rate after back-off: never above the declared one; 0 between the passes of a job with `every`. */
  readonly effectiveRate: number;
  /** Whether its slices are held back by `pause(id)`, or by `pause()`, which pauses all jobs. */
  readonly paused: boolean;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  /** Slices so far, by outcome: exact. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** The `gated` slices by reason; reasons that never occurred are omitted. */
  readonly gatedBy: Readonly<GateCounts>;
  /**
   * The part of `gatedBy` that no enlistment drew: the recruiter's agenda started the slice, and a gate or a coordinator held
   * it back. The rest were drawn by an enlistment, or requested by an operator.
   */
  readonly gatedLooks: Readonly<GateCounts>;
  /** The `aborted` slices by reason; reasons that never occurred are omitted. */
  readonly abortedBy: Readonly<Partial<Record<AbortReason, number>>>;
  /** Items done so far, by slices that count them. */
  readonly items: number;
  /** Slices so far that took longer than their budget, with any outcome. */
  readonly overruns: number;
  /** Whether more work was waiting, by the last slice that returned it. */
  readonly more: boolean;
  /**
   * The earliest time at which the recruiter plans to run the job without an enlistment; undefined when it has no such plan:
   * before bootstrap is complete, while the job is paused or has a rate of 0, and while all concurrency slots are taken.
   */
  readonly nextLookAt: Date | undefined;
  /** State of the passes of a job with `every`; undefined for any other job. */
  readonly period: JobPeriodSnapshot | undefined;
  /** Durations of the last slices; undefined before the first. */
  readonly durations: Durations | undefined;
  /** When it was installed. */
  readonly installedAt: Date;
  /** When a slice last did work (`full` or `partial`); undefined before the first. */
  readonly lastWorkAt: Date | undefined;
  /** Number of consecutive slices, up to the last, that failed or were aborted (other than by the shutdown). */
  readonly failuresInARow: number;
  /**
   * Start of the oldest slice that was aborted and has not settled within `stuckAfter` budgets: it keeps its concurrency
   * slot until it settles or the process ends. Undefined if there is none.
   */
  readonly stuckSince: Date | undefined;
  /** Maximum time without work before health checks report the job: ms; undefined if unlimited. */
  readonly expectWorkWithin: number | undefined;
  /** The last 10 errors, oldest first. */
  readonly errors: readonly JobError[];
  /** The most recent of the errors. */
  readonly lastError: JobError | undefined;
}

/** State of the passes of a job with `every`, by the last reply of its coordinator to this process. */
export interface JobPeriodSnapshot {
  /** The period: ms. */
  readonly every: number;
  /** Whether there is one pass a period in the whole fleet, or one in each process. */
  readonly scope: 'fleet' | 'process';
  /** When the next pass is due; undefined while one is due or under way, and before the first reply of the coordinator. */
  readonly dueAt: Date | undefined;
  /** The pass under way, or the last one, in the whole fleet; undefined before the first. */
  readonly lastPass: PassSummary | undefined;
  /** Time for which the pass had been due at the last reply of the coordinator: ms; 0 if none was due. */
  readonly overdueBy: number;
}

/** Copies the public state of a job. */
export function snapshotOf(
  job: InstalledJob,
  decider: Decider,
  clock: Required<Clock>,
  stuckAfter: number,
): JobSnapshot {
  const { nextRunAt, passDueAt, stuckIfBegunBy } = timesOf(job, decider, clock, stuckAfter);
  const { errors, lastWorkAt, unsettled } = job.record;
  return {
    id: job.id,
    rate: job.rate,
    isDefaultRate: job.declaredRate === undefined,
    effectiveRate: passDueAt === undefined ? job.rate * job.control.factor : 0,
    paused: decider.isPaused(job),
    budget: job.budget,
    ...countsOf(job.record),
    more: job.control.more,
    nextLookAt: dateOf(nextRunAt),
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

function countsOf({ counts, gatedBy, gatedLooks, abortedBy, items, overruns }: JobRecord) {
  return {
    counts: { ...counts },
    gatedBy: { ...gatedBy },
    gatedLooks: { ...gatedLooks },
    abortedBy: { ...abortedBy },
    items,
    overruns,
  };
}

/** When a job should run, when its next pass is due, and when a stuck slice must have begun: ms since the epoch. */
function timesOf(job: InstalledJob, { agenda }: Decider, clock: Required<Clock>, stuckAfter: number) {
  const [now, timestamp] = [clock.now(), clock.timestamp()];
  // While no timer is set the agenda runs nothing, whatever the plan of the job.
  const runAt = agenda.armedFor === Infinity ? Infinity : agenda.dueAt(job);
  const passDueAt = job.period?.dueAt ?? -Infinity;
  return {
    nextRunAt: runAt < Infinity ? timestamp + Math.max(0, runAt - now) : undefined,
    passDueAt: passDueAt > now ? timestamp + passDueAt - now : undefined,
    stuckIfBegunBy: timestamp - stuckAfter * job.budget,
  };
}

function periodOf({ ms, isFleetWide, lastPass, overdueBy }: JobPeriod, dueAt?: number): JobPeriodSnapshot {
  const scope = isFleetWide ? 'fleet' : 'process';
  return { every: ms, scope, dueAt: dateOf(dueAt), lastPass, overdueBy };
}

function dateOf(timestamp: number | undefined): Date | undefined {
  return timestamp === undefined ? undefined : new Date(timestamp);
}
