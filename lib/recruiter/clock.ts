import { describeValue } from './describe-value.js';

/** The time and the timers that a recruiter uses. Injected, so that tests need not wait. */
export interface Clock {
  /** Monotonic time in ms. Only differences between two readings are used. */
  now(): number;
  /**
   * Calls `callback` once, about `ms` milliseconds from now; returns a function that calls it off. The timer must
   * not keep the process alive unless `keepAlive` is true. Default: `setTimeout`, unref'd.
   */
  after?(ms: number, callback: () => void, keepAlive?: boolean): () => void;
  /** Wall-clock time in ms since the epoch, for the time stamps of errors. Default: `Date.now()`. */
  timestamp?(): number;
}

/** The default clock: `performance.now()`, `setTimeout` and `Date.now()`. */
export const systemClock: Required<Clock> = {
  now: () => performance.now(),
  after(ms, callback, keepAlive = false) {
    const timer = setTimeout(callback, ms);
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  },
  timestamp: () => Date.now(),
};

/** A timer this much late, in ms, was not delayed: the clock was put forward, or the machine slept. */
const LEAP = 10 * 60_000;

/**
 * Stands before a clock that was handed in: fills in what it leaves out, and never runs backwards. A leap back, or a
 * reading that is no number, counts as no time at all: it makes no duration negative and no rest longer. A leap ahead
 * stands: all it can do is end a rest early, while taking it out later would put in the future what was noted
 * meanwhile. The first of either is reported.
 */
export class SteadyClock implements Required<Clock> {
  #latest = -Infinity;
  #offset = 0;
  #reported = false;

  constructor(
    private readonly source: Clock,
    private readonly report: (error: Error) => void = () => {},
  ) {}

  now(): number {
    const reading = this.#read();
    if (reading === undefined) return (this.#latest = Math.max(0, this.#latest));
    const now = reading + this.#offset;
    if (now >= this.#latest) return (this.#latest = now);
    this.#offset += this.#latest - now;
    this.#complain(`went back by ${this.#latest - now} ms; this counts as no time at all`);
    return this.#latest;
  }

  after(ms: number, callback: () => void, keepAlive?: boolean): () => void {
    const clock = this.source.after === undefined ? systemClock : (this.source as Required<Clock>);
    const dueAt = this.now() + ms;
    const onTime = () => {
      const late = this.now() - dueAt;
      if (late > LEAP) this.#complain(`leapt ahead by ${late} ms, or the process was stopped for so long`);
      callback();
    };
    return clock.after(ms, onTime, keepAlive);
  }

  timestamp(): number {
    return this.source.timestamp?.() ?? systemClock.timestamp();
  }

  #read(): number | undefined {
    let reading: unknown;
    try {
      reading = this.source.now();
      if (Number.isFinite(reading)) return reading as number;
    } catch (error) {
      this.#complain(`threw ${describeValue(error)}; this counts as no time at all`);
      return undefined;
    }
    this.#complain(`reads ${describeValue(reading)}; this counts as no time at all`);
    return undefined;
  }

  #complain(what: string): void {
    if (this.#reported) return;
    this.#reported = true;
    this.report(new RangeError(`The clock ${what}`));
  }
}
