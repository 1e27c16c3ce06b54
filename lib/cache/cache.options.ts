import type { Clock } from '../time/clock.js';
import { LONGEST_TIMER, methods, range } from '../options/option.js';
import type { OptionTable, Resolved } from '../options/option-table.js';
import type { Random } from '../recruiter/random.js';
import { CLOCK, RANDOM } from '../recruiter/options.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import { KEY_PART } from '../redis/arguments.js';
import { jsonCodec, type CacheCodec } from './payload.js';

/** Options of {@link EarlyRefreshCache}. Every option has a default that suits a web service. */
export interface EarlyRefreshCacheOptions {
  /** Prefix of all keys: not blank, without braces, at most 512 characters. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
  /** Encodes and decodes values. @default JSON */
  codec?: CacheCodec | undefined;
  /** How early entries are recomputed, unless {@link EntryOptions.beta} is set: 0 to 1,000. @default 1 */
  beta?: number | undefined;
  /** Time past its expiry that an old value is served, unless {@link EntryOptions.stale} is set: ms, 0 or more. @default 0 */
  stale?: number | undefined;
  /** Lifetime of null and undefined, unless {@link EntryOptions.negativeTtl} is set: ms, 0 (not stored) or more. @default the entry's ttl */
  negativeTtl?: number | undefined;
  /** Lease of a recompute: ms, 30 or more. Renewed while it runs; after a crash another process recomputes. @default 3000 */
  lease?: number | undefined;
  /** Maximum time that a recompute keeps its lease and has later calls wait for it: ms, 1 or more. @default 60_000 */
  longestRecompute?: number | undefined;
  /** Maximum time that a miss waits for the value of another process before it computes by itself: ms, 0 or more. @default 5000 */
  wait?: number | undefined;
  /** Time without further attempts after a failed refresh, while there is an old value: ms, 0 or more. @default 1000 */
  rest?: number | undefined;
  /** Maximum time that a call waits for Redis before it continues without: ms, 1 or more. @default 200 */
  patience?: number | undefined;
  /** Recruiter that each hit enlists with. @default none; in `WorkStealingCacheModule` the application's default recruiter */
  recruiter?: Pick<Recruiter, 'enlistDetached'> | undefined;
  /** Random source. @default Math.random */
  random?: Random | undefined;
  /** Time and timers of this process; entries expire by the server's clock. @default performance.now and unref'd timers */
  clock?: Clock | undefined;
}

/** Maximum time to live in Redis. */
export const MAX_REDIS_TTL_MS = 2 ** 45;

export const CACHE_OPTIONS = {
  prefix: KEY_PART,
  beta: range(0, 1000, 1),
  stale: range(0, MAX_REDIS_TTL_MS, 0),
  negativeTtl: range(0, MAX_REDIS_TTL_MS),
  lease: range(30, LONGEST_TIMER, 3000),
  longestRecompute: range(1, LONGEST_TIMER, 60_000),
  wait: range(0, LONGEST_TIMER, 5000),
  rest: range(0, LONGEST_TIMER, 1000),
  patience: range(1, LONGEST_TIMER, 200),
  codec: methods(['encode', 'decode'], jsonCodec),
  recruiter: methods(['enlistDetached']),
  random: RANDOM,
  clock: CLOCK,
} satisfies OptionTable<EarlyRefreshCacheOptions>;

/** {@link EarlyRefreshCacheOptions} with all defaults. */
export type ResolvedCacheOptions = Resolved<EarlyRefreshCacheOptions, typeof CACHE_OPTIONS>;
