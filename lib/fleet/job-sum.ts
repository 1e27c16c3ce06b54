import type { JobError } from '../recruiter/record/job-record.js';
import { OUTCOMES, type GateCounts, type GateReason } from '../recruiter/outcome.js';
import { perOutcome } from '../recruiter/record/per-outcome.js';
import type { FleetJob } from './fleet.js';
import { keyOf } from './job-key.js';
import type { JobReport } from './process-report.js';

/** Quantiles are of so many slices at most, so no process counts for more. */
const LONGEST_MEMORY = 128;

/** What the processes say of one job, added up. */
export class JobSum {
  processes = 0;
  paused = true;
  readonly counts = perOutcome(() => 0);
  readonly gatedBy: GateCounts = {};
  readonly gatedLooks: GateCounts = {};
  items = 0;
  overruns = 0;
  more = false;
  slicesPerSecond = 0;
  itemsPerSecond = 0;
  durations: FleetJob['durations'];
  /** ms since the epoch. */
  lastWorkAt: number | undefined;
  lastError: (JobError & { readonly process: string }) | undefined;
  /** So far, of the recruiter in all processes that have the job. */
  enlistments = 0;
  #effective = 0;
  #since = 0;
  #slices = 0;

  constructor(
    /** Of the process whose rates are shown. */
    readonly first: JobReport,
    /** By which it is known. */
    readonly key = keyOf(first),
  ) {}

  /** The mean over the processes, weighed by their enlistments; before any of them, the plain mean. */
  get effectiveRate(): number {
    // Each process counts for one enlistment more than it had, so that there is no other case.
    return this.#effective / (this.enlistments + this.processes);
  }

  /** When its processes began to take part, on average: ms since the epoch. */
  get meanSince(): number {
    return this.#since / this.processes;
  }

  /**
   * @param enlistments - of the job's recruiter in that process, so far.
   * @param since - when the process began: ms since the epoch.
   */
  add(job: JobReport, enlistments: number, since: number): void {
    this.processes++;
    this.#since += since;
    this.paused &&= job.paused;
    for (const outcome of OUTCOMES) this.counts[outcome] += job.counts[outcome];
    addByReason(this.gatedBy, job.gatedBy);
    addByReason(this.gatedLooks, job.gatedLooks);
    this.items += job.items;
    this.overruns += job.overruns;
    this.more ||= job.more;
    this.slicesPerSecond += job.slicesPerSecond;
    this.itemsPerSecond += job.itemsPerSecond;
    this.enlistments += enlistments;
    this.#effective += job.effectiveRate * (enlistments + 1);
    this.#addDurations(job);
    this.lastWorkAt = latest(this.lastWorkAt, job.lastWorkAt);
    if (job.lastError !== undefined && !(this.lastError && this.lastError.at >= job.lastError.at)) {
      this.lastError = job.lastError;
    }
  }

  #addDurations({ durations, counts }: JobReport): void {
    if (durations === undefined) return;
    const { full, partial, idle, aborted, failed } = counts;
    const slices = Math.max(1, Math.min(LONGEST_MEMORY, full + partial + idle + aborted + failed));
    const before = this.durations ?? { mean: 0, p50: 0, p99: 0, max: 0 };
    this.durations = {
      mean: (before.mean * this.#slices + durations.mean * slices) / (this.#slices + slices),
      p50: Math.max(before.p50, durations.p50),
      p99: Math.max(before.p99, durations.p99),
      max: Math.max(before.max, durations.max),
    };
    this.#slices += slices;
  }
}

function addByReason(sum: GateCounts, counts: JobReport['gatedBy']): void {
  for (const [reason, count] of Object.entries(counts) as [GateReason, number][]) {
    sum[reason] = (sum[reason] ?? 0) + count;
  }
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
