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
  /** Hands out passes, of jobs that are due once a period. No option asks for it yet. */
  readonly period?: PeriodCoordinator | undefined;
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

/** The part of a {@link Coordinator} that makes a job due once a period in the whole fleet. */
export interface PeriodCoordinator {
  /**
   * Claims the next slice of a pass, when one is due and no other worker holds it.
   *
   * @param every - the period: ms.
   * @param hold - ms after which the claim ends by itself.
   * @param force - whether an operator asks: due now, the phase stays.
   */
  claim(job: JobRef, every: number, hold: number, force?: boolean): Promise<PeriodClaim>;
  /**
   * Says what came of a claimed slice. A token that is not the latest changes nothing.
   *
   * @param items - items done in the slice.
   * @returns ms until the job is due.
   */
  report(job: JobRef, token: number, what: PassReport, items: number): Promise<{ dueIn: number }>;
  /**
   * Keeps a claim for another `hold` ms while its slice has not settled.
   *
   * @returns whether the claim was still this worker's.
   */
  renew(job: JobRef, token: number, hold: number): Promise<boolean>;
}

/**
 * What {@link PeriodCoordinator.claim} returns: a token with the time at which the pass was due, and whether this is its first
 * slice; or ms until a pass is due; or ms for which another worker holds it.
 */
export type PeriodClaim =
  | { readonly token: number; readonly dueAt: Date; readonly isFirst: boolean }
  | { readonly notDueFor: number }
  | { readonly heldFor: number };

/**
 * What came of a slice of a pass: `more` is left to do; the pass is `done`; the slice `failed`; or it was `released` without
 * having run.
 */
export type PassReport = 'more' | 'done' | 'failed' | 'released';

/** The methods that each part must have. */
const METHODS = { lease: ['acquire'], pace: ['take'], period: ['claim', 'report', 'renew'] } as const;

/** What a coordinator can coordinate. */
export type CoordinatorPart = keyof typeof METHODS;

export const COORDINATOR_PARTS = Object.keys(METHODS) as CoordinatorPart[];

/** What is wrong with a value that should be a coordinator. */
export function coordinatorProblems(coordinator: unknown): string[] {
  const parts = Object(coordinator) as Partial<Record<CoordinatorPart, unknown>>;
  const offered = COORDINATOR_PARTS.filter((part) => parts[part] !== undefined);
  if (offered.length === 0) {
    return [
      `the coordinator is ${describeValue(coordinator)}; expected an object with at least one of lease, pace, period`,
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
  return (
    `job ${describeValue(id)} has a ${part}, which nothing coordinates: import WorkStealingRedisModule of ` +
    `"nestjs-work-stealing/redis" (or hand a coordinator to recruiter.useCoordinator())`
  );
}
