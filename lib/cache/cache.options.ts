import type { Clock } from '../time/clock.js';
import { LONGEST_TIMER, methods, range } from '../options/option.js';
import type { OptionTable, Resolved } from '../options/option-table.js';
import type { Random } from '../recruiter/random.js';
import { CLOCK, RANDOM } from '../recruiter/options.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import { KEY_PART } from '../redis/arguments.js';
import { jsonCodec, type CacheCodec } from './payload.js';

/** How an {@link EarlyRefreshCache} works. Every option has a default that suits a web service. */
export interface EarlyRefreshCacheOptions {
  /** What all keys begin with: not blank, without braces. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
  /** How values are written and read. @default JSON */
  codec?: CacheCodec | undefined;
  /** How early entries are recomputed where {@link EntryOptions} do not say: 0 or more. @default 1 */
  beta?: number | undefined;
  /** ms past its expiry that an old value is still served, where {@link EntryOptions} do not say: 0 or more. @default 0 */
  stale?: number | undefined;
  /** ms that null and undefined live, where {@link EntryOptions} do not say: 0 (not at all) or more. @default the entry's ttl */
  negativeTtl?: number | undefined;
  /** After so many ms the recompute of a process that has died is another's: 30 or more. It is renewed meanwhile. @default 3000 */
  lease?: number | undefined;
  /** After so many ms a recompute that has not ended loses its lease all the same, and no later call waits for it. @default 60_000 */
  longestRecompute?: number | undefined;
  /** ms that a miss waits for the value that another process computes, before it computes by itself: 0 or more. @default 5000 */
  wait?: number | undefined;
  /** ms for which nobody tries again after a refresh has failed, while there is an old value: 0 or more. @default 1000 */
  rest?: number | undefined;
  /** ms that Redis may take to answer before the call does without it. @default 200 */
  patience?: number | undefined;
  /** Enlisted by each hit. @default nobody; in `WorkStealingCacheModule` the application's default recruiter */
  recruiter?: Pick<Recruiter, 'enlistDetached'> | undefined;
  /** The source of chance. @default Math.random */
  random?: Random | undefined;
  /** Time and timers of this process. Expiry is by the server's. @default performance.now and unref'd timers */
  clock?: Clock | undefined;
}

/** The longest that Redis keeps anything: ms. */
export const LONGEST = 2 ** 45;

export const CACHE_OPTIONS = {
  prefix: KEY_PART,
  beta: range(0, 1000, 1),
  stale: range(0, LONGEST, 0),
  negativeTtl: range(0, LONGEST),
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

/** Options with nothing left open. */
export type ResolvedCacheOptions = Resolved<EarlyRefreshCacheOptions, typeof CACHE_OPTIONS>;
