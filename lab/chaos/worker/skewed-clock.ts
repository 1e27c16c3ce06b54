import type { Clock } from 'nestjs-work-stealing';

const { now } = Date;

/** The clocks of a process, put forward or back while it runs, as an administrator or a sleeping machine does. */
export class SkewedClock implements Clock {
  #offset = 0;

  /** ms, of this clock and of `Date.now()`. */
  set offset(offset: number) {
    this.#offset = offset;
    Date.now = () => now() + offset;
  }

  now(): number {
    return performance.now() + this.#offset;
  }
}
