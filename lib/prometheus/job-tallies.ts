import { JobTally } from './job-tally.js';

/** So many jobs have series of their own in one registry: with all outcomes and buckets, some 30 each. */
const MOST_JOBS = 1000;

/** The label of all jobs beyond. */
export const OTHERS = '(others)';

/**
 * The tallies of all jobs in one registry. Their number is bounded: who installs jobs under ever new ids would otherwise
 * fill the process, which forgets no counter, and Prometheus after it.
 */
export class JobTallies implements Iterable<JobTally> {
  readonly #byRecruiter = new Map<string, Map<string, JobTally>>();
  #count = 0;

  constructor(
    private readonly onFull: () => void,
    private readonly most = MOST_JOBS,
  ) {}

  /** The job's own, or the one for all jobs that came when there were too many. */
  of(recruiter: string, job: string): JobTally {
    let tallies = this.#byRecruiter.get(recruiter);
    if (tallies === undefined) this.#byRecruiter.set(recruiter, (tallies = new Map<string, JobTally>()));
    const known = tallies.get(job);
    if (known !== undefined) return known;
    if (this.#count >= this.most && job !== OTHERS) {
      this.onFull();
      return this.of(recruiter, OTHERS);
    }
    this.#count++;
    const made = new JobTally({ recruiter, job });
    tallies.set(job, made);
    return made;
  }

  *[Symbol.iterator](): Iterator<JobTally> {
    for (const tallies of this.#byRecruiter.values()) yield* tallies.values();
  }
}
