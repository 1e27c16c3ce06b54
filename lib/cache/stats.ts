import { CACHE_METRICS, type CacheStats } from '../telemetry/cache-stats.js';

export type { CacheStats };

/** The same while it is counted. */
export type Counts = { -readonly [Name in keyof CacheStats]: number };

/** Nothing yet. */
export function noCounts(): Counts {
  return Object.fromEntries(CACHE_METRICS.map(({ stat }) => [stat, 0])) as Counts;
}
