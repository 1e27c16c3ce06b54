import type { Clock } from '../time/clock.js';

/** Time over which growth is measured: long enough to be steady, short enough to follow a change. */
const WINDOW_MS = 10_000;
/** Minimum time between readings that are kept. */
const SPACING_MS = 1000;
/** Older readings say nothing about the last few seconds. */
const STALE_MS = 60_000;

interface Reading {
  readonly at: number;
  readonly totals: ReadonlyMap<string, number>;
}

/**
 * Measures how fast counters grow. Readings are taken by the caller, not by a timer. Before the second reading, the rate is
 * the mean since the meter was created.
 */
export class RateMeter {
  readonly #createdAt: number;
  #readings: Reading[] = [];
  #latest: Reading;

  constructor(private readonly clock: Clock) {
    this.#createdAt = clock.now();
    this.#latest = { at: this.#createdAt, totals: new Map() };
  }

  /** Takes a reading of all counters. */
  read(totals: ReadonlyMap<string, number>): void {
    const at = this.clock.now();
    this.#latest = { at, totals };
    this.#forget(at);
    const last = this.#readings.at(-1);
    if (last === undefined || at - last.at >= SPACING_MS) this.#readings.push(this.#latest);
  }

  /** Growth of one counter per second as of the latest reading: 0 or more. */
  perSecond(key: string): number {
    const { at, totals } = this.#latest;
    const total = totals.get(key) ?? 0;
    const [first] = this.#readings;
    const before = first === undefined || first.at === at ? undefined : first;
    const elapsed = at - (before?.at ?? this.#createdAt);
    // A job that was removed and installed again begins at 0.
    const grown = Math.max(0, total - (before?.totals.get(key) ?? 0));
    return elapsed > 0 ? (grown * 1000) / elapsed : 0;
  }

  /** Keeps the latest reading from before the window, unless it is stale, and those within it. */
  #forget(now: number): void {
    const begin = this.#readings.findLastIndex(({ at }) => now - at >= WINDOW_MS);
    this.#readings = this.#readings.slice(Math.max(0, begin)).filter(({ at }) => now - at <= STALE_MS);
  }
}
