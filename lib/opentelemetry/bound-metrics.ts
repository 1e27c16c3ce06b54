import type {
  Attributes,
  BatchObservableResult,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
} from '@opentelemetry/api';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { SliceReport } from '../recruiter/slice/slice.js';
import type { JobSnapshot } from '../recruiter/record/snapshot.js';
import { gatedLooks, sliceCounts } from '../recruiter/record/slice-counts.js';
import { boundedReasons } from '../telemetry/bounded-reasons.js';
import { CACHE_METRICS } from '../telemetry/cache-stats.js';
import { countsByLabel, type CountedCache } from '../telemetry/counted-caches.js';
import { PASS_METRICS, passFigures } from '../telemetry/pass-figures.js';
import { ATTRIBUTE, SCOPE } from './attributes.js';

/** Recruiters and caches to measure, with the configuration of their metrics. */
export interface Subject {
  readonly recruiters: readonly Recruiter[];
  /** Returns the present caches. */
  readonly caches: () => Iterable<CountedCache>;
  readonly attributes: Attributes;
  readonly buckets: readonly number[];
}

/** The instruments of one application with one meter provider. Counts are read at each collection. */
export class BoundMetrics {
  readonly #duration: Histogram;
  readonly #observe: ReturnType<typeof observablesOf>;
  readonly #caches: ReturnType<typeof cacheCountersOf>;
  readonly #passes: ReturnType<typeof passGaugesOf>;
  readonly #stop: () => void;
  #isLast = false;

  constructor(
    readonly provider: MeterProvider,
    private readonly subject: Subject,
  ) {
    const meter = provider.getMeter(SCOPE);
    this.#duration = durationOf(meter, subject.buckets);
    this.#observe = observablesOf(meter);
    this.#caches = cacheCountersOf(meter);
    this.#passes = passGaugesOf(meter);
    const observed: Observable[] = [
      ...Object.values(this.#observe),
      ...this.#caches.map(({ counter }) => counter),
      ...this.#passes.map(({ gauge }) => gauge),
    ];
    const collect = (result: BatchObservableResult) => this.#collect(result);
    meter.addBatchObservableCallback(collect, observed);
    this.#stop = () => meter.removeBatchObservableCallback(collect, observed);
  }

  record(recruiter: string, { jobId, outcome, duration }: SliceReport): void {
    this.#duration.record(duration / 1000, {
      ...this.subject.attributes,
      [ATTRIBUTE.recruiter]: recruiter,
      [ATTRIBUTE.job]: jobId,
      [ATTRIBUTE.outcome]: outcome,
    });
  }

  /** Ends the collection, since another provider is used. */
  release(): void {
    this.#stop();
  }

  /** Call it when the application has closed: the next collection, at the shutdown of the SDK, gets the final counts. */
  releaseAfterCollection(): void {
    this.#isLast = true;
  }

  #collect(result: BatchObservableResult): void {
    for (const recruiter of this.subject.recruiters) {
      const attributes = { ...this.subject.attributes, [ATTRIBUTE.recruiter]: recruiter.name };
      result.observe(this.#observe.enlistments, recruiter.enlistments, attributes);
      result.observe(this.#observe.inFlight, recruiter.inFlight, attributes);
      result.observe(this.#observe.utilization, recruiter.utilization, attributes);
      for (const job of recruiter.jobs) {
        this.#collectJob(result, job, { ...attributes, [ATTRIBUTE.job]: job.id });
      }
    }
    this.#collectCaches(result);
    // Later, since the SDK is iterating over its callbacks.
    if (this.#isLast) queueMicrotask(this.#stop);
  }

  #collectJob(result: BatchObservableResult, job: JobSnapshot, attributes: Attributes): void {
    for (const { outcome, reason, count } of boundedReasons(sliceCounts(job))) {
      const why = reason === undefined ? {} : { [ATTRIBUTE.reason]: reason };
      result.observe(this.#observe.slices, count, { ...attributes, [ATTRIBUTE.outcome]: outcome, ...why });
    }
    for (const { reason, count } of boundedReasons(gatedLooks(job))) {
      result.observe(this.#observe.gatedLooks, count, { ...attributes, [ATTRIBUTE.reason]: reason });
    }
    result.observe(this.#observe.overruns, job.overruns, attributes);
    result.observe(this.#observe.items, job.items, attributes);
    result.observe(this.#observe.rate, job.rate, { ...attributes, [ATTRIBUTE.kind]: 'declared' });
    result.observe(this.#observe.rate, job.effectiveRate, { ...attributes, [ATTRIBUTE.kind]: 'effective' });
    if (job.lastWorkAt !== undefined) {
      result.observe(this.#observe.lastWork, job.lastWorkAt.getTime() / 1000, attributes);
    }
    this.#collectPasses(result, job, attributes);
  }

  #collectPasses(result: BatchObservableResult, { period }: JobSnapshot, attributes: Attributes): void {
    if (period === undefined) return;
    const figures = passFigures(period, Date.now());
    for (const { figure, gauge } of this.#passes) {
      const value = figures[figure];
      if (value !== undefined) result.observe(gauge, value, attributes);
    }
  }

  #collectCaches(result: BatchObservableResult): void {
    for (const [name, stats] of countsByLabel(this.subject.caches())) {
      const attributes = { ...this.subject.attributes, [ATTRIBUTE.cache]: name };
      for (const { stat, counter } of this.#caches) result.observe(counter, stats[stat], attributes);
    }
  }
}

function cacheCountersOf(meter: Meter) {
  return CACHE_METRICS.map(({ stat, name, unit, help }) => ({
    stat,
    counter: meter.createObservableCounter(`work_stealing.cache.${name}`, { description: help, unit }),
  }));
}

function passGaugesOf(meter: Meter) {
  return PASS_METRICS.map(({ figure, name, unit, help }) => ({
    figure,
    gauge: meter.createObservableGauge(`work_stealing.${name}`, { description: help, unit }),
  }));
}

function durationOf(meter: Meter, buckets: readonly number[]): Histogram {
  return meter.createHistogram('work_stealing.slice.duration', {
    description: 'Duration of slices',
    unit: 's',
    advice: { explicitBucketBoundaries: [...buckets] },
  });
}

function observablesOf(meter: Meter) {
  return { ...countersOf(meter), ...gaugesOf(meter) };
}

function countersOf(meter: Meter) {
  return {
    enlistments: meter.createObservableCounter('work_stealing.enlistments', {
      description: 'Number of enlistments',
      unit: '{enlistment}',
    }),
    slices: meter.createObservableCounter('work_stealing.slices', {
      description: 'Slices by outcome',
      unit: '{slice}',
    }),
    overruns: meter.createObservableCounter('work_stealing.overruns', {
      description: 'Slices that took longer than their budget, with any outcome',
      unit: '{slice}',
    }),
    gatedLooks: meter.createObservableCounter('work_stealing.gated_looks', {
      description: 'Slices of the agenda that were held back; work_stealing.slices includes them',
      unit: '{slice}',
    }),
    items: meter.createObservableCounter('work_stealing.items', {
      description: 'Items done, by slices that report them',
      unit: '{item}',
    }),
  };
}

function gaugesOf(meter: Meter) {
  return {
    rate: meter.createObservableGauge('work_stealing.rate', {
      description: 'Share of enlistments that carry a slice of the job, as declared and after back-off',
      unit: '1',
    }),
    inFlight: meter.createObservableUpDownCounter('work_stealing.in_flight', {
      description: 'Slices in flight',
      unit: '{slice}',
    }),
    lastWork: meter.createObservableGauge('work_stealing.last_work.timestamp', {
      description: 'When a slice of the job last did work: time since the epoch',
      unit: 's',
    }),
    utilization: meter.createObservableGauge('work_stealing.event_loop.utilization', {
      description: 'Event-loop utilization as the load gate measures it',
      unit: '1',
    }),
  };
}
