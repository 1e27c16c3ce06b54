import { flag, range, required } from '../options/option.js';
import { problemsOf, type OptionTable } from '../options/option-table.js';
import { TTL } from '../redis/arguments.js';
import { MAX_REDIS_TTL_MS, type ResolvedCacheOptions } from './cache.options.js';

/** Options of one cache entry: its lifetime, and when it is recomputed. */
export interface EntryOptions {
  /** Time until the value expires: ms, above 0. */
  ttl: number;
  /**
   * How early the value is recomputed: mean time before its expiry at which one reader triggers it, in recompute times, 0
   * to 1,000. 0: not before it expires. @default the cache's (1)
   */
  beta?: number | undefined;
  /** Time past its expiry that the old value is still served while a process recomputes it: ms, 0 or more. @default the cache's (0) */
  stale?: number | undefined;
  /** Time until null and undefined expire: ms, 0 (not stored) or more. @default the cache's, or `ttl` */
  negativeTtl?: number | undefined;
  /**
   * Allows {@link RefreshAhead} to keep the recompute function of a hot key and run it later. It then runs outside of any
   * request, so it must not depend on one. @default false
   */
  ahead?: boolean | undefined;
}

/** {@link EntryOptions} with all defaults. */
export interface ResolvedEntryOptions {
  readonly ttl: number;
  readonly beta: number;
  readonly stale: number;
  readonly negativeTtl: number;
  readonly ahead: boolean;
}

export const ENTRY_OPTIONS = {
  ttl: required(TTL),
  beta: range(0, 1000),
  stale: range(0, MAX_REDIS_TTL_MS),
  negativeTtl: range(0, MAX_REDIS_TTL_MS),
  ahead: flag(false),
} satisfies OptionTable<EntryOptions>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws RangeError that lists all problems.
 */
export function resolveEntryOptions(
  options: EntryOptions,
  defaults: ResolvedCacheOptions,
): ResolvedEntryOptions {
  const problems = problemsOf(ENTRY_OPTIONS, options);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const { ttl, beta, stale, negativeTtl, ahead } = options;
  return {
    ttl: Math.ceil(ttl),
    beta: beta ?? defaults.beta,
    stale: Math.ceil(stale ?? defaults.stale),
    negativeTtl: Math.ceil(negativeTtl ?? defaults.negativeTtl ?? ttl),
    ahead: ahead ?? false,
  };
}
