import type { JobSurvey } from '../recruiter/survey.js';
import type { FleetJob } from './fleet.js';
import type { JobSum } from './job-sum.js';
import { keyOf } from './job-key.js';
import type { Orders } from './orders.js';

/** A job as it is shown: what the processes say of it, what was ordered, and what it says itself. */
export function fleetJobOf(sum: JobSum, orders: Orders, { backlog, progress }: JobSurvey): FleetJob {
  const { recruiter, id, declaredRate } = sum.first;
  const override = orders.rates.get(keyOf({ recruiter, id }));
  const pauses = {
    job: orders.pauses.has(keyOf({ recruiter, id })),
    recruiter: orders.pauses.has(keyOf({ recruiter })),
  };
  return {
    recruiter,
    id,
    processes: sum.processes,
    declaredRate,
    rate: override?.rate ?? declaredRate,
    override,
    effectiveRate: sum.effectiveRate,
    paused: sum.paused || pauses.job || pauses.recruiter,
    pauses,
    counts: sum.counts,
    gatedBy: sum.gatedBy,
    items: sum.items,
    slicesPerSecond: sum.slicesPerSecond,
    itemsPerSecond: sum.itemsPerSecond,
    durations: sum.durations,
    lastWorkAt: sum.lastWorkAt === undefined ? undefined : new Date(sum.lastWorkAt),
    lastError: sum.lastError,
    backlog,
    progress,
    advice: { verdict: 'unknown', suggested: declaredRate, reason: 'Too little was seen to say anything.' },
  };
}
