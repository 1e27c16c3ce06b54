import type { DiscoveryService } from '@nestjs/core';
import { selfOf } from '../recruiter/self.js';
import { CACHE_METRICS, type CacheStats } from './cache-stats.js';

/** A cache with counts. */
export interface CountedCache {
  /** Name of the cache; not necessarily unique. */
  readonly name: string;
  readonly stats: CacheStats;
}

/** Maximum of caches with separate labels; all others are counted together. */
const MAX_NAMES = 100;
/** Label of all other caches. */
const OTHERS = '(others)';

const counted = new WeakSet<object>();

/**
 * Marks a cache so that exporters recognize it among the providers of an application, without either loading the other's
 * entry point.
 */
export function markCounted(cache: CountedCache): void {
  counted.add(cache);
}

/** Returns the caches that an application provides now, each once. */
export function countedCaches(discovery: DiscoveryService): ReadonlySet<CountedCache> {
  const instances = discovery.getProviders().map((wrapper) => selfOf(wrapper.instance));
  return new Set(instances.filter(isCounted));
}

function isCounted(value: object | undefined): value is CountedCache {
  return value !== undefined && counted.has(value);
}

/** Returns the label of a cache: its name, unless `known` already has too many others. */
export function labelOf(name: string, known: { readonly size: number; has(name: string): boolean }): string {
  return known.has(name) || known.size < MAX_NAMES ? name : OTHERS;
}

/** Returns the counts of caches by label. */
export function countsByLabel(caches: Iterable<CountedCache>): ReadonlyMap<string, CacheStats> {
  const counts = new Map<string, CacheStats>();
  for (const { name, stats } of caches) {
    const label = labelOf(name, counts);
    const same = counts.get(label);
    counts.set(label, same === undefined ? stats : sumOf(same, stats));
  }
  return counts;
}

function sumOf(one: CacheStats, other: CacheStats): CacheStats {
  const sums = CACHE_METRICS.map(({ stat }) => [stat, one[stat] + other[stat]] as const);
  return Object.fromEntries(sums) as unknown as CacheStats;
}
