import { flag, range, required } from '../options/option.js';
import { problemsOf, type OptionTable } from '../options/option-table.js';
import { TTL } from '../redis/arguments.js';
import { LONGEST, type ResolvedCacheOptions } from './cache.options.js';

/** How long a value lives, and how it is renewed. */
export interface EntryOptions {
  /** ms until the value expires: above 0. */
  ttl: number;
  /** How early it is recomputed: the mean lead of one reader, in recompute times. 0: not before it expires. @default the cache's (1) */
  beta?: number | undefined;
  /** ms past its expiry that the old value is still served while somebody recomputes: 0 or more. @default the cache's (0) */
  stale?: number | undefined;
  /** ms that null and undefined live: 0 (not at all) or more. @default the cache's, or the ttl */
  negativeTtl?: number | undefined;
  /**
   * Lets {@link RefreshAhead} keep this recompute, when the key is among the hottest, and run it later: outside of any
   * request, so it must not depend on one. @default false
   */
  ahead?: boolean | undefined;
}

/** The same with nothing left open. */
export interface EntryTerms {
  readonly ttl: number;
  readonly beta: number;
  readonly stale: number;
  readonly negativeTtl: number;
  readonly ahead: boolean;
}

export const ENTRY_OPTIONS = {
  ttl: required(TTL),
  beta: range(0, 1000),
  stale: range(0, LONGEST),
  negativeTtl: range(0, LONGEST),
  ahead: flag(false),
} satisfies OptionTable<EntryOptions>;

/**
 * Fills in what is left open.
 *
 * @throws RangeError that lists all that is wrong.
 */
export function entryTerms(options: EntryOptions, defaults: ResolvedCacheOptions): EntryTerms {
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
