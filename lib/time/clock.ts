import { describeValue } from '../options/describe-value.js';

/** The time and the timers of a recruiter. Injected, so that tests need not wait. */
export interface Clock {
  /** Returns monotonic time: ms. Only differences between two readings are used. */
  now(): number;
  /**
   * Calls `callback` once, about `ms` milliseconds from now. The timer must not keep the process alive unless `keepAlive` is
   * true. Default: `setTimeout`, unref'd.
   *
   * @returns a function that cancels the timer.
   */
  after?(ms: number, callback: () => void, keepAlive?: boolean): () => void;
  /** Returns wall-clock time: ms since the epoch. For dates and time stamps. Default: `Date.now()`. */
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

/** A timer that is later than this was not delayed: the clock was set forward, or the machine was suspended. */
const JUMP_MS = 10 * 60_000;

/** Maximum wait of a timer: with a longer one, Node's fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Guards a clock of the application: adds missing methods, and never runs backwards. A jump back, or a reading that is not a
 * number, counts as no time: no duration becomes negative and no rest longer. A jump ahead stays: it can only end a rest
 * early, while correcting it later would move times of the past into the future. If timers or time stamps fail, the system's
 * are used instead. The first failure is reported.
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
    this.#reportError(`went back by ${this.#latest - now} ms; this counts as no time`);
    return this.#latest;
  }

  after(ms: number, callback: () => void, keepAlive?: boolean): () => void {
    const wait = Math.min(ms, MAX_TIMER_MS);
    const dueAt = this.now() + wait;
    let isOver = false;
    const onTime = () => {
      if (isOver) return;
      isOver = true;
      const late = this.now() - dueAt;
      if (late > JUMP_MS)
        this.#reportError(`jumped ahead by ${late} ms, or the process was stopped for this time`);
      callback();
    };
    const cancel = this.#setTimer(wait, onTime, keepAlive);
    return () => {
      isOver = true;
      cancel();
    };
  }

  timestamp(): number {
    if (this.source.timestamp === undefined) return systemClock.timestamp();
    const stamp = this.#call('timestamp()', () => this.source.timestamp?.());
    // The limit of Date.
    if (typeof stamp === 'number' && Math.abs(stamp) <= 8.64e15) return stamp;
    this.#reportError(`returned ${describeValue(stamp)} from timestamp(); Date.now() is used instead`);
    return systemClock.timestamp();
  }

  /** A timer whose setting failed may have been set nevertheless: its callback runs once. */
  #setTimer(ms: number, callback: () => void, keepAlive?: boolean): () => void {
    if (this.source.after === undefined) return systemClock.after(ms, callback, keepAlive);
    const cancel = this.#call('after()', () => this.source.after?.(ms, callback, keepAlive));
    if (typeof cancel === 'function')
      return () => void this.#call('the function that after() returned', cancel as () => void);
    this.#reportError(`returned ${describeValue(cancel)} from after(); setTimeout() is used instead`);
    return systemClock.after(ms, callback, keepAlive);
  }

  #read(): number | undefined {
    const reading = this.#call('now()', () => this.source.now());
    if (Number.isFinite(reading)) return reading as number;
    this.#reportError(`returned ${describeValue(reading)} from now(); this counts as no time`);
    return undefined;
  }

  /** Returns the result of a method of the source; undefined when it throws. */
  #call(method: string, call: () => unknown): unknown {
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
