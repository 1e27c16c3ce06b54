import type { Sample } from '../wire.js';
import { HISTORY_MS } from './store.js';

/** In the order of the counts of a sample, and from the bottom of a stack to its top. */
export const OUTCOMES = ['full', 'partial', 'idle', 'aborted', 'failed', 'gated'] as const;

/** Explanations of the outcomes. */
export const MEANINGS: Readonly<Record<(typeof OUTCOMES)[number], string>> = {
  full: 'worked, more is waiting',
  partial: 'did all waiting work',
  idle: 'nothing to do',
  aborted: 'cut short',
  failed: 'threw an error',
  gated: 'held back',
};

/** Seconds that one bar stands for. */
export const BAR = 5;
/** Bars of a plot. */
export const BARS = HISTORY_MS / 1000 / BAR;

/** In place of the number of a job: all jobs together. */
export const ALL_JOBS = -1;

/** The samples by job and bar, counted once for all plots of an update. */
export class Bars {
  /** When each bar begins: seconds since the epoch. */
  readonly starts: readonly number[];
  readonly #counts = new Map<number, number[][]>();

  constructor(samples: readonly Sample[], now: number) {
    const last = Math.floor(now / 1000 / BAR);
    this.starts = Array.from({ length: BARS }, (_, bar) => (last - BARS + 1 + bar) * BAR);
    for (const { at, jobs } of samples) {
      const bar = Math.floor(at / 1000 / BAR) - last + BARS - 1;
      if (bar < 0 || bar >= BARS) continue;
      for (const [ref, ...counts] of jobs) {
        this.#add(ref, bar, counts);
        this.#add(ALL_JOBS, bar, counts);
      }
    }
  }

  /** Counts of a job by outcome, then by bar. */
  of(ref: number): readonly (readonly number[])[] {
    return this.#counts.get(ref) ?? NONE;
  }

  /** Sums of all bars, by outcome. */
  totals(ref: number): number[] {
    return this.of(ref).map((bars) => bars.reduce((sum, count) => sum + count, 0));
  }

  #add(ref: number, bar: number, counts: readonly number[]): void {
    const rows = this.#counts.get(ref) ?? empty();
    this.#counts.set(ref, rows);
    counts.forEach((count, outcome) => (rows[outcome]![bar]! += count));
  }
}

function empty(): number[][] {
  return OUTCOMES.map(() => new Array<number>(BARS).fill(0));
}

const NONE = empty();
