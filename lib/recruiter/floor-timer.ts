import type { Clock } from './clock.js';
import type { Random } from './random.js';
import type { InstalledJob } from './roster.js';

/**
 * Looks after quiet times.
 *
 * Goal: no job goes unseen because nobody enlists. Model: a Poisson process of looks, `interval / jobs` ms apart on
 * average, each at a job drawn evenly, so each job is seen about once in `interval` ms; exponential waits keep the
 * processes of a fleet out of step. A job that ran within the interval is left alone, so traffic makes it idle.
 */
export class FloorTimer {
  #callOff: (() => void) | undefined;

  constructor(
    private readonly interval: number,
    private readonly clock: Required<Clock>,
    private readonly random: Random,
    private readonly jobs: () => Iterable<InstalledJob>,
    private readonly run: (job: InstalledJob) => void,
  ) {}

  start(): void {
    const jobs = this.#drawable().length;
    const wait = -Math.log1p(-this.random.next()) * (this.interval / Math.max(1, jobs));
    this.#callOff = this.clock.after(wait, () => {
      this.#look();
      // Not when the job that was run has closed the recruiter.
      if (this.#callOff !== undefined) this.start();
    });
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #look(): void {
    const jobs = this.#drawable();
    const job = jobs[Math.floor(this.random.next() * jobs.length)];
    if (job !== undefined && this.clock.now() - job.lastRun >= this.interval) this.run(job);
  }

  #drawable(): InstalledJob[] {
    return [...this.jobs()].filter((job) => !job.paused && job.rate > 0);
  }
}
