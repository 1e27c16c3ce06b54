import type { Clock } from '../time/clock.js';

/** Counters are compared with those of so long ago: ms. Long enough to be steady, short enough to follow. */
const WINDOW = 10_000;
/** Readings closer than this are not kept: ms. */
const SPACING = 1000;
/** Readings older than this say nothing of the last few seconds: ms. */
const STALE = 60_000;

interface Reading {
  readonly at: number;
  readonly totals: ReadonlyMap<string, number>;
}

/**
 * How fast counters grow, from readings that somebody takes when he looks: no timer takes any. Before the second reading
 * there is nothing to compare with, and a rate is the mean since the meter was made.
 */
export class RateMeter {
  readonly #madeAt: number;
  #readings: Reading[] = [];
  #latest: Reading;

  constructor(private readonly clock: Clock) {
    this.#madeAt = clock.now();
    this.#latest = { at: this.#madeAt, totals: new Map() };
  }

  /** Takes a reading of all counters. */
  read(totals: ReadonlyMap<string, number>): void {
    const at = this.clock.now();
    this.#latest = { at, totals };
    this.#forget(at);
    const last = this.#readings.at(-1);
    if (last === undefined || at - last.at >= SPACING) this.#readings.push(this.#latest);
  }

  /** Of one counter, a second, as of the latest reading: 0 or more. */
  perSecond(key: string): number {
    const { at, totals } = this.#latest;
    const total = totals.get(key) ?? 0;
    const [first] = this.#readings;
    const before = first === undefined || first.at === at ? undefined : first;
    const elapsed = at - (before?.at ?? this.#madeAt);
    // A job that was taken off and installed anew begins at 0 again.
    const grown = Math.max(0, total - (before?.totals.get(key) ?? 0));
    return elapsed > 0 ? (grown * 1000) / elapsed : 0;
  }

  /** The oldest reading that is kept is the one at the beginning of the window. */
  #forget(now: number): void {
    const begin = this.#readings.findLastIndex(({ at }) => now - at >= WINDOW);
    this.#readings = this.#readings.slice(Math.max(0, begin)).filter(({ at }) => now - at <= STALE);
  }
}
