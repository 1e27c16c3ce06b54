import type { Clock } from '../time/clock.js';
import { describeValue } from '../options/describe-value.js';
import type { Random } from '../recruiter/random.js';
import { nodeTimerDelay } from './node-timer.js';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Mean lateness of a timer that a busy event loop makes wait, as every other is with `jitter`: ms. */
const MEAN_LATENESS = 2;

/** How a {@link ManualClock} begins, and how exact its timers are. */
export interface ManualClockOptions {
  /** The first reading: ms. @default 0 */
  readonly start?: number | undefined;
  /**
   * A source of chance, such as `new SeededRandom(1)`, that makes timers as inexact as Node's: cut to whole
   * milliseconds, up to a millisecond earlier than that, and half of them late by 2 ms on average.
   *
   * @default none: every timer fires at exactly its time
   */
  readonly jitter?: Random | undefined;
}

/** A clock that stands still until a test moves it. Its timers run inside {@link advance}, in order and in no time. */
export class ManualClock implements Required<Clock> {
  #now: number;
  readonly #jitter: Random | undefined;
  readonly #timers = new Set<Timer>();

  /**
   * @param options - the first reading in ms, or all options.
   * @throws RangeError when the start is no finite number, or `jitter` has no method `next()`.
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

  /** How many timers have been set and have neither run nor been called off. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  /** The same reading, taken for ms since the epoch. */
  timestamp(): number {
    return this.#now;
  }

  /**
   * Runs `callback` inside the {@link advance} that passes `ms` from now, with `jitter` somewhat earlier or later than
   * that; returns a function that calls it off.
   */
  after(ms: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + this.#delayOf(ms), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Lets `ms` milliseconds pass. Timers that fall due run in order of their time, those of the same time in order of
   * their making, each with the clock at its own time; timers set meanwhile run too when they fall due.
   *
   * @throws RangeError when `ms` is not a number of 0 or more: for a clock that is put back there is {@link jump}.
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
   * Puts the clock forward or, below 0, back by `ms`, and runs no timer: a clock set anew, or a blocked event loop.
   *
   * @throws RangeError when `ms` is no finite number.
   */
  jump(ms: number): void {
    if (!Number.isFinite(ms)) throw wrong('jump()', ms, 'milliseconds');
    this.#now += ms;
  }

  #delayOf(ms: number): number {
    const random = this.#jitter;
    if (random === undefined) return ms;
    const lateness = random.next() < 1 / 2 ? 0 : -Math.log1p(-random.next()) * MEAN_LATENESS;
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
