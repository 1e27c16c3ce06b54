import { describeValue } from '../options/describe-value.js';

/** Spaces out the slices of a job over the whole fleet. `WorkStealingRedisModule` brings one that uses Redis. */
export interface PaceKeeper {
  /**
   * Asks once whether a slice of this job fits its pace now, and waits for nobody.
   *
   * @param perSecond - slices a second in the whole fleet.
   * @param patience - ms after which nobody waits for the answer any longer.
   * @returns 0 when it does; otherwise for how long this process shall not ask again: ms.
   * @throws (as a rejection) when there is no answer: the slice runs then, as if the job had no pace.
   */
  take(jobId: string, perSecond: number, patience?: number): Promise<number>;
}

/** What is wrong with jobs that want a pace where nobody keeps any. */
export function unkeptPaceProblem(id: string): string {
  return (
    `job ${describeValue(id)} has a pace, which nobody keeps: import WorkStealingRedisModule of ` +
    `"nestjs-work-stealing/redis" (or hand a keeper to recruiter.usePaces())`
  );
}
