import type { Sample, SentJob, Snapshot, Update, Viewer } from '../wire.js';

/** Time that the plots show. */
export const HISTORY_MS = 300_000;

/** The state of the fleet, as last received. */
export class Store {
  viewer: Viewer = { by: null, token: null };
  latest: Snapshot | undefined;
  readonly #jobs = new Map<number, SentJob>();
  #order: readonly number[] = [];
  #samples: Sample[] = [];

  get jobs(): readonly SentJob[] {
    return this.#order.map((ref) => this.#jobs.get(ref)).filter((job) => job !== undefined);
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Replaces the whole state: another server has other numbers for the same jobs. */
  replace(snapshot: Snapshot): void {
    this.latest = snapshot;
    this.#jobs.clear();
    for (const job of snapshot.jobs) this.#jobs.set(job.ref, job);
    this.#order = snapshot.jobs.map(({ ref }) => ref);
    this.#samples = [...snapshot.samples];
  }

  update({ jobs, order, audit, sample, ...rest }: Update): void {
    if (this.latest === undefined) return;
    for (const job of jobs) this.#jobs.set(job.ref, job);
    if (order !== null) this.#keep(order);
    this.latest = { ...this.latest, ...rest, audit: audit ?? this.latest.audit };
    if (sample === null) return;
    this.#samples.push(sample);
    while (sample.at - this.#samples[0]!.at > HISTORY_MS) this.#samples.shift();
  }

  /** Sets the order, and forgets jobs that are gone. */
  #keep(order: readonly number[]): void {
    this.#order = order;
    const present = new Set(order);
    for (const ref of this.#jobs.keys()) if (!present.has(ref)) this.#jobs.delete(ref);
  }
}

/** A key of the job that does not depend on the server. */
export function keyOf({ recruiter, id }: Pick<SentJob, 'recruiter' | 'id'>): string {
  return JSON.stringify([recruiter, id]);
}
