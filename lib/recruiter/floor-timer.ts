import type { Clock } from './clock.js';
import type { Random } from './random.js';
import type { InstalledJob } from './roster.js';

/** A job whose last slice worked may be looked at again after half the interval, one that is long idle after 2.5. */
const SOONEST = 1 / 2;
const LATEST = 5 / 2;

/** So many fruitless slices in a row add one interval. */
const FRUITLESS_AN_INTERVAL = 4;

/**
 * Looks after quiet times.
 *
 * Goal: no job goes unseen because nobody enlists. Model: a Poisson process of looks, `interval / jobs` ms apart on
 * average, each at a job drawn evenly, so no job is looked at more than once in `interval` ms on average; exponential
 * waits keep the processes of a fleet out of step. A job that ran of late is left alone, so traffic makes the timer
 * idle; the less a job's last slices found, the longer "of late" is, so looks go where work turns up at night. A job
 * that never ran is looked at as soon as it is drawn: a process that was restarted does not wait for an interval.
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
    if (job !== undefined && this.clock.now() - job.lastRun >= this.#quietTime(job)) this.run(job);
  }

  #quietTime({ control }: InstalledJob): number {
    const intervals = control.fruitless / FRUITLESS_AN_INTERVAL;
    return this.interval * Math.min(LATEST, Math.max(SOONEST, intervals));
  }

  #drawable(): InstalledJob[] {
    return [...this.jobs()].filter((job) => !job.paused && job.rate > 0);
  }
}
