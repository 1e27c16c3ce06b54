import { CACHE_METRICS, type CacheStats } from '../telemetry/cache-stats.js';
import { labelOf, type CountedCache } from '../telemetry/counted-caches.js';
import type { MetricSet } from './metric-set.js';
import type { Sample } from './series.js';
import type { ObservedRecruiter } from './observed-recruiter.js';

type CacheCounters = Readonly<Record<keyof CacheStats, Sample>>;

/** Samples of caches by name. Two applications of one process share them, and they remain when one has closed. */
export class CacheSamples {
  readonly #byLabel = new Map<string, CacheCounters>();
  readonly #readLast = new WeakMap<CountedCache, CacheStats>();

  /** Adds the growth since the last call to the counters. */
  add(caches: Iterable<CountedCache>): void {
    for (const cache of caches) {
      const now = cache.stats;
      const last = this.#readLast.get(cache);
      this.#readLast.set(cache, now);
      const samples = this.#samplesOf(labelOf(cache.name, this.#byLabel));
      for (const { stat } of CACHE_METRICS) samples[stat].value += now[stat] - (last?.[stat] ?? 0);
    }
  }

  show(series: MetricSet['caches']): void {
    const all = [...this.#byLabel.values()];
    for (const { stat } of CACHE_METRICS) series[stat].samples = all.map((samples) => samples[stat]);
  }

  #samplesOf(label: string): CacheCounters {
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    const labels = { cache: label };
    const made = CACHE_METRICS.map(({ stat }) => [stat, { value: 0, labels, sharedLabels: {} }] as const);
    const samples = Object.fromEntries(made) as unknown as CacheCounters;
    this.#byLabel.set(label, samples);
    return samples;
  }
}

/** Samples of recruiters by name. Two applications of one process share them. */
export class RecruiterSamples {
  readonly #enlistments = new Map<string, Sample>();

  /** Adds the growth since the last call to the counter. */
  addEnlistments(observed: ObservedRecruiter): void {
    add(this.#enlistments, observed.recruiter.name, observed.takeEnlistments());
  }

  read(all: readonly ObservedRecruiter[], metrics: MetricSet): void {
    const inFlight = new Map<string, Sample>();
    const utilization = new Map<string, Sample>();
    for (const observed of all) {
      const { recruiter } = observed;
      this.addEnlistments(observed);
      add(inFlight, recruiter.name, recruiter.inFlight);
      // All recruiters of a process share one event loop, but each measures it over its own window.
      const busiest = Math.max(recruiter.utilization, utilization.get(recruiter.name)?.value ?? 0);
      utilization.set(recruiter.name, sampleOf(recruiter.name, busiest));
    }
    metrics.enlistments.samples = [...this.#enlistments.values()];
    metrics.inFlight.samples = [...inFlight.values()];
    metrics.utilization.samples = [...utilization.values()];
  }
}

function add(samples: Map<string, Sample>, recruiter: string, value: number): void {
  const sample = samples.get(recruiter);
  if (sample === undefined) samples.set(recruiter, sampleOf(recruiter, value));
  else sample.value += value;
}

function sampleOf(recruiter: string, value: number): Sample {
  return { value, labels: { recruiter }, sharedLabels: {} };
}
