import type { JobError } from '../recruiter/record/job-record.js';
import { OUTCOMES, type GateCounts, type GateReason } from '../recruiter/outcome.js';
import type { JobPeriodSnapshot } from '../recruiter/record/snapshot.js';
import { perOutcome } from '../recruiter/record/per-outcome.js';
import type { FleetJob } from './fleet.js';
import type { JobReport, ProcessReport } from './process-report.js';
import { keyOf } from './target.js';

/** The sum of the reports of all processes, by job. */
export class FleetSum {
  readonly #jobs = new Map<string, JobSum>();

  /** In the order in which their first reports were added: add this process first. */
  get jobs(): Iterable<JobSum> {
    return this.#jobs.values();
  }

  /** Adds the report of one process. */
  add({ process, recruiters, jobs }: ProcessReport): void {
    const enlistments = new Map(recruiters.map((recruiter) => [recruiter.name, recruiter.enlistments]));
    for (const job of jobs) {
      const key = keyOf(job);
      let sum = this.#jobs.get(key);
      if (sum === undefined) this.#jobs.set(key, (sum = new JobSum(job, key)));
      sum.add(job, enlistments.get(job.recruiter) ?? 0, process.since);
    }
  }
}

/** Maximum weight of one process in the mean duration: slices, as many as its quantiles cover. */
const MAX_WEIGHT = 128;

/** The sum of the reports of one job. */
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
  period: JobPeriodSnapshot | undefined;
  /** ms since the epoch. */
  lastWorkAt: number | undefined;
  lastError: (JobError & { readonly process: string }) | undefined;
  /** Enlistments of its recruiter so far, in all processes that have the job. */
  enlistments = 0;
  #effective = 0;
  #since = 0;
  #slices = 0;

  constructor(
    /** The report whose rates are shown. */
    readonly first: JobReport,
    /** Its key: see {@link keyOf}. */
    readonly key = keyOf(first),
  ) {}

  /** The mean over the processes, weighted by their enlistments; the plain mean before the first one. */
  get effectiveRate(): number {
    // One enlistment is added to each process, so that no weight is 0.
    return this.#effective / (this.enlistments + this.processes);
  }

  /** Mean of the times at which its processes joined the fleet: ms since the epoch. */
  get meanSince(): number {
    return this.#since / this.processes;
  }

  /**
   * @param enlistments - enlistments of the job's recruiter in that process so far.
   * @param since - when the process joined the fleet: ms since the epoch.
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
    this.period = latestPeriod(this.period, job.period);
    this.lastWorkAt = latest(this.lastWorkAt, job.lastWorkAt);
    if (job.lastError !== undefined && !(this.lastError && this.lastError.at >= job.lastError.at)) {
      this.lastError = job.lastError;
    }
  }

  #addDurations({ durations, counts }: JobReport): void {
    if (durations === undefined) return;
    const { full, partial, idle, aborted, failed } = counts;
    const slices = Math.max(1, Math.min(MAX_WEIGHT, full + partial + idle + aborted + failed));
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

/** What two processes know of the same periods: the coordinator told one of them the latest. */
export function latestPeriod(
  a: JobPeriodSnapshot | undefined,
  b: JobPeriodSnapshot | undefined,
): JobPeriodSnapshot | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const dueAt = latestDate(a.dueAt, b.dueAt);
  const lastPass = isLater(b.lastPass, a.lastPass) ? b.lastPass : a.lastPass;
  // Where the next pass of the fleet is known to be due later, a process that knows of an overdue one is behind.
  const isOver = a.scope === 'fleet' && dueAt !== undefined;
  return { ...a, dueAt, lastPass, overdueBy: isOver ? 0 : Math.max(a.overdueBy, b.overdueBy) };
}

type Pass = JobPeriodSnapshot['lastPass'];

/** Whether a pass is a later one than another, or the same one as it was later. */
function isLater(pass: Pass, other: Pass): boolean {
  if (pass === undefined || other === undefined) return pass !== undefined;
  const lead = Number(pass.dueAt) - Number(other.dueAt);
  if (lead !== 0) return lead > 0;
  return pass.slices > other.slices || (pass.endedAt !== undefined && other.endedAt === undefined);
}

function latestDate(a: Date | undefined, b: Date | undefined): Date | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b > a ? b : a;
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
