import type { RateAdvice } from './advice/rate-advice.js';
import type { JobSurvey } from '../recruiter/record/survey.js';
import type { FleetJob } from './fleet.js';
import type { JobSum } from './fleet-sum.js';
import type { Orders } from './orders.js';
import { keyOf } from './target.js';

/** The rate in force: the override, or else the declared one. */
export function rateInForce({ first, key }: JobSum, orders: Orders): number {
  return orders.rates.get(key)?.rate ?? first.declaredRate;
}

/** A job for the view: the sum of its reports, the orders for it, its own survey, and the advice on its rate. */
export function fleetJobOf(
  sum: JobSum,
  orders: Orders,
  { backlog, progress }: JobSurvey,
  advise: (job: Omit<FleetJob, 'advice'>) => RateAdvice,
): FleetJob {
  const { recruiter, id, declaredRate } = sum.first;
  const override = orders.rates.get(sum.key);
  const pauses = pausesOf(sum, orders);
  const job = {
    recruiter,
    id,
    processes: sum.processes,
    declaredRate,
    rate: rateInForce(sum, orders),
    override,
    effectiveRate: sum.effectiveRate,
    paused: sum.paused || pauses.job || pauses.recruiter,
    pauses,
    ...countedIn(sum),
    slicesPerSecond: sum.slicesPerSecond,
    itemsPerSecond: sum.itemsPerSecond,
    durations: sum.durations,
    lastWorkAt: sum.lastWorkAt === undefined ? undefined : new Date(sum.lastWorkAt),
    lastError: sum.lastError,
    backlog,
    progress,
  };
  return { ...job, advice: advise(job) };
}

function countedIn({ counts, gatedBy, gatedLooks, items, overruns, more }: JobSum) {
  return { counts, gatedBy, gatedLooks, items, overruns, more };
}

function pausesOf({ first: { recruiter }, key }: JobSum, { pauses }: Orders): FleetJob['pauses'] {
  return { job: pauses.has(key), recruiter: pauses.has(keyOf({ recruiter })) };
}
