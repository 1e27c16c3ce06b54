import type { Clock } from './clock.js';
import type { Random } from './random.js';
import type { InstalledJob } from './roster.js';

/**
 * Works off known backlogs between requests.
 *
 * Goal: a burst of work does not have to wait for as many enlistments. Model: while some job has said that more is
 * waiting, the next slice starts when the rest after the last one ends, stretched by 1 to 1.25 so that a fleet that
 * was set going at once falls out of step, and further while every waiting job starts slowly after failures. Waiting
 * jobs share by rate, those that start slowly by their pace of it; a job that has not said that more is waiting gets
 * nothing here. A drain that finds a gate shut stops; the next slice that leaves work behind arms it again.
 */
export class Drain {
  #callOff: (() => void) | undefined;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly random: Random,
    private readonly jobs: () => Iterable<InstalledJob>,
    private readonly run: (job: InstalledJob) => void,
  ) {}

  /** To be called after each slice: `rest` is what is left of the rest after it, in ms. */
  arm(rest: number): void {
    if (this.#callOff !== undefined) return;
    const waiting = this.#waiting();
    if (waiting.length === 0) return;
    const pace = Math.max(...waiting.map((job) => this.#paceOf(job)));
    const wait = (Math.max(0, rest) / pace) * (1 + this.random.next() / 4);
    this.#callOff = this.clock.after(wait, () => {
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
    const waiting = this.#waiting().map((job) => ({ job, weight: job.rate * this.#paceOf(job) }));
    let point = this.random.next() * waiting.reduce((sum, { weight }) => sum + weight, 0);
    const drawn = waiting.find(({ weight }) => (point -= weight) < 0) ?? waiting.at(-1);
    return drawn?.job;
  }

  #waiting(): InstalledJob[] {
    return [...this.jobs()].filter((job) => job.control.more && !job.paused && job.rate > 0);
  }

  #paceOf(job: InstalledJob): number {
    return job.control.pace(this.clock.now());
  }
}
