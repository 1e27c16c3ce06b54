/** What has come of the calls of {@link EarlyRefreshCache.get} in this process so far. Numbers that only grow. */
export interface CacheStats {
  /** Answered with a value of the cache; {@link staleHits} are among them. */
  readonly hits: number;
  /** Answered with a value that was past its expiry. */
  readonly staleHits: number;
  /** There was no value, or none that could be read: whoever called had to wait for one. */
  readonly misses: number;
  /** Misses that joined a recompute, or a wait, which another call of this process had begun. */
  readonly coalesced: number;
  /** Misses that waited for the value of another process. */
  readonly waits: number;
  /** Those of them that waited in vain, and computed by themselves. */
  readonly waitsInVain: number;
  /** Recomputes begun while the old value was served. */
  readonly refreshes: number;
  /** All recomputes begun: refreshes, and those that somebody waited for. */
  readonly recomputes: number;
  /** Recomputes that threw or rejected. */
  readonly failures: number;
  /** Values that were not stored, as the lease had expired or the entry was deleted or set meanwhile. */
  readonly lost: number;
  /** Payloads that the codec could not write or read. */
  readonly broken: number;
  /** Commands that Redis did not answer, or refused, or that were not sent as it has not answered lately. */
  readonly redisErrors: number;
}

/** How one number of {@link CacheStats} is exported. */
interface CacheMetric {
  readonly stat: keyof CacheStats;
  /** Of the metric, in snake case. */
  readonly name: string;
  /** What is counted, as OpenTelemetry writes it. */
  readonly unit: string;
  readonly help: string;
}

/** The numbers of a cache as every exporter names and describes them. */
export const CACHE_METRICS: readonly CacheMetric[] = [
  {
    stat: 'hits',
    name: 'hits',
    unit: '{call}',
    help: 'Calls answered with a value of the cache, stale ones included',
  },
  {
    stat: 'staleHits',
    name: 'stale_hits',
    unit: '{call}',
    help: 'Calls answered with a value that was past its expiry',
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
    help: 'Misses that waited for another process and computed by themselves in the end',
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
    help: 'Values not stored, as the lease had expired or the entry was changed meanwhile',
  },
  {
    stat: 'broken',
    name: 'broken',
    unit: '{payload}',
    help: 'Payloads that the codec could not write or read',
  },
  {
    stat: 'redisErrors',
    name: 'redis_errors',
    unit: '{command}',
    help: 'Commands that Redis did not answer or refused, or that were not sent for that reason',
  },
];
