import { poisson } from '../../measure/traffic/open-loop.mjs';
import { FIELD_SHARE, FIELD_TTL, POPULAR } from './world.js';

/** One request: when it is due, and what it does beside counting a view. */
export interface Request {
  /** ms from the beginning. */
  readonly at: number;
  readonly film: number;
  /** A field that it sets, and how long that is to live. */
  readonly field?: { readonly name: string; readonly ttl: number };
}

/** What happens in a run, in ms from its beginning. */
export interface Trace {
  readonly length: number;
  /** Requests a second of the whole fleet at a time, and the most of them. */
  readonly rate: (ms: number) => number;
  readonly peak: number;
  /** Each instance is restarted once in this span, one after the other. */
  readonly deploy?: { readonly from: number; readonly to: number };
  /** An instance is killed in the midst of a run, as soon after this as it has one. */
  readonly kill?: number;
}

const MEAN = 150;
const LENGTH = 15_000;
const DAY = 5000;

/** Days of five seconds, from nothing to a peak and back, with nights of five seconds without any request. */
function daylight(ms: number): number {
  const phase = ms % (2 * DAY);
  return phase < DAY ? 300 * Math.sin((Math.PI * phase) / DAY) : 0;
}

const steady = { length: LENGTH, rate: () => MEAN, peak: MEAN };

/** The traces by name. */
export const TRACES = {
  steady,
  bursty: { ...steady, rate: (ms: number) => (ms % 5000 >= 3500 ? 400 : 40), peak: 400 },
  diurnal: { length: 4 * DAY, rate: daylight, peak: 300 },
  deploy: { ...steady, deploy: { from: 3000, to: 12_000 } },
  killed: { ...steady, kill: 5000 },
} as const satisfies Record<string, Trace>;

export type TraceName = keyof typeof TRACES;

/** The requests of a trace: the same for the same seed, whoever does the work beside them. */
export function requestsOf(trace: Trace, seed: number): Request[] {
  const random = mulberry32(seed);
  return poisson(random, trace.length, trace.rate, trace.peak).map((at, index) => {
    const film = 1 + Math.floor(random() * POPULAR);
    if (random() >= FIELD_SHARE) return { at, film };
    const ttl = Math.round(FIELD_TTL.least + random() * (FIELD_TTL.most - FIELD_TTL.least));
    return { at, film, field: { name: `f${index}`, ttl } };
  });
}

export function pathOf({ film, field }: Request): string {
  return field === undefined ? `/films/${film}` : `/films/${film}/${field.name}/${field.ttl}`;
}

/** A small generator of chance with a seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
