/** Counts of the calls of {@link EarlyRefreshCache.get} in this process so far. They never decrease. */
export interface CacheStats {
  /** Calls that returned a cached value, including {@link staleHits}. */
  readonly hits: number;
  /** Calls that returned a value past its expiry. */
  readonly staleHits: number;
  /** Calls that had to wait for a value, since there was none or it could not be decoded. */
  readonly misses: number;
  /** Misses that joined a recompute or a wait of another call in this process. */
  readonly coalesced: number;
  /** Misses that waited for the value of another process. */
  readonly waits: number;
  /** Misses that waited for another process without success, and computed the value themselves. */
  readonly waitsInVain: number;
  /** Recomputes begun while the old value was served. */
  readonly refreshes: number;
  /** All recomputes begun: refreshes, and those that a caller waited for. */
  readonly recomputes: number;
  /** Recomputes that threw or rejected. */
  readonly failures: number;
  /** Values that were not stored, since the lease had expired or the entry was deleted or set meanwhile. */
  readonly lost: number;
  /** Payloads that the codec could not encode or decode. */
  readonly broken: number;
  /** Commands that Redis did not answer or rejected, or that were not sent since it has not answered recently. */
  readonly redisErrors: number;
}

/** How one count of {@link CacheStats} is exported. */
interface CacheMetric {
  readonly stat: keyof CacheStats;
  /** Name of the metric, in snake case. */
  readonly name: string;
  /** Unit, in the notation of OpenTelemetry. */
  readonly unit: string;
  readonly help: string;
}

/** Names and descriptions of the counts for all exporters. */
export const CACHE_METRICS: readonly CacheMetric[] = [
  {
    stat: 'hits',
    name: 'hits',
    unit: '{call}',
    help: 'Calls that returned a cached value, stale ones included',
  },
  {
    stat: 'staleHits',
    name: 'stale_hits',
    unit: '{call}',
    help: 'Calls that returned a value past its expiry',
  },
  { stat: 'misses', name: 'misses', unit: '{call}', help: 'Calls that had to wait for a value' },
  {
    stat: 'coalesced',
    name: 'coalesced',
    unit: '{call}',
    help: 'Misses that joined a recompute or a wait of the same process',
  },
  {
    stat: 'waits',
    name: 'waits',
    unit: '{call}',
    help: 'Misses that waited for the value of another process',
  },
  {
    stat: 'waitsInVain',
    name: 'waits_in_vain',
    unit: '{call}',
    help: 'Misses that waited for another process without success',
  },
  {
    stat: 'refreshes',
    name: 'refreshes',
    unit: '{recompute}',
    help: 'Recomputes begun while the old value was served',
  },
  { stat: 'recomputes', name: 'recomputes', unit: '{recompute}', help: 'Recomputes begun' },
  { stat: 'failures', name: 'failures', unit: '{recompute}', help: 'Recomputes that failed' },
  {
    stat: 'lost',
    name: 'lost',
    unit: '{value}',
    help: 'Values not stored, since the lease had expired or the entry was changed meanwhile',
  },
  {
    stat: 'broken',
    name: 'broken',
    unit: '{payload}',
    help: 'Payloads that the codec could not encode or decode',
  },
  {
    stat: 'redisErrors',
    name: 'redis_errors',
    unit: '{command}',
    help: 'Commands that Redis did not answer or rejected, or that were not sent for that reason',
  },
];
