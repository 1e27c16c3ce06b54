import { ThrottledLog } from '../logging/throttled-log.js';
import { cut } from '../options/cut.js';
import { describeValue } from '../options/describe-value.js';
import { withDefaults } from '../options/option-table.js';
import { GuardedRandom, type Random } from '../recruiter/random.js';
import { toJobError } from '../recruiter/slice/job-error.js';
import { CACHE_METRICS, type CacheStats } from '../telemetry/cache-stats.js';
import { SteadyClock, systemClock, type Clock } from '../time/clock.js';
import { CACHE_OPTIONS, type EarlyRefreshCacheOptions, type ResolvedCacheOptions } from './cache.options.js';

/** Shared by all parts of one cache. */
export interface CacheTools {
  readonly options: ResolvedCacheOptions;
  readonly clock: Required<Clock>;
  readonly random: Random;
  /** Counters of {@link CacheStats}. */
  readonly counts: { -readonly [Name in keyof CacheStats]: number };
  /**
   * Logs an error, at most once a second for the cache as a whole, and for all keys that begin alike (`film` of
   * `film:42`).
   *
   * @param key - the entry that the error is of; without it, the error is of the whole cache.
   */
  reportError(what: string, error: unknown, key?: string): void;
}

/** Maximum length of the part of a key before the first colon that errors are throttled by: characters. */
const MAX_PREFIX_LENGTH = 64;

/** Expects valid options. */
export function cacheTools(name: string, given: EarlyRefreshCacheOptions): CacheTools {
  const options = withDefaults(CACHE_OPTIONS, given);
  const log = new ThrottledLog('EarlyRefreshCache');
  const reportError = (what: string, error: unknown, key?: string) => {
    const { message, stack } = toJobError(error, 'error', 0, systemClock);
    const place = key === undefined ? '' : `${describeValue(key)}: `;
    const text = `Cache "${name}": ${place}${what}: ${message}`;
    log.write({ source: sourceOf(name, key), text, level: 'error', stack }, clock.now());
  };
  const reportOption = (error: Error) => reportError('options', error);
  const clock = new SteadyClock(options.clock, reportOption);
  return {
    options,
    clock,
    random: new GuardedRandom(options.random, reportOption),
    counts: Object.fromEntries(CACHE_METRICS.map(({ stat }) => [stat, 0])) as CacheTools['counts'],
    reportError,
  };
}

function sourceOf(name: string, key: string | undefined): string {
  if (key === undefined) return `cache "${name}"`;
  const [prefix = ''] = cut(key, MAX_PREFIX_LENGTH).split(':', 1);
  return `keys ${describeValue(prefix)}`;
}
