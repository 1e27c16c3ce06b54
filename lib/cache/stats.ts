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

/** The same while it is counted. */
export type Counts = { -readonly [Name in keyof CacheStats]: number };

/** Nothing yet. */
export function noCounts(): Counts {
  return {
    hits: 0,
    staleHits: 0,
    misses: 0,
    coalesced: 0,
    waits: 0,
    waitsInVain: 0,
    refreshes: 0,
    recomputes: 0,
    failures: 0,
    lost: 0,
    broken: 0,
    redisErrors: 0,
  };
}
