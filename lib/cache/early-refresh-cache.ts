import type { BeforeApplicationShutdown } from '@nestjs/common';
import { refuse, WorkStealingConfigError } from '../options/errors.js';
import { checkKeyPart, checkText } from '../redis/arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../redis/connection/client.js';
import { callback, check } from '../options/option.js';
import { problemsOf } from '../options/option-table.js';
import { SELF, selfOf } from '../recruiter/self.js';
import type { CacheStats } from '../telemetry/cache-stats.js';
import { markCounted } from '../telemetry/counted-caches.js';
import { CACHE_OPTIONS, type EarlyRefreshCacheOptions } from './cache.options.js';
import { cacheTools, type CacheTools } from './cache-tools.js';
import { decodeEntry, EntryStore, type Entry, type Lookup } from './entry-store.js';
import { resolveEntryOptions, type EntryOptions } from './entry.options.js';
import { KeyHeat, type HeatOptions } from './key-heat.js';
import { Misses } from './misses.js';
import { encodePayload, isNegative } from './payload.js';
import { Recomputes, type Recompute, type Task } from './recomputes.js';
import { Refreshes } from './refreshes.js';
import { drawLead } from './xfetch.js';

const RECOMPUTE = callback('a function that returns the value');

/**
 * A cache in Redis that never stampedes and whose hits enlist. An entry is recomputed before it expires, by one process
 * of the whole fleet, while all callers, including the one that triggers it, receive the present value.
 *
 * A hit is one round trip. No call fails because of the cache: if Redis does not answer, or an entry cannot be decoded,
 * the value is computed. Every caller gets a separate copy of the value as the codec decodes it, cached or computed.
 */
export class EarlyRefreshCache implements BeforeApplicationShutdown {
  readonly #tools: CacheTools;
  readonly #store: EntryStore;
  readonly #misses: Misses;
  readonly #refreshes: Refreshes;
  #heat: KeyHeat | undefined;

  /**
   * @param redis - a client of ioredis or iovalkey, or the `WorkStealingRedis` that `WorkStealingRedisModule` provides.
   * @param name - name of the cache, part of its keys: not blank, without braces, at most 512 characters.
   * @throws TypeError or RangeError for an invalid client or name; WorkStealingConfigError that lists all invalid
   * options.
   */
  constructor(
    redis: RedisLike | RedisConnection,
    /** Name of the cache. */
    readonly name: string,
    options: EarlyRefreshCacheOptions = {},
  ) {
    checkKeyPart('name', name);
    refuse(`EarlyRefreshCache "${name}"`, problemsOf(CACHE_OPTIONS, options));
    this.#tools = cacheTools(name, options);
    this.#store = new EntryStore(connectionOf(redis, options.prefix), name, this.#tools);
    const recomputes = new Recomputes(this.#store, this.#tools);
    this.#misses = new Misses(this.#store, recomputes, this.#tools);
    this.#refreshes = new Refreshes(this.#store, recomputes, this.#tools);
    markCounted(this);
  }

  /**
   * Returns the cache if a value is one or a proxy of one; undefined for a test double, even one with its prototype.
   *
   * @internal
   */
  static from(value: unknown): EarlyRefreshCache | undefined {
    const self = selfOf(value);
    return self !== undefined && #store in self ? self : undefined;
  }

  /** @internal */
  get [SELF](): this {
    return this;
  }

  /** Counts of the results of {@link get} in this process so far. */
  get stats(): CacheStats {
    return { ...this.#tools.counts };
  }

  /**
   * Returns the value of a key. A hit is one round trip; if the entry is due for a refresh (XFetch), `recompute` runs
   * after this call has returned, under a lease, so that one process of the fleet runs it. On a miss one process
   * computes; all others wait for its value for at most `wait` ms, and then compute it themselves.
   *
   * @param key - any non-empty string.
   * @param recompute - returns the value. Runs outside the caller's async context, perhaps after the call has returned.
   * @throws (as a rejection) on a miss the error of `recompute`; TypeError or RangeError for an invalid key or options.
   */
  async get<T>(key: string, recompute: Recompute<T>, options: EntryOptions): Promise<T> {
    const task = this.#task(key, recompute, options);
    const shared = this.#misses.join(key);
    if (shared !== undefined) return (await shared)() as T;
    const lead = drawLead(task.options.beta, this.#tools.random);
    const lookup = await this.#store.lookup(key, { lead });
    return (
      lookup === undefined ? (await this.#misses.computeAlone(task))() : await this.#valueOf(task, lookup)
    ) as T;
  }

  /**
   * Stores a value. The result of a recompute in progress is discarded. Resolves to false if Redis has not answered.
   *
   * @throws (as a rejection) the error of the codec; TypeError or RangeError for an invalid key or options.
   */
  async set(key: string, value: unknown, options: EntryOptions): Promise<boolean> {
    checkText('key', key);
    const { ttl, negativeTtl, stale } = resolveEntryOptions(options, this.#tools.options);
    const payload = encodePayload(this.#tools.options.codec, value);
    this.#misses.forget(key);
    const entry = { payload, ttl: isNegative(payload) ? negativeTtl : ttl, stale };
    return (await this.#store.store(key, undefined, entry)) ?? false;
  }

  /**
   * Removes a value. The result of a recompute in progress is discarded, as it may have begun with old data. Resolves to
   * false if Redis has not answered: the old value may be served until it expires.
   */
  async delete(key: string): Promise<boolean> {
    return this.#drop(key, false);
  }

  /**
   * Lets a value expire now. A value that was stored with `stale` is served for that time while a process recomputes it;
   * any other is removed. The result of a recompute in progress is discarded. Resolves to false if Redis has not answered.
   */
  async invalidate(key: string): Promise<boolean> {
    return this.#drop(key, true);
  }

  /** Begins no more refreshes, and waits up to 5 s for those in progress. Values are served as before. Nest calls it. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#refreshes.close();
  }

  /**
   * Logs an error of the cache, at most one a second.
   *
   * @internal
   */
  reportError(what: string, error: unknown): void {
    this.#tools.reportError(what, error);
  }

  /**
   * Begins to track the hottest keys.
   *
   * @throws WorkStealingConfigError if another job tracks them already, which would get no more of them.
   * @internal For {@link RefreshAhead}.
   */
  watchHeat(options: HeatOptions): KeyHeat {
    if (this.#heat !== undefined) {
      throw new WorkStealingConfigError(
        `RefreshAhead: the cache "${this.name}" has one already, and can have only one; a job that is request-scoped or ` +
          'transient would be created again for each slice',
      );
    }
    this.#heat = new KeyHeat(options, this.#tools.clock, this.#tools.random);
    return this.#heat;
  }

  /**
   * Recomputes an entry that expires within `ahead` ms, unless another process does.
   *
   * @returns `refreshed`; `undue`: it has been recomputed meanwhile; `held`: another process has the lease; `failed`.
   * @internal For {@link RefreshAhead}.
   */
  async refresh(task: Task, ahead: number): Promise<'refreshed' | 'undue' | 'held' | 'failed'> {
    const lookup = await this.#store.lookup(task.key, { lead: 0, ahead });
    if (lookup === undefined) return 'failed';
    const { entry, lease, isHeld } = lookup;
    if (lease === undefined) {
      if (entry !== undefined) this.#heat?.update(task.key, entry);
      return isHeld ? 'held' : 'undue';
    }
    return (await this.#refreshes.run(task, lease)) ? 'refreshed' : 'failed';
  }

  #task(key: string, recompute: Recompute<unknown>, options: EntryOptions): Task {
    checkText('key', key);
    check('recompute', recompute, RECOMPUTE);
    return { key, recompute, options: resolveEntryOptions(options, this.#tools.options) };
  }

  async #valueOf(task: Task, { entry, lease }: Lookup): Promise<unknown> {
    const decoded = entry && decodeEntry(task.key, entry, this.#tools);
    if (entry !== undefined && decoded !== undefined) {
      this.#hit(task, entry, lease);
      return decoded.value;
    }
    if (lease !== undefined) return (await this.#misses.compute(task, lease))();
    // Another process computes it; or it cannot be decoded and is not due, and the next lookup gets the lease.
    return (await this.#misses.awaitElsewhere(task, entry?.id))();
  }

  #hit(task: Task, entry: Entry, lease: string | undefined): void {
    const { counts, options } = this.#tools;
    counts.hits++;
    if (entry.left <= 0) counts.staleHits++;
    if (task.options.ahead) this.#heat?.touch(task, entry);
    // A worker that recomputes has no cycles to spare.
    if (lease === undefined) options.recruiter?.enlistDetached();
    else this.#refreshes.startLater(task, lease);
  }

  async #drop(key: string, isServed: boolean): Promise<boolean> {
    checkText('key', key);
    this.#misses.forget(key);
    const reply = await this.#store.drop(key, isServed);
    // Callers that came during the command may have joined a computation that began before it.
    this.#misses.forget(key);
    return reply !== undefined;
  }
}
