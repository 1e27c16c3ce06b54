import type { Recruiter } from '../recruiter/recruiter.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import type { Resolved } from '../options/option-table.js';
import { gatedLooks, sliceCounts } from '../recruiter/record/slice-counts.js';
import { boundedReasons } from '../telemetry/bounded-reasons.js';
import { CACHE_METRICS } from '../telemetry/cache-stats.js';
import { countsByLabel, type CountedCache } from '../telemetry/counted-caches.js';
import { PASS_METRICS, passFigures } from '../telemetry/pass-figures.js';
import { Connection, type Destination } from './connection.js';
import { Deltas } from './deltas.js';
import { plain, tagged, type Dialect, type Labels, type Naming } from './naming.js';
import type { STATSD_OPTIONS, WorkStealingStatsdOptions } from './statsd.options.js';

/** Sends the metrics of one application to StatsD, at an interval and on {@link flush}. */
export class WorkStealingStatsd {
  readonly #connection: Connection;
  readonly #name: Naming;
  readonly #interval: number;
  readonly #deltas = new Deltas();
  #undo: (() => void)[] = [];

  /** @internal */
  constructor(
    private readonly recruiters: Iterable<Recruiter>,
    private readonly caches: () => Iterable<CountedCache>,
    { prefix, tags, interval, ...destination }: Resolved<WorkStealingStatsdOptions, typeof STATSD_OPTIONS>,
  ) {
    this.#name = tags === false ? plain(prefix) : tagged(prefix, tags, dialectOf(destination));
    this.#interval = interval;
    this.#connection = new Connection(destination);
  }

  /** @internal */
  start(): void {
    const timer = setInterval(() => void this.flush(), this.#interval);
    // The timer must not keep the process alive.
    timer.unref();
    this.#undo = [() => clearInterval(timer), ...[...this.recruiters].map((each) => this.#time(each))];
  }

  /**
   * Sends the growth of all counts since the last time, and all gauges. Resolves when they are sent. Never rejects: if the
   * server cannot be reached, they are lost.
   */
  async flush(): Promise<void> {
    this.#connection.renew();
    this.#report();
    await this.#connection.flush();
  }

  /** @internal */
  async stop(): Promise<void> {
    for (const undo of this.#undo) undo();
    this.#connection.renew();
    this.#report();
    await this.#connection.close();
  }

  #time(recruiter: Recruiter): () => void {
    return recruiter.on('slice', ({ jobId: job, outcome, duration }) => {
      const named = this.#name('slice.duration', { recruiter: recruiter.name, job, outcome });
      this.#connection.timing(named, Math.round(duration * 1000) / 1000);
    });
  }

  #report(): void {
    for (const recruiter of this.recruiters) {
      const labels = { recruiter: recruiter.name };
      this.#count('enlistments', labels, recruiter.enlistments);
      this.#gauge('in_flight', labels, recruiter.inFlight);
      this.#gauge('event_loop.utilization', labels, recruiter.utilization);
      for (const job of recruiter.jobs) this.#reportJob(job, { ...labels, job: job.id });
    }
    for (const [cache, stats] of countsByLabel(this.caches())) {
      for (const { stat, name } of CACHE_METRICS) this.#count(`cache.${name}`, { cache }, stats[stat]);
    }
    this.#deltas.endRound();
  }

  #reportJob(job: JobSnapshot, labels: Labels): void {
    for (const { outcome, reason, count } of boundedReasons(sliceCounts(job))) {
      this.#count('slices', { ...labels, outcome, reason }, count);
    }
    for (const { reason, count } of boundedReasons(gatedLooks(job))) {
      this.#count('gated_looks', { ...labels, reason }, count);
    }
    this.#count('overruns', labels, job.overruns);
    this.#count('items', labels, job.items);
    this.#gauge('rate', { ...labels, kind: 'declared' }, job.rate);
    this.#gauge('rate', { ...labels, kind: 'effective' }, job.effectiveRate);
    if (job.lastWorkAt !== undefined) {
      this.#gauge('last_work.timestamp', labels, Math.round(job.lastWorkAt.getTime() / 1000));
    }
    this.#reportPasses(job, labels);
  }

  #reportPasses({ period }: JobSnapshot, labels: Labels): void {
    if (period === undefined) return;
    const figures = passFigures(period, Date.now());
    for (const { figure, name } of PASS_METRICS) {
      const value = figures[figure];
      if (value !== undefined) this.#gauge(name, labels, Math.round(value * 1000) / 1000);
    }
  }

  #count(metric: string, labels: Labels, count: number): void {
    const delta = this.#deltas.since(JSON.stringify([metric, labels]), count);
    if (delta > 0) this.#connection.count(this.#name(metric, labels), delta);
  }

  #gauge(metric: string, labels: Labels, value: number): void {
    this.#connection.gauge(this.#name(metric, labels), value);
  }
}

/** A client of hot-shots has the option as a property, which its types do not declare. */
function dialectOf({ client, options }: Destination): Dialect {
  const { telegraf } = (client ?? options ?? {}) as { readonly telegraf?: boolean };
  return telegraf === true ? 'telegraf' : 'dogstatsd';
}
