import { describeValue } from '../options/describe-value.js';

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

/** The longest that timers can wait: ms. Asked for more, Node's fire at once; ended early, they are only early. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Stands before a clock that was handed in: fills in what it leaves out, and never runs backwards. A leap back, or a
 * reading that is no number, counts as no time at all: it makes no duration negative and no rest longer. A leap ahead
 * stands: all it can do is end a rest early, while taking it out later would put in the future what was noted
 * meanwhile. Where timers or time stamps fail, the system's answer in their place. The first failure is reported.
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
    this.#reportError(`went back by ${this.#latest - now} ms; this counts as no time at all`);
    return this.#latest;
  }

  after(ms: number, callback: () => void, keepAlive?: boolean): () => void {
    const wait = Math.min(ms, LONGEST_TIMER);
    const dueAt = this.now() + wait;
    let isOver = false;
    const onTime = () => {
      if (isOver) return;
      isOver = true;
      const late = this.now() - dueAt;
      if (late > LEAP) this.#reportError(`leapt ahead by ${late} ms, or the process was stopped for so long`);
      callback();
    };
    const callOff = this.#setTimer(wait, onTime, keepAlive);
    return () => {
      isOver = true;
      callOff();
    };
  }

  timestamp(): number {
    if (this.source.timestamp === undefined) return systemClock.timestamp();
    const stamp = this.#ask('timestamp()', () => this.source.timestamp?.());
    // Beyond that there are no dates.
    if (typeof stamp === 'number' && Math.abs(stamp) <= 8.64e15) return stamp;
    this.#reportError(`stamps ${describeValue(stamp)}; Date.now() answers in its place`);
    return systemClock.timestamp();
  }

  /** A timer that failed to be set may have been set nevertheless: it runs once all the same. */
  #setTimer(ms: number, callback: () => void, keepAlive?: boolean): () => void {
    if (this.source.after === undefined) return systemClock.after(ms, callback, keepAlive);
    const callOff = this.#ask('after()', () => this.source.after?.(ms, callback, keepAlive));
    if (typeof callOff === 'function')
      return () => void this.#ask('what after() returned', callOff as () => void);
    this.#reportError(`returned ${describeValue(callOff)} from after(); setTimeout() answers in its place`);
    return systemClock.after(ms, callback, keepAlive);
  }

  #read(): number | undefined {
    const reading = this.#ask('now()', () => this.source.now());
    if (Number.isFinite(reading)) return reading as number;
    this.#reportError(`reads ${describeValue(reading)}; this counts as no time at all`);
    return undefined;
  }

  /** What a method of the source answers; undefined when it throws. */
  #ask(method: string, call: () => unknown): unknown {
    try {
      return call();
    } catch (error) {
      this.#reportError(`threw ${describeValue(error)} in ${method}`);
      return undefined;
    }
  }

  #reportError(what: string): void {
    if (this.#reported) return;
    this.#reported = true;
    this.report(new RangeError(`The clock ${what}`));
  }
}
