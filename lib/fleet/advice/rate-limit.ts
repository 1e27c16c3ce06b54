import type { GateReason } from '../../recruiter/outcome.js';
import type { RateEvidence } from './rate-evidence.js';
import { count, percent } from './rate-wording.js';

/** A gate that held back more than this share of the draws is the limit, not the rate. */
const HELD_SHARE = 1 / 2;
/** Slices that took more than this share of the duty cycle are limited by it. */
const SPENT_SHARE = 0.9;

const LIMITS: Readonly<Partial<Record<GateReason, string>>> = {
  loaded: 'the load gate is the limit, not the rate: the event loop is busy with requests',
  busy: 'the slices in flight are the limit, not the rate: raise concurrency, or make slices shorter',
  'lease-held': 'the lease is the limit, not the rate: another process held it',
  'pace-spent': 'the pace of the fleet is the limit, not the rate',
};

/** Returns what limits the job other than its rate, as a clause with numbers; undefined if nothing does. */
export function limitBesideRate(evidence: RateEvidence, budget: number | undefined): string | undefined {
  const { heldBy, attempts, timeShare, dutyCycle } = evidence;
  const gates = Object.entries(heldBy) as [GateReason, number][];
  const limit = gates.find(([, held]) => held > attempts * HELD_SHARE);
  if (limit !== undefined && attempts >= 10) {
    const [reason, held] = limit;
    const clause = reason === 'duty-spent' ? dutyClause(evidence, budget) : LIMITS[reason];
    if (clause !== undefined)
      return `${clause} (${count(held)} of ${count(attempts)} draws were held back by it)`;
  }
  if (timeShare === undefined || timeShare < dutyCycle * SPENT_SHARE) return undefined;
  return `${dutyClause(evidence, budget)} (slices took ${percent(timeShare)} of the time)`;
}

/** A clause about the duty cycle, with advice that depends on how long a slice takes. */
export function dutyClause({ dutyCycle, sliceDuration = 0 }: RateEvidence, budget = Infinity): string {
  const isLong = sliceDuration > budget / 2;
  const advice = isLong
    ? `make slices quicker (${count(sliceDuration)} of ${count(budget)} ms)`
    : 'raise it to get more done';
  return `the duty cycle of ${percent(dutyCycle)} is the limit, not the rate; ${advice}`;
}
