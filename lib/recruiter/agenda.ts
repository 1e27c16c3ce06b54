import type { Clock } from '../time/clock.js';
import type { InstalledJob } from './installed-job.js';

/**
 * Looks at jobs without being asked to.
 *
 * Goal: known work is worked off as fast as the duty cycle allows, and no job goes unseen because nobody enlists.
 * Model: every job has one time at which it wants to be looked at, and some times before which it must not run; the
 * latest of them is when it is due. One timer is armed at the earliest due time of all jobs. When it fires, the due job
 * that has waited longest is looked at; when it fires early (Node cuts timers to whole milliseconds and counts from a
 * cached time, so up to 1.15 ms) nothing is due, and it is armed again. A refusal leaves the time of the job alone, so
 * nothing that is refused once is forgotten; each slice sets it again.
 *
 * Arming costs one pass over the jobs, some 30 ns a job: 0.3 ms with 10,000 jobs, once or twice a slice.
 */
export class Agenda {
  #timer: (() => void) | undefined;
  #armedFor = Infinity;
  #isRunning = false;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly jobs: () => Iterable<InstalledJob>,
    /** Before this time no job may be looked at: ms by the recruiter's clock; Infinity while something else has to happen first. */
    private readonly freeAt: () => number,
    /** Looks at a job that is due: runs a slice of it, or sets it a later time. */
    private readonly look: (job: InstalledJob) => void,
  ) {}

  /** When the next job is due, by the recruiter's clock: ms; Infinity when none is. */
  get armedFor(): number {
    return this.#armedFor;
  }

  start(): void {
    this.#isRunning = true;
    this.arm();
  }

  stop(): void {
    this.#isRunning = false;
    this.#set(Infinity);
  }

  /** When a job may be looked at: ms by the recruiter's clock; Infinity while something else has to happen first. */
  dueAt(job: InstalledJob): number {
    return Math.max(this.freeAt(), ownDueAt(job));
  }

  /** To be called whenever a job may have become due at another time. */
  arm(): void {
    if (!this.#isRunning) return;
    const freeAt = this.freeAt();
    let earliest = Infinity;
    if (freeAt < Infinity) {
      for (const job of this.jobs()) {
        const dueAt = ownDueAt(job);
        if (dueAt < earliest) earliest = dueAt;
      }
    }
    this.#set(Math.max(freeAt, earliest));
  }

  /** The same where only this job has changed, and is due earlier than before if anything: costs no pass. */
  bringForward(job: InstalledJob): void {
    const dueAt = this.dueAt(job);
    if (this.#isRunning && dueAt < this.#armedFor) this.#set(dueAt);
  }

  #set(time: number): void {
    // While it looks, no timer is set, and the time stands.
    if (time === this.#armedFor && (this.#timer !== undefined || time === Infinity)) return;
    this.#timer?.();
    this.#timer = undefined;
    this.#armedFor = time;
    if (time === Infinity) return;
    const wait = Math.max(0, Math.ceil(time - this.clock.now()));
    this.#timer = this.clock.after(wait, () => this.#wake());
  }

  #wake(): void {
    this.#timer = undefined;
    try {
      const job = this.#longestWaiting();
      if (job !== undefined) this.look(job);
    } finally {
      this.arm();
    }
  }

  #longestWaiting(): InstalledJob | undefined {
    const now = this.clock.now();
    let longest: InstalledJob | undefined;
    if (this.freeAt() > now) return undefined;
    for (const job of this.jobs()) {
      if ((longest === undefined || job.lookAt < longest.lookAt) && ownDueAt(job) <= now) longest = job;
    }
    return longest;
  }
}

/** When a job may be looked at, as far as that is up to the job. Compared by hand, since Math.max takes thrice as long. */
function ownDueAt(job: InstalledJob): number {
  if (job.isLookedAt || job.paused || job.isOff || job.waitsFor !== undefined) return Infinity;
  let time = job.lookAt;
  if (job.restUntil > time) time = job.restUntil;
  return job.notBefore > time ? job.notBefore : time;
}
