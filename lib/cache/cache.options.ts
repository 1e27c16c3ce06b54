import type { Clock } from '../recruiter/clock.js';
import { describeValue } from '../recruiter/describe-value.js';
import type { Random } from '../recruiter/random.js';
import { systemClock } from '../recruiter/clock.js';
import { systemRandom } from '../recruiter/random.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';
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

/** Options with nothing left open. */
export interface ResolvedCacheOptions {
  readonly codec: CacheCodec;
  readonly beta: number;
  readonly stale: number;
  readonly negativeTtl: number | undefined;
  readonly lease: number;
  readonly longestRecompute: number;
  readonly wait: number;
  readonly rest: number;
  readonly patience: number;
  readonly recruiter: Pick<Recruiter, 'enlistDetached'> | undefined;
  readonly random: Random;
  readonly clock: Clock;
}

/** Fills in the defaults. Expects options without {@link cacheOptionProblems}. */
export function resolveCacheOptions(options: EarlyRefreshCacheOptions): ResolvedCacheOptions {
  return {
    codec: options.codec ?? jsonCodec,
    beta: options.beta ?? 1,
    stale: options.stale ?? 0,
    negativeTtl: options.negativeTtl,
    lease: options.lease ?? 3000,
    longestRecompute: options.longestRecompute ?? 60_000,
    wait: options.wait ?? 5000,
    rest: options.rest ?? 1000,
    patience: options.patience ?? 200,
    recruiter: options.recruiter,
    random: options.random ?? systemRandom,
    clock: options.clock ?? systemClock,
  };
}

/** The longest time that Redis and timers take alike: ms. */
const LONGEST = 2 ** 31 - 1;

/** What each number may be: from, and to. */
const RANGES = {
  beta: [0, 1000],
  stale: [0, 2 ** 45],
  negativeTtl: [0, 2 ** 45],
  lease: [30, LONGEST],
  longestRecompute: [1, LONGEST],
  wait: [0, LONGEST],
  rest: [0, LONGEST],
  patience: [1, LONGEST],
} as const;

/** The methods that each object has to bring. */
const METHODS = {
  codec: ['encode', 'decode'],
  recruiter: ['enlistDetached'],
  random: ['next'],
  clock: ['now'],
} as const;

/** The names of all options. */
export const CACHE_OPTIONS: ReadonlySet<string> = new Set<string>([
  'prefix',
  ...(Object.keys(RANGES) as (keyof typeof RANGES)[]),
  ...(Object.keys(METHODS) as (keyof typeof METHODS)[]),
] satisfies (keyof EarlyRefreshCacheOptions)[]);

/** Everything that is wrong with a cache's options, one sentence each, with the value. */
export function cacheOptionProblems(
  options: EarlyRefreshCacheOptions,
  known: ReadonlySet<string> = CACHE_OPTIONS,
): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object`];
  }
  const given = options as Readonly<Record<string, unknown>>;
  return [
    ...unknownOptionProblems(options, known),
    ...Object.entries(RANGES).map(([name, [least, most]]) => numberProblem(name, given[name], least, most)),
    ...Object.entries(METHODS).map(([name, methods]) => methodsProblem(name, given[name], methods)),
  ].filter((problem) => problem !== undefined);
}

/** What is wrong with a number that may be left out; undefined when nothing is. */
export function numberProblem(name: string, value: unknown, least: number, most: number): string | undefined {
  if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return undefined;
  return `${name} is ${describeValue(value)}; expected a number from ${least} to ${most}`;
}

function methodsProblem(name: string, value: unknown, methods: readonly string[]): string | undefined {
  if (value === undefined) return undefined;
  const found = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (methods.every((method) => typeof found[method] === 'function')) return undefined;
  return `${name} is ${describeValue(value)}; expected an object with ${methods.map((method) => `${method}()`).join(' and ')}`;
}
