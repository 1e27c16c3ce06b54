import type { Clock } from '../../time/clock.js';
import type { Decider } from '../decider.js';
import type { Listeners, RecruiterError } from '../events.js';
import { causeOf, toJobError } from './job-error.js';
import type { JobError } from '../record/job-record.js';
import type { GateReason } from '../outcome.js';
import type { InstalledJob } from '../installed-job.js';
import type { Refusal } from '../coordination/grant.js';
import type { SliceObserver } from './slice-runner.js';
import type { LateSettlement, SliceOrigin, SliceReport } from './slice.js';

/** Handles the results of slices: updates the job's record, lets the decider learn, and notifies listeners, in this order. */
export class SliceLedger implements SliceObserver {
  constructor(
    private readonly recruiter: string,
    private readonly clock: Required<Clock>,
    private readonly listeners: Listeners,
    private readonly decider: Decider,
  ) {}

  reasonAgainstStart(job: InstalledJob, origin: SliceOrigin): GateReason | undefined {
    return this.decider.reasonAgainstStart(job, origin);
  }

  isForced(job: InstalledJob, origin: SliceOrigin): boolean {
    return origin === 'operator' || this.decider.isOnlyDrawn(job);
  }

  ended(job: InstalledJob, report: SliceReport, busyFor: number): void {
    const { factor } = job.control;
    job.record.add(report);
    this.decider.ended(job, { ...report, busyFor });
    if (report.outcome === 'failed' || report.outcome === 'aborted') {
      this.#reportError(job, causeOf(report, job.budget), report.reason, report.duration);
    }
    this.listeners.emit('slice', report);
    if (job.control.factor !== factor) this.emitRate(job);
  }

  settledLate(job: InstalledJob, { work, error, duration, lateBy }: LateSettlement, busyFor: number): void {
    if (work === undefined) {
      this.#reportError(job, error, 'late', duration);
      this.decider.settledLate(job, undefined, duration, busyFor, lateBy);
      return;
    }
    job.record.addLate(work, this.clock.timestamp());
    this.decider.settledLate(job, work.outcome === 'full', duration, busyFor, lateBy);
    this.listeners.emit('late', { jobId: job.id, duration, done: work.done });
  }

  refused(job: InstalledJob, origin: SliceOrigin, refusal: Refusal): SliceReport {
    this.decider.refused(job, refusal);
    return this.gate(job, refusal.reason, origin);
  }

  discarded(job: InstalledJob, origin: SliceOrigin, reason: GateReason): SliceReport {
    this.decider.discarded(job);
    return this.gate(job, reason, origin);
  }

  paceGranted(job: InstalledJob, perSecond: number): void {
    this.decider.paceGranted(job, perSecond);
  }

  freed(): void {
    this.decider.agenda.arm();
  }

  gate(job: InstalledJob, reason: GateReason, origin: SliceOrigin): SliceReport {
    const startedAt = this.clock.timestamp();
    const ran = { jobId: job.id, origin, startedAt, duration: 0, overran: false };
    const report = { ...ran, outcome: 'gated', reason } as const;
    job.record.add(report);
    this.listeners.emit('gated', report);
    return report;
  }

  emitRate(job: InstalledJob): void {
    const effectiveRate = job.rate * job.control.factor;
    this.listeners.emit('rate', { jobId: job.id, rate: job.rate, effectiveRate });
  }

  #reportError(job: InstalledJob, cause: unknown, reason: JobError['reason'], duration: number): void {
    const error = toJobError(cause, reason, duration, this.clock);
    job.record.addError(error);
    const event: RecruiterError = {
      recruiter: this.recruiter,
      jobId: job.id,
      where: 'a slice',
      error,
      cause,
    };
    this.listeners.emit('error', event);
  }
}
