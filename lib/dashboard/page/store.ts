import type { Sample, SentJob, Snapshot, Update, Viewer } from '../wire.js';

/** ms that plots look back. */
export const SPAN = 300_000;

/** What the page knows. */
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

  /** Forgets what it knew: another server has other numbers for the same jobs. */
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
    while (sample.at - this.#samples[0]!.at > SPAN) this.#samples.shift();
  }

  /** Jobs come and go for as long as the page is open. */
  #keep(order: readonly number[]): void {
    this.#order = order;
    const there = new Set(order);
    for (const ref of this.#jobs.keys()) if (!there.has(ref)) this.#jobs.delete(ref);
  }
}

/** The same for the same job of another server. */
export function keyOf({ recruiter, id }: Pick<SentJob, 'recruiter' | 'id'>): string {
  return JSON.stringify([recruiter, id]);
}
