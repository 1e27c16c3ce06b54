import type { Clock } from '../recruiter/clock.js';
import { describeValue } from '../recruiter/describe-value.js';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. Its timers run inside {@link advance}, in order and in no time. */
export class ManualClock implements Required<Clock> {
  #now: number;
  readonly #timers = new Set<Timer>();

  /**
   * @param start - the first reading: ms.
   * @throws RangeError when it is no finite number.
   */
  constructor(start = 0) {
    if (!Number.isFinite(start)) throw wrong('The start', start, 'milliseconds');
    this.#now = start;
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

  /** Runs `callback` inside the {@link advance} that passes `ms` from now; returns a function that calls it off. */
  after(ms: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + ms, callback };
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
