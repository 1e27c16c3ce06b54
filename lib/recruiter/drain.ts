import type { Clock } from './clock.js';
import type { Random } from './random.js';
import type { InstalledJob } from './roster.js';

/**
 * Works off known backlogs between requests.
 *
 * Goal: a burst of work does not have to wait for as many enlistments. Model: while some job has said that more is
 * waiting, the next slice starts when the rest after the last one ends, stretched by 1 to 1.25 so that a fleet that
 * was set going at once falls out of step. The job is drawn by effective rate: waiting jobs share by rate.
 * A drain that finds a gate shut stops; the next slice that leaves work behind arms it again.
 */
export class Drain {
  #callOff: (() => void) | undefined;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly random: Random,
    private readonly jobs: () => Iterable<InstalledJob>,
    private readonly run: (job: InstalledJob) => void,
  ) {}

  /** Whether any job has said that more is waiting. */
  get isWorkWaiting(): boolean {
    for (const job of this.jobs()) if (isWaiting(job)) return true;
    return false;
  }

  /** To be called after each slice: `rest` is what is left of the rest after it, in ms. */
  arm(rest: number): void {
    if (this.#callOff !== undefined || !this.isWorkWaiting) return;
    this.#callOff = this.clock.after(Math.max(0, rest) * (1 + this.random.next() / 4), () => {
      this.#callOff = undefined;
      const job = this.#draw();
      if (job !== undefined) this.run(job);
    });
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #draw(): InstalledJob | undefined {
    const drawable = [...this.jobs()].filter((job) => job.adaptive && !job.paused && job.rate > 0);
    let point = this.random.next() * drawable.reduce((sum, job) => sum + weight(job), 0);
    return drawable.find((job) => (point -= weight(job)) < 0) ?? drawable.at(-1);
  }
}

function isWaiting(job: InstalledJob): boolean {
  return job.control.more && !job.paused && job.rate > 0;
}

function weight(job: InstalledJob): number {
  return job.rate * job.control.factor;
}
