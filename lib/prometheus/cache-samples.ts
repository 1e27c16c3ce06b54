import { CACHE_METRICS, type CacheStats } from '../telemetry/cache-stats.js';
import { labelOf, type CountedCache } from '../telemetry/counted-caches.js';
import type { MetricSet } from './metric-set.js';
import type { Sample } from './series.js';

type Samples = Readonly<Record<keyof CacheStats, Sample>>;

/** The samples of caches, by name: those of two applications in one process are one, and go on when one has closed. */
export class CacheSamples {
  readonly #byLabel = new Map<string, Samples>();
  readonly #readLast = new WeakMap<CountedCache, CacheStats>();

  /** Brings the counters up to now. */
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

  #samplesOf(label: string): Samples {
    const known = this.#byLabel.get(label);
    if (known !== undefined) return known;
    const labels = { cache: label };
    const made = CACHE_METRICS.map(({ stat }) => [stat, { value: 0, labels, sharedLabels: {} }] as const);
    const samples = Object.fromEntries(made) as unknown as Samples;
    this.#byLabel.set(label, samples);
    return samples;
  }
}
