import { JobSum } from './job-sum.js';
import { keyOf } from './job-key.js';
import type { ProcessReport } from './process-report.js';

/** What all processes say, added up a job at a time. */
export class FleetSum {
  readonly #jobs = new Map<string, JobSum>();

  /** In the order in which processes named them first: add the own one first. */
  get jobs(): Iterable<JobSum> {
    return this.#jobs.values();
  }

  /** Adds one process. */
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
