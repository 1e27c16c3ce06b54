import type { Histogram } from 'prom-client';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { GatedReport, SliceReport } from '../recruiter/slice/slice.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { gatedLooks, sliceCounts } from '../recruiter/record/slice-counts.js';
import { Backlogs } from './backlogs.js';
import type { JobTallies } from './job-tallies.js';
import type { JobTally } from './job-tally.js';
import { viewOf, type JobView } from './job-view.js';

/**
 * One recruiter, for as long as its application lives.
 *
 * Slices are counted when they end, where the histogram observes them anyway, and so exactly, whatever becomes of their
 * jobs. Enlistments are never counted here: the lottery knows how many there were, and they are read.
 */
export class WatchedRecruiter {
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

  /** Enlistments since it was last asked. */
  takeEnlistments(): number {
    const before = this.#enlistments;
    this.#enlistments = this.recruiter.enlistments;
    return this.#enlistments - before;
  }

  /** Its jobs as they are now. */
  *readJobs(): Iterable<readonly [JobTally, JobView]> {
    const { jobs } = this.recruiter;
    const backlogs = this.#backlogs.read(jobs.map(({ id }) => id));
    for (const job of jobs) yield [this.#of(job.id), viewOf(job, backlogs.get(job.id))];
  }

  /** Lets go of it. */
  release(): void {
    for (const undo of this.#undo) undo();
  }

  /** What its slices came to before anybody watched. */
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
