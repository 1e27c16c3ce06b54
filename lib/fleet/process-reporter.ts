import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../time/clock.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { JobPeriodSnapshot, JobSnapshot } from '../recruiter/record/snapshot.js';
import type { JobReport, ProcessFacts, ProcessReport, RecruiterReport } from './process-report.js';
import { RateMeter } from './rate-meter.js';
import type { DeclaredRate } from './steering.js';
import { keyOf } from './target.js';

/** A due time that changes by less is reported unchanged: ms. Two clocks that drift would make every report a new one. */
const DUE_TIME_TOLERANCE_MS = 50;

/** Makes the report of this process: its counters, and how fast they have grown lately. */
export class ProcessReporter {
  /** Unique ID; a new one after each restart. */
  readonly id: string = randomUUID();
  /** Application version, if configured. */
  version: string | undefined;
  readonly #since: number;
  readonly #meter: RateMeter;
  /** When the next passes were due by the last report, by job: ms since the epoch. */
  #dueTimes = new Map<string, number>();

  /**
   * @param recruiters - read again for each report.
   * @param declaredRate - returns the declared rate of a job, whose rate in force may be an override.
   */
  constructor(
    private readonly recruiters: Iterable<Recruiter>,
    clock: Required<Clock>,
    private readonly declaredRate: (recruiter: string, job: JobSnapshot) => DeclaredRate,
  ) {
    this.#since = clock.timestamp();
    this.#meter = new RateMeter(clock);
  }

  /** Reads all recruiters and jobs. */
  report(): ProcessReport {
    const read = [...this.recruiters].map((recruiter) => ({ recruiter, jobs: recruiter.jobs }));
    this.#meter.read(totalsOf(read));
    const all = read.map(({ recruiter }) => recruiter);
    const recruiters = all.map((recruiter) => this.#recruiterReport(recruiter));
    const dueTimes = this.#dueTimes;
    this.#dueTimes = new Map();
    return {
      process: this.#facts(all, recruiters),
      recruiters,
      jobs: read.flatMap(({ recruiter, jobs }) =>
        jobs.map((job) => this.#jobReport(recruiter.name, job, dueTimes)),
      ),
    };
  }

  #facts(all: readonly Recruiter[], reports: readonly RecruiterReport[]): ProcessFacts {
    return {
      id: this.id,
      host: hostname(),
      pid: process.pid,
      version: this.version,
      since: this.#since,
      utilization: Math.max(0, ...all.map(({ utilization }) => utilization)),
      inFlight: sum(all.map(({ inFlight }) => inFlight)),
      enlistments: sum(reports.map(({ enlistments }) => enlistments)),
      enlistmentsPerSecond: sum(reports.map(({ enlistmentsPerSecond }) => enlistmentsPerSecond)),
    };
  }

  #recruiterReport({ name, enlistments }: Recruiter): RecruiterReport {
    return { name, enlistments, enlistmentsPerSecond: this.#meter.perSecond(keyOf({ recruiter: name })) };
  }

  #jobReport(recruiter: string, job: JobSnapshot, dueTimes: ReadonlyMap<string, number>): JobReport {
    const key = keyOf({ recruiter, id: job.id });
    const { lastError, period } = job;
    const declared = this.declaredRate(recruiter, job);
    return {
      recruiter,
      id: job.id,
      rate: job.rate,
      declaredRate: declared.rate,
      isDefaultRate: declared.isDefault,
      effectiveRate: job.effectiveRate,
      paused: job.paused,
      budget: job.budget,
      counts: job.counts,
      gatedBy: job.gatedBy,
      gatedLooks: job.gatedLooks,
      overruns: job.overruns,
      more: job.more,
      items: job.items,
      slicesPerSecond: this.#meter.perSecond(`slices${key}`),
      itemsPerSecond: this.#meter.perSecond(`items${key}`),
      durations: job.durations,
      period: period && this.#steady(key, period, dueTimes.get(key)),
      lastWorkAt: job.lastWorkAt?.getTime(),
      lastError: lastError === undefined ? undefined : { ...lastError, process: this.id },
    };
  }

  /** Keeps the due time of the last report where it is nearly the same. */
  #steady(key: string, period: JobPeriodSnapshot, reported: number | undefined): JobPeriodSnapshot {
    const dueAt = period.dueAt?.getTime();
    if (dueAt === undefined) return period;
    const isSame = reported !== undefined && Math.abs(dueAt - reported) < DUE_TIME_TOLERANCE_MS;
    const shown = isSame ? reported : Math.round(dueAt);
    this.#dueTimes.set(key, shown);
    return { ...period, dueAt: new Date(shown) };
  }
}

function totalsOf(
  recruiters: readonly { readonly recruiter: Recruiter; readonly jobs: readonly JobSnapshot[] }[],
): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { recruiter, jobs } of recruiters) {
    totals.set(keyOf({ recruiter: recruiter.name }), recruiter.enlistments);
    for (const { id, counts, items } of jobs) {
      const key = keyOf({ recruiter: recruiter.name, id });
      totals.set(`slices${key}`, counts.full + counts.partial + counts.idle + counts.aborted + counts.failed);
      totals.set(`items${key}`, items);
    }
  }
  return totals;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
