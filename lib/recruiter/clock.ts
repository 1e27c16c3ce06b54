/** The time and the timers that a recruiter uses. Injected, so that tests need not wait. */
export interface Clock {
  /** Monotonic time in ms. Only differences between two readings are used. */
  now(): number;
  /**
   * Calls `callback` once, about `ms` milliseconds from now; returns a function that calls it off.
   * Must not keep the process alive. Default: an unref'd `setTimeout`.
   */
  after?(ms: number, callback: () => void): () => void;
  /** Wall-clock time in ms since the epoch, for the time stamps of errors. Default: `Date.now()`. */
  timestamp?(): number;
}

/** The default clock: `performance.now()`, unref'd timers and `Date.now()`. */
export const systemClock: Required<Clock> = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  timestamp: () => Date.now(),
};
