import type { Job, Progress, Slice } from '../recruiter/job.js';
import { integer, range, share } from '../options/option.js';
import { problemsOf, withDefaults, type OptionTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { LONGEST } from './cache.options.js';
import type { EarlyRefreshCache } from './early-refresh-cache.js';
import type { HotKey, KeyHeat } from './key-heat.js';

/** What a {@link RefreshAhead} looks after. */
export interface RefreshAheadOptions {
  /** Entries that one slice recomputes at most: 1 to 100. @default 5 */
  limit?: number | undefined;
  /** An entry is near its expiry in this last share of its time to live: above 0, at most 0.9. @default 0.1 */
  window?: number | undefined;
  /** Keys that are watched at most: 1 to 10,000. @default 256 */
  capacity?: number | undefined;
  /** A hit counts half after so many ms: 1 or more. @default 60_000 */
  halfLife?: number | undefined;
}

/** A slice looks at so many times as many entries as it may recompute: others may be recomputing the hottest. */
const LOOKS = 4;

const OPTIONS = {
  limit: integer(1, 100, 5),
  window: share(0.1, 0.9, 'a share'),
  capacity: integer(1, 10_000, 256),
  halfLife: range(1, LONGEST, 60_000),
} satisfies OptionTable<RefreshAheadOptions>;

/**
 * A job that recomputes the hottest entries of a cache when they are near their expiry, so that few requests have to:
 * decorate a subclass with `@StealableJob()`.
 *
 * It knows the entries that this process asks for with `ahead: true`, keeps the latest recompute of each of the hottest,
 * and runs it outside of any request. An entry whose recompute took longer than what is left of the slice is left to
 * the requests: give the job a budget that fits.
 */
export class RefreshAhead implements Job {
  readonly #heat: KeyHeat;
  readonly #limit: number;
  readonly #window: number;

  /**
   * @param cache - one job looks after one cache.
   * @throws WorkStealingConfigError that lists all that is wrong with the options, and for a cache that has one already.
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

  /** One slice: recomputes up to `limit` entries, one after the other, each under its lease. */
  async recruited(slice: Slice): Promise<Progress> {
    const due = this.#heat.due(this.#window, LOOKS * this.#limit);
    let done = 0;
    for (const hot of due) {
      if (slice.signal.aborted) break;
      if (done === this.#limit) return { done, limit: this.#limit };
      if (hot.delta <= slice.timeRemaining() && (await this.#refresh(hot))) done++;
    }
    return { done, limit: Math.max(this.#limit, done + 1) };
  }

  async #refresh({ task, delta }: HotKey): Promise<boolean> {
    const outcome = await this.cache.refresh(task, this.#window * task.terms.ttl);
    if (outcome !== 'refreshed') return false;
    this.#heat.see(task.key, { left: task.terms.ttl, delta });
    return true;
  }
}
