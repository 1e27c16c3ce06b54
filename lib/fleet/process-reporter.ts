import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../time/clock.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import type { JobReport, ProcessFacts, ProcessReport, RecruiterReport } from './process-report.js';
import { RateMeter } from './rate-meter.js';
import { keyOf } from './target.js';

/** Makes the report of this process: its counters, and how fast they have grown lately. */
export class ProcessReporter {
  /** Unique ID; a new one after each restart. */
  readonly id: string = randomUUID();
  /** Application version, if configured. */
  version: string | undefined;
  readonly #since: number;
  readonly #meter: RateMeter;

  /**
   * @param recruiters - read again for each report.
   * @param declaredRate - returns the declared rate of a job, whose rate in force may be an override.
   */
  constructor(
    private readonly recruiters: Iterable<Recruiter>,
    clock: Required<Clock>,
    private readonly declaredRate: (recruiter: string, job: JobSnapshot) => number,
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
    return {
      process: this.#facts(all, recruiters),
      recruiters,
      jobs: read.flatMap(({ recruiter, jobs }) => jobs.map((job) => this.#jobReport(recruiter.name, job))),
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

  #jobReport(recruiter: string, job: JobSnapshot): JobReport {
    const key = keyOf({ recruiter, id: job.id });
    const { lastError } = job;
    return {
      recruiter,
      id: job.id,
      rate: job.rate,
      declaredRate: this.declaredRate(recruiter, job),
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
      lastWorkAt: job.lastWorkAt?.getTime(),
      lastError: lastError === undefined ? undefined : { ...lastError, process: this.id },
    };
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
