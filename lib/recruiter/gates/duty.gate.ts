import type { Clock } from '../../time/clock.js';
import { MAX_REST_MS, restAfter } from '../rate/next-run.js';
import type { InstalledJob } from '../installed-job.js';
import type { Gate } from './gate.js';

/**
 * Shut while the process rests after its slices, or a job rests after its own.
 *
 * Goal: slices take at most `dutyCycle` of the event loop's time, and those of one job at most its `dutyCycle` of
 * wall-clock time. Model: after a slice that kept the event loop busy for t ms the process rests for
 * t * (1/dutyCycle - 1), and the rests of slices that were in flight together add up; its job rests in the same way for
 * the whole time that the slice took. So a job that waits for a slow server delays itself, and no other.
 */
export class DutyGate implements Gate {
  readonly reason = 'duty-spent';
  #restUntil = -Infinity;

  constructor(
    private readonly dutyCycle: number,
    private readonly clock: Clock,
  ) {}

  /** End of the rest of the process: ms by the recruiter's clock. */
  get restUntil(): number {
    return this.#restUntil;
  }

  isShut(job: InstalledJob): boolean {
    const now = this.clock.now();
    return now < this.#restUntil || now < job.restUntil;
  }

  /**
   * Extends the rests after a slice has ended.
   *
   * @param duration - wall-clock time that it took: ms.
   * @param busyFor - time for which it kept the event loop busy: ms.
   */
  rest(job: InstalledJob, duration: number, busyFor: number): void {
    const now = this.clock.now();
    const rest = restAfter(busyFor, this.dutyCycle);
    this.#restUntil = Math.min(now + MAX_REST_MS, Math.max(now, this.#restUntil) + rest);
    const jobRest = restAfter(duration, job.dutyCycle);
    job.restUntil = Math.min(now + MAX_REST_MS, Math.max(now, job.restUntil) + jobRest);
  }
}
