import type { JobOptions } from './job-options.js';

/** What an enlistment came to. */
export enum Duty {
  /** The worker did no significant work: not drawn, gated, or the job had nothing to do. */
  DISMISSED = 0,
  /** The worker did a significant amount of work. */
  RECRUITED = 1,
}

/**
 * What one slice did, for jobs that work in batches. It tells the recruiter whether more is waiting: `more` of true is a
 * `full` slice, which is followed by the next as soon as the duty cycle allows; `more` of false is a `partial` one, or
 * an `idle` one where `done` is 0. Without `more`, `done` of 0 is an idle slice, `done >= limit` a full one, and any
 * other a partial one.
 */
export interface Progress {
  /**
   * Steps of work done by this slice: 0 to 2^53 - 1. Usually items; a page without items that moved a cursor is a step
   * too.
   */
  readonly done: number;
  /** The most that this slice would have done: a finite number, 0 or more. */
  readonly limit?: number | undefined;
  /** Whether more is waiting, where the job knows: of the whole job, not of what this slice looked at. */
  readonly more?: boolean | undefined;
}

/**
 * `DISMISSED`: nothing to do. {@link Progress}: counts the work, and says whether more is waiting. `RECRUITED`, or
 * nothing: did some work, and does not say whether more is waiting, so the declared rate stays a ceiling.
 */
export type SliceResult = Duty | Progress | void;

/** The pass of a job with `every` that a slice belongs to. */
export interface SlicePass {
  /** When the pass fell due, by the coordinator's clock. */
  readonly dueAt: Date;
  /** Whether no slice of this pass has been reported yet: the pass begins, or its first slice is repeated. */
  readonly isFirst: boolean;
}

/** What a job is told about the slice that it is asked to do. */
export interface Slice {
  /** The id under which the job is installed. */
  readonly jobId: string;
  /**
   * Aborted when the budget is spent, the lease has expired, or the application has closed and its grace is over. Its
   * `reason` is an `AbortError` whose `cause` says which: `'budget'`, `'lease'` or `'closing'`. What the slice returns
   * after that still counts, until twice its budget is spent.
   */
  readonly signal: AbortSignal;
  /**
   * Of a job with a lease or `every`: larger than that of every earlier slice. A store that has seen a larger one should
   * refuse this slice's writes.
   */
  readonly fencingToken?: number;
  /**
   * Under `every`: the pass that this slice belongs to. All slices of a pass share `dueAt`, so that they can use one cut-off
   * time, whichever process runs them.
   */
  readonly pass?: SlicePass;
  /** What is left of the budget: ms, 0 or more (as `IdleDeadline.timeRemaining()` in browsers). */
  timeRemaining(): number;
}

/** How far a job that works through its data in sweeps has come. */
export interface JobProgress {
  /** Items of this sweep that are done. */
  readonly done: number;
  /** Items of a whole sweep, where that is known. */
  readonly total?: number | undefined;
  /** Items a second, lately. */
  readonly rate?: number | undefined;
  /** When this sweep began. */
  readonly startedAt?: Date | undefined;
  /** When it will have ended at this rate, where that is known. */
  readonly eta?: Date | undefined;
  /** Sweeps that are complete. */
  readonly sweeps?: number | undefined;
  /** Whether there is nothing left to do. */
  readonly ended?: boolean | undefined;
}

/** A named piece of background work, done a slice at a time. */
export interface Job {
  /**
   * Does one slice: 20 to 50 ms at most, idempotent, never waiting for a lock and never retrying. Whatever it
   * throws or rejects is logged, counted and kept in {@link JobSnapshot.errors}; it never reaches a request.
   */
  recruited(slice: Slice): SliceResult | Promise<SliceResult>;
  /**
   * Whether any process of the fleet can do its work, since its data are shared: then the fleet need not look at it more
   * often the more processes it has. Jobs with `every`, `lease` or `pace` count as such without it. @default false
   */
  readonly fleetWide?: boolean | undefined;
  /**
   * How many items wait, in the whole fleet, where that is cheap to tell: it is asked every few seconds while somebody
   * looks, never for a slice.
   */
  backlog?(): number | undefined | Promise<number | undefined>;
  /** How far it is, for jobs that work in sweeps; asked as often as {@link backlog}. */
  progress?(): JobProgress | undefined | Promise<JobProgress | undefined>;
  /**
   * What is wrong with the options under which it is declared, one sentence each. An application with such a job does not
   * start.
   */
  problemsWith?(options: JobOptions): readonly string[];
}
