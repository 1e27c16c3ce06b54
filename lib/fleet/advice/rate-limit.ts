import type { GateReason } from '../../recruiter/outcome.js';
import type { RateEvidence } from './rate-evidence.js';
import { count, percent } from './rate-wording.js';

/** A gate that held back more than this share of the draws is the limit, not the rate. */
const HELD = 1 / 2;
/** Slices that took more than this share of the duty cycle have spent it: there are rests between them. */
const SPENT = 0.9;

const WHO: Readonly<Partial<Record<GateReason, string>>> = {
  loaded: 'the load gate is the limit, not the rate: the event loop is busy with requests',
  busy: 'the slices in flight are the limit, not the rate: raise concurrency, or make slices shorter',
  'lease-held': 'the lease is the limit, not the rate: another process was at it',
  'pace-spent': 'the pace of the fleet is the limit, not the rate',
};

/** What keeps the job from doing more, where that is not its rate: a clause with numbers; undefined otherwise. */
export function limitBesideRate(evidence: RateEvidence, budget: number | undefined): string | undefined {
  const { heldBy, attempts, timeShare, dutyCycle } = evidence;
  const gates = Object.entries(heldBy) as [GateReason, number][];
  const limit = gates.find(([, held]) => held > attempts * HELD);
  if (limit !== undefined && attempts >= 10) {
    const [reason, held] = limit;
    const who = reason === 'duty-spent' ? dutyClause(evidence, budget) : WHO[reason];
    if (who !== undefined) return `${who} (${count(held)} of ${count(attempts)} draws were held back by it)`;
  }
  if (timeShare === undefined || timeShare < dutyCycle * SPENT) return undefined;
  return `${dutyClause(evidence, budget)} (slices took ${percent(timeShare)} of the time)`;
}

/** Says what to do about it: that depends on how long a slice is. */
export function dutyClause({ dutyCycle, sliceDuration = 0 }: RateEvidence, budget = Infinity): string {
  const isLong = sliceDuration > budget / 2;
  const advice = isLong
    ? `make slices quicker (${count(sliceDuration)} of ${count(budget)} ms)`
    : 'raise it to get more done';
  return `the duty cycle of ${percent(dutyCycle)} is the limit, not the rate; ${advice}`;
}
