import type { Histogram } from 'prom-client';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { GatedReport, SliceReport } from '../recruiter/slice/slice.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { gatedLooks, sliceCounts } from '../recruiter/record/slice-counts.js';
import { PASS_METRICS, passFigures, type PassFigures } from '../telemetry/pass-figures.js';
import { Backlogs } from './backlogs.js';
import type { JobTallies, JobTally } from './job-tallies.js';

/**
 * Observes one recruiter for the lifetime of its application.
 *
 * Slices are counted when they end, together with the observation by the histogram, so that the counts stay exact when jobs
 * are uninstalled. Enlistments are read from the recruiter, which counts them itself.
 */
export class ObservedRecruiter {
  readonly #undo: (() => void)[];
  readonly #backlogs: Backlogs;
  #enlistments = 0;

  constructor(
    readonly recruiter: Recruiter,
    private readonly tallies: JobTallies,
    private readonly durations: Histogram<'recruiter' | 'job'>,
  ) {
    this.#backlogs = new Backlogs(recruiter);
    for (const job of recruiter.jobs) this.#countEarlier(job);
    this.#undo = [
      recruiter.on('slice', (report) => this.#ended(report)),
      recruiter.on('gated', (report) => this.#gated(report)),
      recruiter.on('late', ({ jobId, done = 0 }) => void (this.#of(jobId).items.value += done)),
    ];
  }

  /** Returns the number of enlistments since the last call. */
  takeEnlistments(): number {
    const before = this.#enlistments;
    this.#enlistments = this.recruiter.enlistments;
    return this.#enlistments - before;
  }

  /** The current values of its jobs. */
  *readJobs(): Iterable<readonly [JobTally, JobView]> {
    const { jobs } = this.recruiter;
    const backlogs = this.#backlogs.read(jobs.map(({ id }) => id));
    for (const job of jobs) yield [this.#of(job.id), viewOf(job, backlogs.get(job.id))];
  }

  /** Ends the observation. */
  release(): void {
    for (const undo of this.#undo) undo();
  }

  /** Adds the counts from before the observation. */
  #countEarlier(job: JobSnapshot): void {
    const tally = this.#of(job.id);
    for (const { outcome, reason = '', count } of sliceCounts(job)) tally.count(outcome, reason, count);
    for (const { reason, count } of gatedLooks(job)) tally.countGatedLooks(reason, count);
    tally.items.value += job.items;
    tally.overruns.value += job.overruns;
  }

  #gated({ jobId, outcome, reason, origin }: GatedReport): void {
    const tally = this.#of(jobId);
    tally.count(outcome, reason);
    if (origin === 'agenda') tally.countGatedLooks(reason);
  }

  #ended(report: SliceReport): void {
    const tally = this.#of(report.jobId);
    tally.count(report.outcome, 'reason' in report ? report.reason : '');
    if ('done' in report) tally.items.value += report.done ?? 0;
    if (report.overran) tally.overruns.value++;
    this.durations.observe(tally.labels, report.duration / 1000);
  }

  #of(jobId: string): JobTally {
    return this.tallies.of(this.recruiter.name, jobId);
  }
}

/** Values of the jobs with one label, nearly always one job. Times are in seconds, as usual in Prometheus. */
export interface JobView {
  readonly declared: number;
  readonly effective: number;
  readonly isPaused: boolean;
  readonly installedAt: number;
  readonly lastWorkAt: number | undefined;
  readonly expectWorkWithin: number | undefined;
  readonly backlog: number | undefined;
  /** Of a job with `every`. */
  readonly passes: PassFigures | undefined;
}

function viewOf(
  { rate, effectiveRate, paused, installedAt, lastWorkAt, expectWorkWithin, period }: JobSnapshot,
  backlog: number | undefined,
): JobView {
  return {
    declared: rate,
    effective: effectiveRate,
    isPaused: paused,
    installedAt: installedAt.getTime() / 1000,
    lastWorkAt: lastWorkAt === undefined ? undefined : lastWorkAt.getTime() / 1000,
    expectWorkWithin: expectWorkWithin === undefined ? undefined : expectWorkWithin / 1000,
    backlog,
    passes: period && passFigures(period, Date.now()),
  };
}

/** Merges the views of a job in two applications of one process. Both have the same work, so nothing is added up. */
export function merged(a: JobView, b: JobView): JobView {
  return {
    declared: Math.max(a.declared, b.declared),
    effective: Math.max(a.effective, b.effective),
    isPaused: a.isPaused && b.isPaused,
    installedAt: Math.min(a.installedAt, b.installedAt),
    lastWorkAt: choose(Math.max, a.lastWorkAt, b.lastWorkAt),
    expectWorkWithin: choose(Math.min, a.expectWorkWithin, b.expectWorkWithin),
    backlog: choose(Math.max, a.backlog, b.backlog),
    passes: a.passes && b.passes ? mergedPasses(a.passes, b.passes) : (a.passes ?? b.passes),
  };
}

function mergedPasses(a: PassFigures, b: PassFigures): PassFigures {
  const figures = PASS_METRICS.map(({ figure }) => [figure, choose(Math.max, a[figure], b[figure])]);
  return Object.fromEntries(figures) as PassFigures;
}

function choose(
  which: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return which(a, b);
}
