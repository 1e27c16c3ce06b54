import type { Job, Progress, Slice } from '../recruiter/job.js';
import { integer, range, share } from '../options/option.js';
import { problemsOf, withDefaults, type OptionTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { MAX_REDIS_TTL_MS } from './cache.options.js';
import type { EarlyRefreshCache } from './early-refresh-cache.js';
import type { HotKey, KeyHeat } from './key-heat.js';

/** Options of {@link RefreshAhead}. */
export interface RefreshAheadOptions {
  /** Maximum of entries that one slice recomputes: 1 to 100. @default 5 */
  limit?: number | undefined;
  /** Last share of an entry's time to live in which it is recomputed: above 0, at most 0.9. @default 0.1 */
  window?: number | undefined;
  /** Maximum of keys that are watched: 1 to 10,000. @default 256 */
  capacity?: number | undefined;
  /** Time after which a hit counts half in the choice of the hottest keys: ms, 1 or more. @default 60_000 */
  halfLife?: number | undefined;
}

/** Entries considered for each that may be recomputed: other processes may be recomputing the hottest. */
const CANDIDATES_PER_ENTRY = 4;

const OPTIONS = {
  limit: integer(1, 100, 5),
  window: share(0.1, 0.9, 'a share'),
  capacity: integer(1, 10_000, 256),
  halfLife: range(1, MAX_REDIS_TTL_MS, 60_000),
} satisfies OptionTable<RefreshAheadOptions>;

/**
 * A job that recomputes the hottest entries of a cache shortly before they expire, so that few requests have to. Decorate
 * a subclass with `@StealableJob()`.
 *
 * It watches the entries that this process reads with `ahead: true`, keeps the latest recompute function of each of the
 * hottest, and runs it outside of any request. An entry whose last recompute took longer than the time that remains in the
 * slice is left to the requests, so give the job a budget that fits.
 */
export class RefreshAhead implements Job {
  readonly #heat: KeyHeat;
  readonly #limit: number;
  readonly #window: number;

  /**
   * @param cache - the cache, which can have only one such job.
   * @throws WorkStealingConfigError that lists all invalid options, and for a cache that already has such a job.
   */
  constructor(
    private readonly cache: EarlyRefreshCache,
    options: RefreshAheadOptions = {},
  ) {
    refuse('RefreshAhead', problemsOf(OPTIONS, options));
    const { limit, window, capacity, halfLife } = withDefaults(OPTIONS, options);
    this.#limit = limit;
    this.#window = window;
    this.#heat = cache.watchHeat({ capacity, halfLife });
  }

  /** Runs one slice: recomputes up to `limit` entries, one after the other, each under its lease. */
  async recruited(slice: Slice): Promise<Progress> {
    const due = this.#heat.due(this.#window, CANDIDATES_PER_ENTRY * this.#limit);
    let done = 0;
    for (const hot of due) {
      if (slice.signal.aborted) break;
      if (done === this.#limit) return { done, limit: this.#limit };
      if (hot.delta <= slice.timeRemaining() && (await this.#refresh(hot))) done++;
    }
    return { done, limit: Math.max(this.#limit, done + 1) };
  }

  async #refresh({ task, delta }: HotKey): Promise<boolean> {
    const outcome = await this.cache.refresh(task, this.#window * task.options.ttl);
    if (outcome !== 'refreshed') return false;
    this.#heat.update(task.key, { left: task.options.ttl, delta });
    return true;
  }
}
