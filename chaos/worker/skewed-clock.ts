import { systemClock, type Clock } from '../../lib/recruiter/clock.js';

/** The system's clock, put forward or back while it runs, as an administrator or a sleeping machine does. */
export class SkewedClock implements Required<Clock> {
  offset = 0;
  readonly after = systemClock.after;

  now(): number {
    return systemClock.now() + this.offset;
  }

  timestamp(): number {
    return systemClock.timestamp() + this.offset;
  }
}
