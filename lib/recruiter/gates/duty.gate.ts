import type { Clock } from '../../time/clock.js';
import { MAX_REST_MS, restAfter } from '../rate/next-look.js';
import type { InstalledJob } from '../installed-job.js';
import type { Gate } from './gate.js';

/**
 * Shut while the process rests after its slices, or a job after its own.
 *
 * Goal: slices take at most `dutyCycle` of the event loop's time, and those of one job at most its `dutyCycle` of
 * wall-clock time. Model: after a slice that kept the event loop busy for t ms the process rests for
 * t * (1/dutyCycle - 1), and the rests of slices that were in flight together add up; its job rests in the same way for
 * the whole time that the slice took. So a job that waits for a slow server slows itself down, and no other.
 */
export class DutyGate implements Gate {
  readonly reason = 'duty-spent';
  #restUntil = -Infinity;

  constructor(
    private readonly dutyCycle: number,
    private readonly clock: Clock,
  ) {}

  /** Until when the process rests, by the recruiter's clock: ms. */
  get restUntil(): number {
    return this.#restUntil;
  }

  isShut(job: InstalledJob): boolean {
    const now = this.clock.now();
    return now < this.#restUntil || now < job.restUntil;
  }

  /** Takes note of a slice that has just ended: of how long it took, and kept the event loop busy. */
  rest(job: InstalledJob, duration: number, busyFor: number): void {
    const now = this.clock.now();
    const rest = restAfter(busyFor, this.dutyCycle);
    this.#restUntil = Math.min(now + MAX_REST_MS, Math.max(now, this.#restUntil) + rest);
    const jobRest = restAfter(duration, job.dutyCycle);
    job.restUntil = Math.min(now + MAX_REST_MS, Math.max(now, job.restUntil) + jobRest);
  }
}
