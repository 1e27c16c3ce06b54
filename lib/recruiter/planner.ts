import type { Clock } from '../time/clock.js';
import type { Refusal } from './coordination/grant.js';
import type { InstalledJob } from './installed-job.js';
import type { GateReason, Outcome } from './outcome.js';
import { MIN_PATIENCE_MS, type NextRun } from './rate/next-run.js';

/** Time after which the agenda retries a job that the load gate held back: ms. */
const LOAD_RECHECK_MS = 20_000;

/**
 * Sets the times of jobs: when the agenda should run each, and before which time its coordinator need not be asked. The
 * caller must arm the agenda afterwards.
 */
export class Planner {
  constructor(
    private readonly clock: Required<Clock>,
    private readonly nextRun: NextRun,
  ) {}

  /** Plans the first run of a job, unless it has a plan: an operator may have run it before the recruiter was opened. */
  first(job: InstalledJob): void {
    if (job.nextRunAt === Infinity) job.nextRunAt = this.clock.now() + this.nextRun.first(job);
  }

  /** Plans the next run after a slice has ended and the rate control has learnt from it. */
  ended(job: InstalledJob, outcome: Outcome, duration: number): void {
    job.refusals = 0;
    job.hasAgendaRun = false;
    const now = this.clock.now();
    const { period } = job;
    if (period === undefined || (outcome !== 'partial' && outcome !== 'idle')) {
      job.nextRunAt = Math.max(
        now + this.nextRun.after(outcome, duration, job),
        period?.retryAt ?? -Infinity,
      );
    } else if (period.dueAt > now) {
      // The process whose report ended the pass starts the next one.
      job.nextRunAt = period.dueAt;
    } else {
      // The coordinator has not confirmed the end of the pass: it may not have received the report.
      job.nextRunAt = now + this.nextRun.afterRefusal(job, job.refusals++);
    }
  }

  /** Adjusts the plan after a slice settled later than it was reported, `duration` ms after its start. */
  settledLate(job: InstalledJob, more: boolean | undefined, duration: number): void {
    const now = this.clock.now();
    if (more === true) {
      // Without a minimum, a job that is always late would spin at a duty cycle of 1.
      const wait = Math.max(MIN_PATIENCE_MS, this.nextRun.after('full', duration, job));
      job.nextRunAt = Math.min(job.nextRunAt, now + wait);
    } else if (job.period !== undefined && job.period.dueAt > now) {
      job.nextRunAt = job.period.dueAt;
    }
  }

  /** Called when the coordinator granted a slice: the next one cannot fit the pace earlier than 1/perSecond from now. */
  paceGranted(job: InstalledJob, perSecond: number): void {
    this.#holdBack(job, 'pace-spent', 1000 / perSecond);
  }

  /** Called when the coordinator refused a slice. */
  refused(job: InstalledJob, { reason, wait = Infinity }: Refusal): void {
    job.hasAgendaRun = false;
    if (reason === 'not-due') {
      job.refusals = 0;
      job.nextRunAt = this.clock.now() + wait + this.nextRun.spreadOf(job.period!);
    } else if (reason === 'pace-spent') {
      this.#holdBack(job, reason, wait);
    } else {
      // The holder may finish long before its hold expires.
      this.#holdBack(job, reason, Math.min(wait, this.nextRun.afterRefusal(job, job.refusals++)));
    }
  }

  /** Defers a draw that came while the process was busy or rested to the next free moment, unless the job itself rests. */
  defer(job: InstalledJob): void {
    const now = this.clock.now();
    if (now >= job.restUntil) job.nextRunAt = Math.min(job.nextRunAt, now);
  }

  /** Makes the job wait until a user's gate opens; it is due then. */
  waitFor(job: InstalledJob, reason: GateReason): void {
    job.waitsFor = reason;
    job.nextRunAt = Math.min(job.nextRunAt, this.clock.now());
  }

  /** Plans a retry after the load gate held the job back. */
  loaded(job: InstalledJob): void {
    job.nextRunAt =
      this.clock.now() +
      this.nextRun.spread(Math.min(LOAD_RECHECK_MS, Math.max(MIN_PATIENCE_MS, job.period?.ms ?? Infinity)));
  }

  #holdBack(job: InstalledJob, by: 'lease-held' | 'pace-spent', wait: number): void {
    job.notBefore = Math.max(job.notBefore, this.clock.now() + wait);
    job.refusedBy = by;
  }
}
