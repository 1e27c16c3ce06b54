import { describeValue } from '../options/describe-value.js';

/** Grants leases to the workers of a fleet. `WorkStealingRedisModule` brings one that keeps them in Redis. */
export interface LeaseKeeper {
  /**
   * Asks once for a job's lease, and waits for nobody.
   *
   * @param ttl - ms after which the lease ends by itself.
   * @param patience - ms after which nobody waits for the answer any longer.
   * @returns undefined when another worker holds it.
   * @throws (as a rejection) when there is no answer: the slice fails with that error.
   */
  acquire(jobId: string, ttl: number, patience?: number): Promise<Lease | undefined>;
}

/** The right to run a job's slice until its time is over. */
export interface Lease {
  /**
   * Larger than that of every earlier lease of the job. Whoever stores what a slice writes can refuse a token smaller
   * than the largest that it has seen: so a worker whose lease expired unnoticed does no harm.
   */
  readonly fencingToken: number;
  /** Ends the lease early, unless it has expired: the lease of another worker stays as it is. */
  release(): Promise<void>;
}

/** What is wrong with jobs that want a lease where nobody grants any. */
export function unkeptLeaseProblem(id: string): string {
  return (
    `job ${describeValue(id)} has a lease, which nobody keeps: import WorkStealingRedisModule of ` +
    `"nestjs-work-stealing/redis" (or hand a keeper to recruiter.useLeases())`
  );
}
