import { evidenceOf, type RateEvidence } from './rate-evidence.js';
import type { RateFacts } from './rate-facts.js';
import { dutyClause, limitBesideRate } from './rate-limit.js';
import { count, counted, rateText, span } from './rate-wording.js';

/** Advice on the rate of a job: see {@link adviseRate}. */
export interface RateAdvice {
  /** Whether the rate is right; `unknown` if too little was measured to judge. */
  readonly verdict: 'too-low' | 'right' | 'too-high' | 'unknown';
  /** The rate to set: 0 to 1. The present rate if there is no better one. */
  readonly suggested: number;
  /** The reason, with the numbers that it is based on, in one sentence. */
  readonly reason: string;
}

/** Minimum of draws or runs for a judgement. */
const MIN_SAMPLE = 10;
/** Needed full slices per draw above which the rate is too low: draws then do less than six sevenths of the work. */
const MAX_FULL_PER_DRAW = 3 / 4;
/** Draws to plan for each needed full slice: a slice is half full on average. */
const DRAWS_PER_FULL_SLICE = 2;

/** Mean time between the agenda's runs of a job that has long been idle: intervals. */
const IDLE_INTERVALS = 3;

/** How far back-off lowers a rate that is too high, and when it counts as too high. */
interface Depth {
  /** Maximum divisor of the declared rate. */
  readonly maxDivisor: number;
  /** Maximum share of draws that pass back-off at that divisor. */
  readonly maxPassing: number;
  /** Idle runs for each run with work above which the rate is too high. */
  readonly maxIdle: number;
  /** Draws for each run with work at the suggested rate. */
  readonly aim: number;
}
const ADAPTIVE: Depth = { maxDivisor: 64, maxPassing: 1 / 32, maxIdle: 1, aim: 8 };
const FIXED: Depth = { maxDivisor: 1, maxPassing: 1, maxIdle: 3, aim: 2 };

/**
 * Judges whether the rate of a job is too low, right or too high, from measurements of a window of time in one process
 * or, summed up, in a fleet. A pure function that never throws: invalid numbers (NaN, Infinity, below 0) count as 0.
 *
 * Model: with `E` enlistments at rate `r` a job is drawn `D = E · r` times. The rate is too low if more than three
 * quarters as many full slices are needed as there are draws (`2 · full / E` is suggested). It is too high if most
 * slices find nothing to do even at the deepest back-off. In between, back-off finds the right rate by itself. If the
 * duty cycle, the load gate, a lease or a pace limits the job, no other rate would change anything. For the whole model
 * with worked examples see lab/simulator/advice.md.
 */
export function adviseRate(facts: RateFacts): RateAdvice {
  const evidence = evidenceOf(facts);
  const advise = adviserOf(evidence);
  const limit = limitBesideRate(evidence, facts.budget);
  return (
    tooLittle(evidence, facts.paused, advise) ??
    tooHigh(evidence, facts.adaptive === false ? FIXED : ADAPTIVE, advise) ??
    (limit === undefined ? undefined : advise('right', evidence.rate, `Right, but ${limit}.`)) ??
    tooLow(evidence, facts.budget, advise) ??
    right(evidence, advise)
  );
}

type Advise = (verdict: RateAdvice['verdict'], suggested: number, reason: string) => RateAdvice;

/** Limits each suggestion to the room that the other jobs leave. */
function adviserOf({ room }: RateEvidence): Advise {
  return (verdict, suggested, reason) => ({ verdict, suggested: Math.min(suggested, room), reason });
}

function tooLittle(
  { enlistments, draws, runs, growth, counts, rate, room, seconds }: RateEvidence,
  paused: boolean | undefined,
  advise: Advise,
): RateAdvice | undefined {
  const unknown = (why: string) => advise('unknown', rate, `Unknown: ${why}.`);
  const window = span(seconds);
  if (paused === true) return unknown('the job is paused');
  if (seconds === 0) return unknown('the window has no length yet; look again in a while');
  if (enlistments === 0) return unknown(`nobody enlisted in ${window}, so no rate would change anything`);
  if (rate === 0 && growth === 0) return unknown('at a rate of 0 no enlistment draws the job');
  if (draws < MIN_SAMPLE && runs < MIN_SAMPLE) {
    if (growth > 0) return tooRare({ enlistments, draws, growth, rate, room, window }, advise);
    const wait = span((MIN_SAMPLE * seconds) / draws);
    const reason = `Not enough data yet (${counted(runs, 'slice')} in ${window}); look again in ${wait}.`;
    return advise('unknown', rate, reason);
  }
  const failing = counts.failed + counts.aborted;
  return failing * 2 > runs && runs >= MIN_SAMPLE
    ? unknown(`${count(failing)} of ${count(runs)} slices failed or were cut short; fix that first`)
    : undefined;
}

function tooRare(
  seen: Pick<RateEvidence, 'enlistments' | 'draws' | 'growth' | 'rate' | 'room'> & { window: string },
  advise: Advise,
): RateAdvice {
  const suggested = Math.min(seen.room, Math.max(seen.rate, rounded(MIN_SAMPLE / seen.enlistments)));
  const effect = `at ${rateText(suggested)} there would be ${count(suggested * seen.enlistments)}`;
  return advise(
    'too-low',
    suggested,
    `Too low: the backlog grew by ${count(seen.growth)} items in ${seen.window}, in which ${count(seen.enlistments)} ` +
      `enlistments × ${rateText(seen.rate)} make ${count(seen.draws)} draws; ${effect}.`,
  );
}

function tooHigh(evidence: RateEvidence, depth: Depth, advise: Advise): RateAdvice | undefined {
  const { counts, worked, runs, rate, enlistments, backedOff, heldBy } = evidence;
  const held = Object.values(heldBy).reduce((sum, each) => sum + each, 0);
  const isIdle = runs >= MIN_SAMPLE && counts.idle > worked * depth.maxIdle;
  if (!isIdle || held + runs > (backedOff + held + runs) * depth.maxPassing) return undefined;
  // Below this rate the agenda runs the job more often than enlistments do, so a lower one gains nothing.
  const agendaRuns = (evidence.processes * evidence.seconds * 1000) / (evidence.interval * IDLE_INTERVALS);
  const floor = depth.maxDivisor * agendaRuns;
  const suggested = rounded(Math.max(depth.aim * (worked + 1), floor) / enlistments);
  if (suggested * 2 > rate) return undefined;
  const even = depth.maxDivisor > 1 ? `even at the deepest back-off (1/${depth.maxDivisor}) ` : '';
  return advise(
    'too-high',
    suggested,
    `Too high: ${even}${count(counts.idle)} of ${count(runs)} slices in ${span(evidence.seconds)} found nothing to ` +
      `do, and ${count(evidence.draws)} draws stand against ${count(worked)} that did work; ` +
      `at ${rateText(suggested)} there would be ${count(suggested * enlistments)}.`,
  );
}

function tooLow(evidence: RateEvidence, budget: number | undefined, advise: Advise): RateAdvice | undefined {
  const { needed, draws, runs, enlistments, rate, room, dutyRate } = evidence;
  if (runs < MIN_SAMPLE || needed <= draws * MAX_FULL_PER_DRAW) return undefined;
  if (dutyRate <= rate) return advise('right', rate, `Right, but ${dutyClause(evidence, budget)}.`);
  const wanted = rounded((DRAWS_PER_FULL_SLICE * needed) / enlistments);
  const suggested = Math.min(room, Math.max(rate, Math.min(wanted, dutyRate)));
  return advise(
    'too-low',
    suggested,
    `Too low: ${work(evidence)} in ${span(evidence.seconds)}, against ${count(draws)} draws ` +
      `(${count(enlistments)} enlistments × ${rateText(rate)}); ${remedy(evidence, wanted, suggested)}.`,
  );
}

function remedy({ enlistments, room, rate, dutyCycle }: RateEvidence, wanted: number, set: number): string {
  const noMore = "the other jobs' rates leave no more";
  if (set <= rate) return `${rateText(wanted)} would do, but ${noMore}`;
  const effect = `at ${rateText(set)} there would be ${count(set * enlistments)}`;
  if (set >= wanted) return effect;
  return `${effect}, ${set >= room ? `and ${noMore}` : `which takes all of the duty cycle (${dutyCycle})`}`;
}

function work({ counts, growth, needed }: RateEvidence): string {
  const done = `${counted(counts.full, 'slice')} ${counts.full === 1 ? 'was' : 'were'} full`;
  if (growth === 0) return done;
  return `${done} and the backlog grew by ${count(growth)} items, work for ${count(needed)} full slices`;
}

function right(evidence: RateEvidence, advise: Advise): RateAdvice {
  const { draws, runs, counts, rate, seconds } = evidence;
  if (runs < MIN_SAMPLE || draws === 0) {
    return advise('unknown', rate, `Not enough data yet (${counted(runs, 'slice')} in ${span(seconds)}).`);
  }
  return advise(
    'right',
    rate,
    `Right: a draw every ${span(seconds / draws)} (${count(draws)} in ${span(seconds)}) serves ` +
      `${count(counts.full)} full, ${count(counts.partial)} partial and ${count(counts.idle)} idle slices.`,
  );
}

/** To two significant digits, as a person would set it; never to 0. */
function rounded(rate: number): number {
  return Math.min(1, Number(rate.toPrecision(2)));
}
