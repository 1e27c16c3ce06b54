import type { RateAdvice } from './advice/rate-advice.js';
import type { JobSurvey } from '../recruiter/record/survey.js';
import type { JobPeriodSnapshot } from '../recruiter/record/snapshot.js';
import type { FleetJob } from './fleet.js';
import { latestPeriod, type JobSum } from './fleet-sum.js';
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
  { backlog, progress, period: surveyed }: JobSurvey,
  now: number,
  advise: (job: Omit<FleetJob, 'advice'>) => RateAdvice,
): FleetJob {
  const { recruiter, id, declaredRate, isDefaultRate } = sum.first;
  const override = orders.rates.get(sum.key);
  const pauses = pausesOf(sum, orders);
  const job = {
    recruiter,
    id,
    processes: sum.processes,
    declaredRate,
    isDefaultRate,
    rate: rateInForce(sum, orders),
    override,
    effectiveRate: sum.effectiveRate,
    paused: sum.paused || pauses.job || pauses.recruiter,
    pauses,
    ...countedIn(sum),
    period: sum.period && periodOf(sum.period, surveyed, now),
    lastWorkAt: sum.lastWorkAt === undefined ? undefined : new Date(sum.lastWorkAt),
    lastError: sum.lastError,
    backlog,
    progress,
  };
  return { ...job, advice: job.period === undefined ? advise(job) : adviceWithPeriod(job) };
}

/** What the processes know of the periods, and what the coordinator itself says. */
function periodOf(known: JobPeriodSnapshot, told: JobSurvey['period'], now: number): JobPeriodSnapshot {
  const dueAt = isAhead(known.dueAt, now) ? known.dueAt : undefined;
  const latest = { ...known, dueAt };
  if (told === undefined) return latest;
  const { lastPass } = told;
  const surveyed = { dueAt: steady(told.dueAt, latest.dueAt, now), lastPass };
  return { ...latestPeriod(latest, { ...latest, ...surveyed })!, dueAt: surveyed.dueAt };
}

/** A due time that is measured again differs by some ms; shown, it must not change each time. */
function steady(told: Date, known: Date | undefined, now: number): Date | undefined {
  if (!isAhead(told, now)) return undefined;
  const isKnown = known !== undefined && Math.abs(told.getTime() - known.getTime()) < 1000;
  return isKnown ? known : new Date(Math.round(told.getTime() / 1000) * 1000);
}

function isAhead(time: Date | undefined, now: number): boolean {
  return time !== undefined && time.getTime() > now;
}

/** No rate makes a job with `every` run more or less often. */
function adviceWithPeriod({ rate, paused }: Pick<FleetJob, 'rate' | 'paused'>): RateAdvice {
  if (paused) return { verdict: 'unknown', suggested: rate, reason: 'Unknown: the job is paused.' };
  const reason =
    'Right: the job runs once a period, whatever its rate; a higher one only begins a due pass sooner.';
  return { verdict: 'right', suggested: rate, reason };
}

function countedIn(sum: JobSum) {
  const { counts, gatedBy, gatedLooks, items, overruns, more } = sum;
  const { slicesPerSecond, itemsPerSecond, durations } = sum;
  return {
    counts,
    gatedBy,
    gatedLooks,
    items,
    overruns,
    more,
    slicesPerSecond,
    itemsPerSecond,
    durations,
  };
}

function pausesOf({ first: { recruiter }, key }: JobSum, { pauses }: Orders): FleetJob['pauses'] {
  return { job: pauses.has(key), recruiter: pauses.has(keyOf({ recruiter })) };
}
