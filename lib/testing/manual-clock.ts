import type { Clock } from '../time/clock.js';
import { describeValue } from '../options/describe-value.js';
import type { Random } from '../recruiter/random.js';
import { nodeTimerDelay } from './node-timer.js';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Mean lateness of the half of all timers that are late with `jitter`, as on a busy event loop. */
const MEAN_LATENESS_MS = 2;

/** Options of {@link ManualClock}. */
export interface ManualClockOptions {
  /** Initial reading: ms. @default 0 */
  readonly start?: number | undefined;
  /**
   * A random source, such as `new SeededRandom(1)`, that makes timers as inexact as those of Node: truncated to whole
   * milliseconds, up to a millisecond earlier than that, and half of them late by 2 ms on average.
   *
   * @default none (every timer fires exactly at its time)
   */
  readonly jitter?: Random | undefined;
}

/** A clock that only a test moves. Its timers run synchronously inside {@link advance}, in order. */
export class ManualClock implements Required<Clock> {
  #now: number;
  readonly #jitter: Random | undefined;
  readonly #timers = new Set<Timer>();

  /**
   * @param options - the initial reading in ms, or all options.
   * @throws RangeError if the initial reading is not a finite number, or `jitter` has no method `next()`.
   */
  constructor(options: number | ManualClockOptions = {}) {
    const { start = 0, jitter } = typeof options === 'number' ? { start: options } : options;
    if (!Number.isFinite(start)) throw wrong('The start', start, 'milliseconds');
    if (jitter !== undefined && typeof jitter?.next !== 'function') {
      throw wrong('jitter', jitter, 'an object with a method next(), such as new SeededRandom(1)');
    }
    this.#now = start;
    this.#jitter = jitter;
  }

  /** Number of timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  /** The same reading, as ms since the epoch. */
  timestamp(): number {
    return this.#now;
  }

  /**
   * Sets a timer: `callback` runs inside the {@link advance} that passes its time, `ms` from now, with `jitter` a little
   * earlier or later. Returns a function that cancels it.
   */
  after(ms: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + this.#delayOf(ms), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Advances the clock by `ms`. Timers that become due run in order of their time, those of the same time in order of
   * creation, each with the clock at its time; timers set meanwhile also run if they become due.
   *
   * @throws RangeError if `ms` is not a number of 0 or more; to set the clock back, use {@link jump}.
   */
  advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw wrong('advance()', ms, 'milliseconds, 0 or more');
    }
    const end = this.#now + ms;
    for (let timer = this.#nextDue(end); timer !== undefined; timer = this.#nextDue(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.dueAt);
      timer.callback();
    }
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Sets the clock forward or, below 0, back by `ms` without running timers, as after an adjustment of the clock or a
   * blocked event loop.
   *
   * @throws RangeError if `ms` is not a finite number.
   */
  jump(ms: number): void {
    if (!Number.isFinite(ms)) throw wrong('jump()', ms, 'milliseconds');
    this.#now += ms;
  }

  #delayOf(ms: number): number {
    const random = this.#jitter;
    if (random === undefined) return ms;
    const lateness = random.next() < 1 / 2 ? 0 : -Math.log1p(-random.next()) * MEAN_LATENESS_MS;
    return nodeTimerDelay(ms, random) + lateness;
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}

function wrong(where: string, value: unknown, expected: string): RangeError {
  return new RangeError(`${where}: ${describeValue(value)}; expected ${expected}`);
}
