import { describeValue } from '../../options/describe-value.js';

/** A job, as a coordinator knows it: the same id in two recruiters is two jobs. */
export interface JobRef {
  /** Name of its recruiter. */
  readonly recruiter: string;
  /** Its id in that recruiter. */
  readonly jobId: string;
}

/**
 * Decides for the whole fleet what no process can know by itself. Each part is optional: what is missing, no job may ask
 * for. `WorkStealingRedisModule` brings one that keeps its state in Redis; hand another to
 * {@link Recruiter.useCoordinator}.
 */
export interface Coordinator {
  /** Grants leases, to jobs that declare a `lease`. */
  readonly lease?: LeaseCoordinator | undefined;
  /** Spaces slices out, of jobs that declare a `pace`. */
  readonly pace?: PaceCoordinator | undefined;
  /** Hands out passes, of jobs that declare `every`. */
  readonly period?: PeriodCoordinator | undefined;
  /** Knows the number of processes, for jobs whose work the fleet shares. No job needs it. */
  readonly fleetSize?: FleetSizeCoordinator | undefined;
}

/** The part of a {@link Coordinator} that grants leases: at most one slice of a job in the whole fleet at a time. */
export interface LeaseCoordinator {
  /**
   * Asks once for the lease of a job, without waiting for its holder.
   *
   * @param ttl - ms after which the lease ends by itself.
   * @param patience - ms after which the recruiter ignores the answer.
   * @returns undefined while another worker holds it.
   * @throws (as a rejection) where there is no answer: the slice fails with that error.
   */
  acquire(job: JobRef, ttl: number, patience?: number): Promise<Lease | undefined>;
}

/** The right to run a job's slice until the lease ends. */
export interface Lease {
  /**
   * Larger than that of every earlier lease of the job. A store that refuses a token smaller than the largest it has
   * seen is safe from a worker whose lease expired unnoticed.
   */
  readonly fencingToken: number;
  /** Ends the lease early. An expired one is left alone: another worker may hold the next. */
  release(): Promise<void>;
}

/** The part of a {@link Coordinator} that spaces the slices of a job out over the whole fleet. */
export interface PaceCoordinator {
  /**
   * Asks once whether a slice of the job fits its pace now.
   *
   * @param perSecond - slices a second in the whole fleet.
   * @param patience - ms after which the recruiter ignores the answer.
   * @returns 0 when it does; otherwise ms for which this process must not ask again.
   * @throws (as a rejection) where there is no answer: the slice runs, as if the job had no pace.
   */
  take(job: JobRef, perSecond: number, patience?: number): Promise<number>;
}

/**
 * The part of a {@link Coordinator} that makes a job due once a period in the whole fleet. Its state of a job: when the next
 * pass is due, the pass under way, who holds it and until when. A state that is lost makes the job due at once.
 */
export interface PeriodCoordinator {
  /**
   * Claims the next slice of a pass, where one is due or under way and no other worker holds it. Asks once.
   *
   * @param every - the period: ms. Where it differs from the one before, it counts from the end of the next pass.
   * @param hold - ms after which the claim ends by itself, unless it is renewed.
   * @param force - whether an operator asks: a pass begins although none is due, and the phase stays as it is.
   * @param patience - ms after which the recruiter ignores the answer.
   * @throws (as a rejection) where there is no answer: the slice fails with that error.
   */
  claim(
    job: JobRef,
    every: number,
    hold: number,
    force?: boolean,
    patience?: number,
  ): Promise<PeriodClaim & PeriodNews>;
  /**
   * Reports what came of a claimed slice. A token that is not the latest changes nothing.
   *
   * @param items - items done by the slice.
   * @param patience - ms after which the recruiter ignores the answer.
   * @returns ms until the job may run again: until the next pass is due, or until a failed one may be tried again.
   */
  report(
    job: JobRef,
    token: number,
    what: PassReport,
    items: number,
    patience?: number,
  ): Promise<{ readonly dueIn: number } & PeriodNews>;
  /**
   * Keeps a claim for another `hold` ms while its slice has not settled.
   *
   * @returns whether the claim was still this worker's.
   */
  renew(job: JobRef, token: number, hold: number, patience?: number): Promise<boolean>;
  /**
   * Reads the state of a job without changing it, for {@link Recruiter.survey}. Optional.
   *
   * @returns ms until the next pass is due (0 while one is due or under way), and the last pass; undefined without a state.
   */
  inspect?(job: JobRef): Promise<({ readonly dueIn: number } & PeriodNews) | undefined>;
}

/**
 * What {@link PeriodCoordinator.claim} returns: a token with the time at which the pass fell due, and whether no slice of it
 * was reported before; or ms until a pass is due; or ms for which another worker holds the pass, or it waits after a failure.
 */
export type PeriodClaim =
  | { readonly token: number; readonly dueAt: Date; readonly isFirst: boolean }
  | { readonly notDueFor: number }
  | { readonly heldFor: number };

/** What a {@link PeriodCoordinator} may add to what it returns. */
export interface PeriodNews {
  /** The period that counts now, where it is not the one that was asked with: ms. */
  readonly every?: number | undefined;
  /** The pass under way, or the last one. */
  readonly pass?: PassSummary | undefined;
}

/** One pass of a job with `every`, in the whole fleet. Times are of the coordinator's clock. */
export interface PassSummary {
  /** When it fell due. */
  readonly dueAt: Date;
  /** When its first slice was claimed. */
  readonly beganAt: Date;
  /** When the slice was reported that ended it; undefined while it is under way. */
  readonly endedAt?: Date | undefined;
  /** Slices that were reported, failed ones excepted. */
  readonly slices: number;
  /** Items done by them. */
  readonly done: number;
  /** Periods for which there was no pass, since they were missed before this one or it ran over them. Known at its end. */
  readonly skipped: number;
}

/**
 * What came of a slice of a pass: `more` is left to do; the pass is `done`; the slice `failed`; or it was `released` without
 * having run.
 */
export type PassReport = 'more' | 'done' | 'failed' | 'released';

/** The part of a {@link Coordinator} that knows about how many processes the fleet has. */
export interface FleetSizeCoordinator {
  /**
   * Counts the processes that have asked within the last minutes, this one included. A recruiter asks once a minute while
   * it has jobs whose work the fleet shares; by the answer it looks at them less often in a large fleet.
   *
   * @param processId - different in each process.
   * @throws (as a rejection) where there is no answer: the last one counts on.
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

/** What a coordinator can coordinate: see {@link Coordinator}. */
export type CoordinatorPart = 'lease' | 'pace' | 'period' | 'fleetSize';

export const COORDINATOR_PARTS = Object.keys(METHODS) as CoordinatorPart[];

/** What is wrong with a value that should be a coordinator. */
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

/** What is wrong with a job that asks for a part that no coordinator offers. */
export function uncoordinatedProblem(id: string, part: CoordinatorPart): string {
  const what = part === 'period' ? '`every`, once a period in the whole fleet' : `a ${part}`;
  const instead =
    part === 'period' ? "; for once a period in each process, every: { ms, scope: 'process' }" : '';
  return (
    `job ${describeValue(id)} has ${what}, which nothing coordinates: import WorkStealingRedisModule of ` +
    `"nestjs-work-stealing/redis" (or hand a coordinator to recruiter.useCoordinator())${instead}`
  );
}
