import type { DiscoveryService } from '@nestjs/core';
import { selfOf } from '../recruiter/self.js';
import { CACHE_METRICS, type CacheStats } from './cache-stats.js';

/** A cache that counts what comes of its calls. */
export interface CountedCache {
  /** Its name, which several may have. */
  readonly name: string;
  readonly stats: CacheStats;
}

/** Names of caches that have a label of their own: those of all others are counted together. */
const MOST_NAMES = 100;
/** The label of all caches beyond. */
const OTHERS = '(others)';

const counted = new WeakSet<object>();

/**
 * Has exporters recognize a cache among the providers of an application. So they need not load the caches' part of the
 * package, nor that part one of them.
 */
export function markCounted(cache: CountedCache): void {
  counted.add(cache);
}

/** The caches that an application provides now, each once. */
export function countedCaches(discovery: DiscoveryService): ReadonlySet<CountedCache> {
  const instances = discovery.getProviders().map((wrapper) => selfOf(wrapper.instance));
  return new Set(instances.filter(isCounted));
}

function isCounted(value: object | undefined): value is CountedCache {
  return value !== undefined && counted.has(value);
}

/** The label of a cache where those of `known` are in use: its name, unless there are too many. */
export function labelOf(name: string, known: { readonly size: number; has(name: string): boolean }): string {
  return known.has(name) || known.size < MOST_NAMES ? name : OTHERS;
}

/** What caches have counted so far, by label. */
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
