import { withDefaults } from '../options/option-table.js';
import type { Clock } from '../time/clock.js';
import { SteadyClock } from '../time/clock.js';
import { GuardedRandom, type Random } from '../recruiter/random.js';
import { CACHE_OPTIONS, type EarlyRefreshCacheOptions, type ResolvedCacheOptions } from './cache.options.js';
import { Complaints } from './complaints.js';
import { noCounts, type Counts } from './stats.js';

/** What all parts of one cache share. */
export interface CacheTools {
  readonly options: ResolvedCacheOptions;
  readonly clock: Required<Clock>;
  readonly random: Random;
  readonly counts: Counts;
  readonly complaints: Complaints;
}

/** Expects options without problems. */
export function cacheTools(name: string, given: EarlyRefreshCacheOptions): CacheTools {
  const options = withDefaults(CACHE_OPTIONS, given);
  const complain = (error: Error) => complaints.ofCache('options', error);
  const clock = new SteadyClock(options.clock, complain);
  const complaints = new Complaints(name, clock);
  return {
    options,
    clock,
    random: new GuardedRandom(options.random, complain),
    counts: noCounts(),
    complaints,
  };
}
