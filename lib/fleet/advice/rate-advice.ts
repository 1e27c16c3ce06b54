import { evidenceOf, type RateEvidence } from './rate-evidence.js';
import type { RateFacts } from './rate-facts.js';
import { dutyClause, limitBesideRate } from './rate-limit.js';
import { count, counted, rateText, span } from './rate-wording.js';

/** What is to be said of a job's rate, from what was measured. */
export interface RateAdvice {
  /** `unknown` where too little was seen to say anything. */
  readonly verdict: 'too-low' | 'right' | 'too-high' | 'unknown';
  /** What the adviser would set: 0 to 1. */
  readonly suggested: number;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** Fewer draws and looks than this say nothing. */
const ENOUGH = 10;
/** Full slices a draw from which the rate is too low: draws then cover less than six sevenths of the work. */
const FULL_A_DRAW = 3 / 4;
/** Draws for each full slice that is needed: a slice is half full on average, and draws alone serve twice the work. */
const DRAWS_A_FULL_SLICE = 2;

/** The agenda looks at a job that is long idle once in so many intervals, on average. */
const INTERVALS_IDLE = 3;

/** What back-off makes of a rate that is too high. */
interface Depth {
  /** How far below the declared rate it goes, at most. */
  readonly deepest: number;
  /** Of all draws, the share that may pass where the job is as good as at the deepest. */
  readonly passing: number;
  /** Looks that find nothing, for one that finds work, from which it is too high. */
  readonly idle: number;
  /** Draws for each look that finds work, at the rate to be set. */
  readonly aim: number;
}
const ADAPTIVE: Depth = { deepest: 64, passing: 1 / 32, idle: 1, aim: 8 };
const FIXED: Depth = { deepest: 1, passing: 1, idle: 3, aim: 2 };

/**
 * Whether a job's rate is too low, right or too high, from what was measured in a window: of one process, or summed up
 * over a fleet. A pure function; facts that make no sense (NaN, Infinity, below 0) count as 0.
 *
 * Model: with `E` enlistments at rate `r` a job is drawn `D = E · r` times. The rate is too low where more than three
 * quarters as many full slices are needed as there are draws (`2 · full / E` would do); it is too high where most looks
 * find nothing although back-off has gone as deep as it goes; in between back-off finds the right one by itself. Where
 * the duty cycle, the load gate, a lease or a pace holds the job back, no other rate would change anything. The whole,
 * with worked examples: lab/simulator/advice.md.
 */
export function adviseRate(facts: RateFacts): RateAdvice {
  const evidence = evidenceOf(facts);
  const advise = adviserOf(evidence);
  const limit = limitBesideRate(evidence, facts.budget);
  return (
    nothingToSay(evidence, facts.paused, advise) ??
    tooHigh(evidence, facts.adaptive === false ? FIXED : ADAPTIVE, advise) ??
    (limit === undefined ? undefined : advise('right', evidence.rate, `Right, but ${limit}.`)) ??
    tooLow(evidence, facts.budget, advise) ??
    right(evidence, advise)
  );
}

type Advise = (verdict: RateAdvice['verdict'], suggested: number, reason: string) => RateAdvice;

/** Suggestions have two digits, as a person would set them, and fit the room. */
function adviserOf({ room }: RateEvidence): Advise {
  return (verdict, suggested, reason) => ({ verdict, suggested: Math.min(suggested, room), reason });
}

function nothingToSay(
  { enlistments, draws, looks, growth, counts, rate, room, seconds }: RateEvidence,
  paused: boolean | undefined,
  advise: Advise,
): RateAdvice | undefined {
  const unknown = (why: string) => advise('unknown', rate, `Unknown: ${why}.`);
  const window = span(seconds);
  if (paused === true) return unknown('the job is paused');
  if (seconds === 0) return unknown('the window has no length yet; look again in a while');
  if (enlistments === 0) return unknown(`nobody enlisted in ${window}, so no rate would change anything`);
  if (rate === 0 && growth === 0) return unknown('at a rate of 0 no enlistment draws the job');
  if (draws < ENOUGH && looks < ENOUGH) {
    if (growth > 0) return tooRare({ enlistments, draws, growth, rate, room, window }, advise);
    const wait = span((ENOUGH * seconds) / draws);
    return unknown(
      `${count(draws)} draws and ${counted(looks, 'slice')} in ${window} are too few; look again after ${wait}`,
    );
  }
  const failing = counts.failed + counts.aborted;
  return failing * 2 > looks && looks >= ENOUGH
    ? unknown(`${count(failing)} of ${count(looks)} slices failed or were cut short; mend that first`)
    : undefined;
}

function tooRare(
  seen: Pick<RateEvidence, 'enlistments' | 'draws' | 'growth' | 'rate' | 'room'> & { window: string },
  advise: Advise,
): RateAdvice {
  const suggested = Math.min(seen.room, Math.max(seen.rate, rounded(ENOUGH / seen.enlistments)));
  const would = `at ${rateText(suggested)} there would be ${count(suggested * seen.enlistments)}`;
  return advise(
    'too-low',
    suggested,
    `Too low: the backlog grew by ${count(seen.growth)} items in ${seen.window}, in which ${count(seen.enlistments)} ` +
      `enlistments × ${rateText(seen.rate)} make ${count(seen.draws)} draws; ${would}.`,
  );
}

function tooHigh(evidence: RateEvidence, depth: Depth, advise: Advise): RateAdvice | undefined {
  const { counts, worked, looks, rate, enlistments, backedOff, heldBy } = evidence;
  const held = Object.values(heldBy).reduce((sum, each) => sum + each, 0);
  const isIdle = looks >= ENOUGH && counts.idle > worked * depth.idle;
  if (!isIdle || held + looks > (backedOff + held + looks) * depth.passing) return undefined;
  // Below this rate the agenda looks more often than enlistments do, so there is nothing to win.
  const agendaLooks = (evidence.processes * evidence.seconds * 1000) / (evidence.interval * INTERVALS_IDLE);
  const floor = depth.deepest * agendaLooks;
  const suggested = rounded(Math.max(depth.aim * (worked + 1), floor) / enlistments);
  if (suggested * 2 > rate) return undefined;
  const even = depth.deepest > 1 ? `even at the deepest back-off (1/${depth.deepest}) ` : '';
  return advise(
    'too-high',
    suggested,
    `Too high: ${even}${count(counts.idle)} of ${count(looks)} slices in ${span(evidence.seconds)} found nothing to ` +
      `do, and ${count(evidence.draws)} draws stand against ${count(worked)} that did work; ` +
      `at ${rateText(suggested)} there would be ${count(suggested * enlistments)}.`,
  );
}

function tooLow(evidence: RateEvidence, budget: number | undefined, advise: Advise): RateAdvice | undefined {
  const { needed, draws, looks, enlistments, rate, room, dutyRate } = evidence;
  if (looks < ENOUGH || needed <= draws * FULL_A_DRAW) return undefined;
  if (dutyRate <= rate) return advise('right', rate, `Right, but ${dutyClause(evidence, budget)}.`);
  const wanted = rounded((DRAWS_A_FULL_SLICE * needed) / enlistments);
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
  const would = `at ${rateText(set)} there would be ${count(set * enlistments)}`;
  if (set >= wanted) return would;
  return `${would}, ${set >= room ? `and ${noMore}` : `which takes all of the duty cycle (${dutyCycle})`}`;
}

function work({ counts, growth, needed }: RateEvidence): string {
  const done = `${counted(counts.full, 'slice')} ${counts.full === 1 ? 'was' : 'were'} full`;
  if (growth === 0) return done;
  return `${done} and the backlog grew by ${count(growth)} items, work for ${count(needed)} full slices`;
}

function right(evidence: RateEvidence, advise: Advise): RateAdvice {
  const { draws, looks, counts, rate, seconds } = evidence;
  if (looks < ENOUGH || draws === 0) {
    const reason = `Unknown: ${counted(looks, 'slice')} and ${count(draws)} draws in ${span(seconds)} are too few to say anything.`;
    return advise('unknown', rate, reason);
  }
  return advise(
    'right',
    rate,
    `Right: a draw every ${span(seconds / draws)} (${count(draws)} in ${span(seconds)}) serves ` +
      `${count(counts.full)} full, ${count(counts.partial)} partial and ${count(counts.idle)} idle slices.`,
  );
}

/** To two digits, as a person would set it; never to 0. */
function rounded(rate: number): number {
  return Math.min(1, Number(rate.toPrecision(2)));
}
