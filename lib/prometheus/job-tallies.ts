import { boundedReason } from '../telemetry/bounded-reasons.js';
import type { Sample } from './series.js';

/** Labels of a job's samples. */
export interface JobLabels extends Readonly<Record<string, string>> {
  readonly recruiter: string;
  readonly job: string;
}

/** Usual outcomes, shown as 0 from the beginning, so that the first slice is an increase. */
const INITIAL = [
  ['full', ''],
  ['partial', ''],
  ['idle', ''],
  ['failed', 'error'],
  ['aborted', 'budget'],
] as const;

/**
 * Counts of a job's slices for the lifetime of the registry. A counter must not decrease, while the job's own counts start
 * again at 0 when it is installed again.
 */
export class JobTally {
  readonly items: Sample;
  readonly overruns: Sample;
  readonly #slices = new Map<string, Sample>();
  readonly #gatedLooks = new Map<string, Sample>();
  readonly #gates = new Set<string>();

  constructor(readonly labels: JobLabels) {
    this.items = { value: 0, labels: {}, sharedLabels: labels };
    this.overruns = { value: 0, labels: {}, sharedLabels: labels };
    for (const [outcome, reason] of INITIAL) this.count(outcome, reason, 0);
  }

  get slices(): Iterable<Sample> {
    return this.#slices.values();
  }

  get gatedLooks(): Iterable<Sample> {
    return this.#gatedLooks.values();
  }

  count(outcome: string, reason: string, times = 1): void {
    const shown = boundedReason(reason, this.#gates);
    this.#add(this.#slices, `${outcome} ${shown}`, { outcome, reason: shown }, times);
  }

  countGatedLooks(reason: string, times = 1): void {
    const shown = boundedReason(reason, this.#gates);
    this.#add(this.#gatedLooks, shown, { reason: shown }, times);
  }

  #add(samples: Map<string, Sample>, key: string, labels: Record<string, string>, times: number): void {
    const sample = samples.get(key);
    if (sample !== undefined) sample.value += times;
    else samples.set(key, { value: times, labels, sharedLabels: this.labels });
  }
}

/** Maximum of jobs with separate series in one registry; each has about 30, with all outcomes and buckets. */
const MAX_JOBS = 1000;

/** Label of all other jobs. */
export const OTHERS = '(others)';

/**
 * The tallies of all jobs in one registry. Their number is bounded, since counters are never removed: jobs that are installed
 * under ever new IDs would otherwise fill the process and Prometheus.
 */
export class JobTallies implements Iterable<JobTally> {
  readonly #byRecruiter = new Map<string, Map<string, JobTally>>();
  #count = 0;

  constructor(
    private readonly onFull: () => void,
    private readonly max = MAX_JOBS,
  ) {}

  /** Returns the tally of a job; beyond the maximum, the shared one. */
  of(recruiter: string, job: string): JobTally {
    let tallies = this.#byRecruiter.get(recruiter);
    if (tallies === undefined) this.#byRecruiter.set(recruiter, (tallies = new Map<string, JobTally>()));
    const known = tallies.get(job);
    if (known !== undefined) return known;
    if (this.#count >= this.max && job !== OTHERS) {
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
