import type { Sample } from './series.js';

/** Which job samples are of. */
export interface JobLabels extends Readonly<Record<string, string>> {
  readonly recruiter: string;
  readonly job: string;
}

/** Outcomes that a job's slices are likely to have some day: shown as 0 before, so that the first one is an increase. */
const AT_ZERO = [
  ['full', ''],
  ['partial', ''],
  ['idle', ''],
  ['failed', 'error'],
  ['aborted', 'budget'],
] as const;

/**
 * What the slices of a job came to, for as long as the registry lives: a counter may not go back, and what the job has
 * counted itself is gone with its installation.
 */
export class JobTally {
  readonly items: Sample;
  readonly overruns: Sample;
  readonly #slices = new Map<string, Sample>();
  readonly #gatedLooks = new Map<string, Sample>();

  constructor(readonly labels: JobLabels) {
    this.items = { value: 0, labels: {}, sharedLabels: labels };
    this.overruns = { value: 0, labels: {}, sharedLabels: labels };
    for (const [outcome, reason] of AT_ZERO) this.count(outcome, reason, 0);
  }

  get slices(): Iterable<Sample> {
    return this.#slices.values();
  }

  get gatedLooks(): Iterable<Sample> {
    return this.#gatedLooks.values();
  }

  count(outcome: string, reason: string, times = 1): void {
    this.#add(this.#slices, `${outcome} ${reason}`, { outcome, reason }, times);
  }

  countGatedLooks(reason: string, times = 1): void {
    this.#add(this.#gatedLooks, reason, { reason }, times);
  }

  #add(samples: Map<string, Sample>, key: string, labels: Record<string, string>, times: number): void {
    const sample = samples.get(key);
    if (sample !== undefined) sample.value += times;
    else samples.set(key, { value: times, labels, sharedLabels: this.labels });
  }
}
