import { describeValue } from '../../options/describe-value.js';

/** Identifies a job to a coordinator: the same id in two recruiters is two jobs. */
export interface JobRef {
  /** Name of the recruiter. */
  readonly recruiter: string;
  /** Id of the job in that recruiter. */
  readonly jobId: string;
}

/**
 * Makes the decisions that concern the whole fleet. Each part is optional; jobs that need a missing part are refused, except
 * for `fleetSize`. `WorkStealingRedisModule` provides one that keeps its state in Redis; pass another to
 * {@link Recruiter.useCoordinator}.
 */
export interface Coordinator {
  /** Grants leases to jobs that declare a `lease`. */
  readonly lease?: LeaseCoordinator | undefined;
  /** Limits the slices a second of jobs that declare a `pace`. */
  readonly pace?: PaceCoordinator | undefined;
  /** Grants the slices of passes to jobs that declare `every`. */
  readonly period?: PeriodCoordinator | undefined;
  /** Counts the processes of the fleet, for jobs whose work the fleet shares. No job needs it. */
  readonly fleetSize?: FleetSizeCoordinator | undefined;
}

/** The part of a {@link Coordinator} that grants leases: at most one slice of a job in the whole fleet at a time. */
export interface LeaseCoordinator {
  /**
   * Requests the lease of a job once, without waiting for its holder.
   *
   * @param ttl - ms after which the lease expires.
   * @param patience - ms after which the recruiter ignores the result.
   * @returns the lease; undefined while another worker holds it.
   * @throws (as a rejection) when there is no result: the slice fails with that error.
   */
  acquire(job: JobRef, ttl: number, patience?: number): Promise<Lease | undefined>;
}

/** The right to run a slice of a job until the lease expires. */
export interface Lease {
  /**
   * Larger than the token of every earlier lease of the job. A store that refuses a token smaller than the largest it has
   * seen is protected from a worker whose lease has expired unnoticed.
   */
  readonly fencingToken: number;
  /** Ends the lease early. Does nothing if it has expired, since another worker may hold the next one. */
  release(): Promise<void>;
}

/** The part of a {@link Coordinator} that limits the slices a second of a job in the whole fleet. */
export interface PaceCoordinator {
  /**
   * Requests once that a slice of the job runs now.
   *
   * @param perSecond - maximum slices a second in the whole fleet.
   * @param patience - ms after which the recruiter ignores the result.
   * @returns 0 when the slice fits the pace; otherwise ms for which this process must not ask again.
   * @throws (as a rejection) when there is no result: the slice runs as if the job had no pace.
   */
  take(job: JobRef, perSecond: number, patience?: number): Promise<number>;
}

/**
 * The part of a {@link Coordinator} that makes a job due once a period in the whole fleet. Its state of each job is when the
 * next pass is due, the pass under way, and the claim of its current slice. If the state is lost, the job is due at once.
 */
export interface PeriodCoordinator {
  /**
   * Claims the next slice of a pass once, if a pass is due or under way and no other worker holds it.
   *
   * @param every - the period: ms. If it differs from the stored one, it applies from the end of the next pass.
   * @param hold - ms after which the claim expires, unless it is renewed.
   * @param force - whether an operator requests the slice: a pass begins even if none is due, and the phase does not change.
   * @param patience - ms after which the recruiter ignores the result.
   * @throws (as a rejection) when there is no result: the slice fails with that error.
   */
  claim(
    job: JobRef,
    every: number,
    hold: number,
    force?: boolean,
    patience?: number,
  ): Promise<PeriodClaim & PeriodNews>;
  /**
   * Reports the result of a claimed slice. Must change nothing unless the token is the latest one.
   *
   * @param what - the result of the slice.
   * @param items - items done by the slice.
   * @param patience - ms after which the recruiter ignores the result.
   * @returns ms until the job may run again: until the next pass is due, or until a failed one may be retried.
   */
  report(
    job: JobRef,
    token: number,
    what: PassReport,
    items: number,
    patience?: number,
  ): Promise<{ readonly dueIn: number } & PeriodNews>;
  /**
   * Extends a claim by `hold` ms from now while its slice has not settled.
   *
   * @returns whether this worker still held the claim.
   */
  renew(job: JobRef, token: number, hold: number, patience?: number): Promise<boolean>;
  /**
   * Reads the state of a job without changing it, for {@link Recruiter.survey}. Optional.
   *
   * @returns ms until the next pass is due (0 while one is due or under way), and the last pass; undefined without state.
   */
  inspect?(job: JobRef): Promise<({ readonly dueIn: number } & PeriodNews) | undefined>;
}

/**
 * The result of {@link PeriodCoordinator.claim}: a token with the time at which the pass fell due and whether no slice of it
 * has been reported; or ms until a pass is due; or ms for which another worker holds the pass, or it waits after a failure.
 */
export type PeriodClaim =
  | { readonly token: number; readonly dueAt: Date; readonly isFirst: boolean }
  | { readonly notDueFor: number }
  | { readonly heldFor: number };

/** Optional state that a {@link PeriodCoordinator} may add to its results. */
export interface PeriodNews {
  /** The period that applies now, if it differs from the requested one: ms. */
  readonly every?: number | undefined;
  /** The pass under way, or the last one. */
  readonly pass?: PassSummary | undefined;
}

/** One pass of a job with `every`, in the whole fleet. Times are by the coordinator's clock. */
export interface PassSummary {
  /** When it fell due. */
  readonly dueAt: Date;
  /** When its first slice was claimed. */
  readonly beganAt: Date;
  /** When its last slice was reported; undefined while it is under way. */
  readonly endedAt?: Date | undefined;
  /** Number of reported slices, without failed ones. */
  readonly slices: number;
  /** Items done by these slices. */
  readonly done: number;
  /** Number of periods without a pass: missed before this pass, or passed during it. 0 until it ends. */
  readonly skipped: number;
}

/** Whether a pass has begun and has not ended. */
export function isUnderWay<P extends { readonly endedAt?: Date | undefined }>(
  pass: P | undefined,
): pass is P {
  return pass !== undefined && pass.endedAt === undefined;
}

/**
 * The result of a slice of a pass: `more` work is left; the pass is `done`; the slice `failed`; or it was `released` without
 * having run.
 */
export type PassReport = 'more' | 'done' | 'failed' | 'released';

/** The part of a {@link Coordinator} that counts the processes of the fleet. */
export interface FleetSizeCoordinator {
  /**
   * Counts the processes that have called this method within the last minutes, including this one. A recruiter calls it once
   * a minute while it has jobs whose work the fleet shares, and runs them less often by itself in a large fleet.
   *
   * @param recruiter - name of the recruiter whose processes are counted.
   * @param processId - different in each process.
   * @throws (as a rejection) when there is no result: the previous one stays in use.
   */
  countProcesses(recruiter: string, processId: string): Promise<number>;
}

/** The methods that each part must have. */
const METHODS: Readonly<Record<CoordinatorPart, readonly string[]>> = {
  lease: ['acquire'],
  pace: ['take'],
  period: ['claim', 'report', 'renew'],
  fleetSize: ['countProcesses'],
};

/** The name of a part of a {@link Coordinator}. */
export type CoordinatorPart = 'lease' | 'pace' | 'period' | 'fleetSize';

export const COORDINATOR_PARTS = Object.keys(METHODS) as CoordinatorPart[];

/** Problems of a value that should be a coordinator. */
export function coordinatorProblems(coordinator: unknown): string[] {
  const parts = Object(coordinator) as Partial<Record<CoordinatorPart, unknown>>;
  const offered = COORDINATOR_PARTS.filter((part) => parts[part] !== undefined);
  if (offered.length === 0) {
    return [
      `the coordinator is ${describeValue(coordinator)}; expected an object with at least one of ${COORDINATOR_PARTS.join(', ')}`,
    ];
  }
  return offered.flatMap((part) => {
    const methods = Object(parts[part]) as Record<string, unknown>;
    const missing = METHODS[part].filter((method) => typeof methods[method] !== 'function');
    return missing.map((method) => `${part} is ${describeValue(parts[part])}; it has no method ${method}()`);
  });
}

/** The problem of a job that needs a part which no coordinator offers. */
export function uncoordinatedProblem(id: string, part: CoordinatorPart): string {
  const what = part === 'period' ? '`every`, once a period in the whole fleet' : `a ${part}`;
  const instead =
    part === 'period' ? "; for once a period in each process, every: { ms, scope: 'process' }" : '';
  return (
    `job ${describeValue(id)} has ${what}, which nothing coordinates: import WorkStealingRedisModule of ` +
    `"nestjs-work-stealing/redis" (or pass a coordinator to recruiter.useCoordinator())${instead}`
  );
}
