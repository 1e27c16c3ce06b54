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

/**
 * Stands before a clock that was handed in: fills in what it leaves out, and never runs backwards. A jump back (or a
 * reading that is no number) counts as no time at all, so it neither makes a duration negative nor a rest longer.
 */
export class SteadyClock implements Required<Clock> {
  #latest = 0;
  #offset = 0;

  constructor(private readonly source: Clock) {}

  now(): number {
    const reading = this.source.now();
    if (!Number.isFinite(reading)) return this.#latest;
    if (reading + this.#offset < this.#latest) this.#offset = this.#latest - reading;
    return (this.#latest = reading + this.#offset);
  }

  after(ms: number, callback: () => void, keepAlive?: boolean): () => void {
    const clock = this.source.after === undefined ? systemClock : (this.source as Required<Clock>);
    return clock.after(ms, callback, keepAlive);
  }

  timestamp(): number {
    return this.source.timestamp?.() ?? systemClock.timestamp();
  }
}
