import type { Clock } from '../../time/clock.js';
import type { Decider } from '../decider.js';
import type { InstalledJob } from '../installed-job.js';
import type { JobPlan } from './snapshot.js';

/** When its recruiter means to run a job, in times of the wall clock. */
export function planOf(
  job: InstalledJob,
  decider: Decider,
  clock: Required<Clock>,
  stuckAfter: number,
): JobPlan {
  const { agenda } = decider;
  // Where no timer is set nothing will be looked at, whatever the job wants.
  const lookAt = agenda.armedFor === Infinity ? Infinity : agenda.dueAt(job);
  const passDueAt = job.period?.dueAt ?? -Infinity;
  const [now, timestamp] = [clock.now(), clock.timestamp()];
  return {
    paused: decider.isPaused(job),
    nextLookAt: lookAt < Infinity ? timestamp + Math.max(0, lookAt - now) : undefined,
    passDueAt: passDueAt > now ? timestamp + passDueAt - now : undefined,
    stuckIfBegunBy: timestamp - stuckAfter * job.budget,
  };
}
