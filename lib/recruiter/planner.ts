import type { Clock } from '../time/clock.js';
import type { Refusal } from './coordination/grant.js';
import type { InstalledJob } from './installed-job.js';
import type { GateReason, Outcome } from './outcome.js';
import { MIN_PATIENCE_MS, type NextLook } from './rate/next-look.js';

/** How soon the agenda comes back to a job that the load gate held back: ms. */
const LOAD_RECHECK_MS = 20_000;

/**
 * Sets the times of jobs: when the agenda wants to look at each, and before when the fleet need not be asked for it. Who
 * changes them arms the agenda afterwards.
 */
export class Planner {
  constructor(
    private readonly clock: Required<Clock>,
    private readonly nextLook: NextLook,
  ) {}

  /** A job is new. An operator may have run it before the recruiter was opened. */
  first(job: InstalledJob): void {
    if (job.lookAt === Infinity) job.lookAt = this.clock.now() + this.nextLook.first(job);
  }

  /** A slice has ended, and the rate control has learnt from it. */
  ended(job: InstalledJob, outcome: Outcome, duration: number): void {
    job.refusals = 0;
    job.isLookedAt = false;
    const now = this.clock.now();
    const { period } = job;
    if (period === undefined || (outcome !== 'partial' && outcome !== 'idle')) {
      job.lookAt = Math.max(now + this.nextLook.after(outcome, duration, job), period?.retryAt ?? -Infinity);
    } else if (period.dueAt > now) {
      // The process whose report ended the pass begins the next one.
      job.lookAt = period.dueAt;
    } else {
      // The coordinator has not said that the pass is over: it may not have heard.
      job.lookAt = now + this.nextLook.afterRefusal(job, job.refusals++);
    }
  }

  /** A slice settled after it was over, `duration` ms after its start. */
  settledLate(job: InstalledJob, more: boolean | undefined, duration: number): void {
    const now = this.clock.now();
    if (more === true) {
      // A job that is late each time would spin where there is no rest.
      const wait = Math.max(MIN_PATIENCE_MS, this.nextLook.after('full', duration, job));
      job.lookAt = Math.min(job.lookAt, now + wait);
    } else if (job.period !== undefined && job.period.dueAt > now) {
      job.lookAt = job.period.dueAt;
    }
  }

  /** A pace was granted: the next slice fits it no earlier than this. */
  paceGranted(job: InstalledJob, perSecond: number): void {
    this.#holdBack(job, 'pace-spent', 1000 / perSecond);
  }

  /** The fleet refused a slice. */
  refused(job: InstalledJob, { reason, wait = Infinity }: Refusal): void {
    job.isLookedAt = false;
    if (reason === 'not-due') {
      job.refusals = 0;
      job.lookAt = this.clock.now() + wait + this.nextLook.spreadOf(job.period!);
    } else if (reason === 'pace-spent') {
      this.#holdBack(job, reason, wait);
    } else {
      // The holder may be done long before its hold ends.
      this.#holdBack(job, reason, Math.min(wait, this.nextLook.afterRefusal(job, job.refusals++)));
    }
  }

  /** A draw came while the process was busy or rested: it stands for the next free moment, unless the job itself rests. */
  keep(job: InstalledJob): void {
    const now = this.clock.now();
    if (now >= job.restUntil) job.lookAt = Math.min(job.lookAt, now);
  }

  /** A gate of the user's is shut: the job waits for it to open, and runs then. */
  waitFor(job: InstalledJob, reason: GateReason): void {
    job.waitsFor = reason;
    job.lookAt = Math.min(job.lookAt, this.clock.now());
  }

  /** The load gate held the job back. */
  loaded(job: InstalledJob): void {
    job.lookAt = this.clock.now() + this.nextLook.spread(LOAD_RECHECK_MS);
  }

  #holdBack(job: InstalledJob, by: 'lease-held' | 'pace-spent', wait: number): void {
    job.notBefore = Math.max(job.notBefore, this.clock.now() + wait);
    job.refusedBy = by;
  }
}
