import type { JobOptions } from './job-options.js';

/** The result of an enlistment. */
export enum Duty {
  /** The worker did no significant work: not drawn, gated, or the job had nothing to do. */
  DISMISSED = 0,
  /** The worker did a significant amount of work. */
  RECRUITED = 1,
}

/**
 * The result of one slice, for jobs that work in batches. With `more: true` the slice is `full`, and the next one follows
 * as soon as the duty cycle allows; with `more: false` it is `partial`, or `idle` if `done` is 0. Without `more`, it is idle
 * if `done` is 0, full if `done >= limit`, and partial otherwise.
 */
export interface Progress {
  /**
   * Steps of work done by this slice: 0 to 2^53 - 1. Usually items; a page without items that moved a cursor is also a
   * step.
   */
  readonly done: number;
  /** Maximum steps that this slice would have done: a finite number, 0 or more. */
  readonly limit?: number | undefined;
  /** Whether the whole job has more work waiting, not only the part that this slice read. Omit it if unknown. */
  readonly more?: boolean | undefined;
}

/**
 * The return value of a slice. `DISMISSED`: there was nothing to do. {@link Progress}: the work done, and whether more is
 * waiting. `RECRUITED` or nothing: some work was done; since it is unknown whether more is waiting, further slices run at the
 * declared rate at most.
 */
export type SliceResult = Duty | Progress | void;

/** The pass of a job with `every` that a slice belongs to. */
export interface SlicePass {
  /** When the pass fell due, by the coordinator's clock. */
  readonly dueAt: Date;
  /** Whether no slice of this pass has been reported yet: the pass begins, or its first slice is repeated. */
  readonly isFirst: boolean;
}

/** The argument of {@link Job.recruited}: identity, time limit and grants of one slice. */
export interface Slice {
  /** The id under which the job is installed. */
  readonly jobId: string;
  /**
   * Aborted when the budget is spent, the lease has expired, or the application closes and its grace period is over. Its
   * `reason` is an `AbortError` whose `cause` is `'budget'`, `'lease'` or `'closing'`. A value that the slice returns after
   * its budget still counts, until twice the budget is spent.
   */
  readonly signal: AbortSignal;
  /**
   * Set for a job with a lease or `every`: larger than the token of every earlier slice. A store that has seen a larger
   * token should refuse the writes of this slice.
   */
  readonly fencingToken?: number;
  /**
   * Set for a job with `every`: the pass that this slice belongs to. All slices of a pass share `dueAt`, so they can use one
   * cut-off time in every process.
   */
  readonly pass?: SlicePass;
  /** Remaining time of the budget: ms, 0 or more (as `IdleDeadline.timeRemaining()` in browsers). */
  timeRemaining(): number;
}

/** Progress of a job that works through its data in sweeps. */
export interface JobProgress {
  /** Items of this sweep that are done. */
  readonly done: number;
  /** Items of a whole sweep, if known. */
  readonly total?: number | undefined;
  /** Recent throughput: items a second. */
  readonly rate?: number | undefined;
  /** When this sweep began. */
  readonly startedAt?: Date | undefined;
  /** Estimated end of this sweep, if known. */
  readonly eta?: Date | undefined;
  /** Number of complete sweeps. */
  readonly sweeps?: number | undefined;
  /** Whether there is nothing left to do. */
  readonly ended?: boolean | undefined;
}

/** Background work that is done a slice at a time. */
export interface Job {
  /**
   * Runs one slice: 20 to 50 ms at most, idempotent, without waiting for locks and without retries. An error that it throws
   * or rejects with is logged, counted and kept in {@link JobSnapshot.errors}; it never reaches a request.
   */
  recruited(slice: Slice): SliceResult | Promise<SliceResult>;
  /**
   * Whether any process of the fleet can do its work, since its data are shared. In a large fleet each process then checks
   * the job for work less often. Jobs with `every`, `lease` or `pace` are always fleet-wide. @default false
   */
  readonly fleetWide?: boolean | undefined;
  /**
   * Returns the number of items that wait in the whole fleet; undefined if unknown. Must be cheap: it is called every few
   * seconds while a dashboard or an exporter reads it, never for a slice.
   */
  backlog?(): number | undefined | Promise<number | undefined>;
  /** Returns the progress of a job that works in sweeps; undefined if unknown. Called as often as {@link backlog}. */
  progress?(): JobProgress | undefined | Promise<JobProgress | undefined>;
  /** Returns problems of the options with which the job is declared, one sentence each; any problem stops the bootstrap. */
  problemsWith?(options: JobOptions): readonly string[];
}
