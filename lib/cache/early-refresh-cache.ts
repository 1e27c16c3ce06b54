import type { BeforeApplicationShutdown } from '@nestjs/common';
import { WorkStealingConfigError } from '../options/errors.js';
import { checkKeyPart, checkText } from '../redis/arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../redis/connection/client.js';
import { callback, check } from '../options/option.js';
import { problemsOf } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { SELF, selfOf } from '../recruiter/self.js';
import { markCounted } from '../telemetry/counted-caches.js';
import { CACHE_OPTIONS, type EarlyRefreshCacheOptions } from './cache.options.js';
import { cacheTools, type CacheTools } from './cache-tools.js';
import { EntryStore, type Entry, type Look } from './entry-store.js';
import { entryTerms, type EntryOptions } from './entry.options.js';
import { KeyHeat, type HeatOptions } from './key-heat.js';
import { Misses } from './misses.js';
import { encodePayload, isNegative } from './payload.js';
import { readEntry } from './read-entry.js';
import { Recomputes, type Recompute, type Task } from './recomputes.js';
import { Refreshes } from './refreshes.js';
import type { CacheStats } from './stats.js';
import { drawLead } from './xfetch.js';

const RECOMPUTE = callback('a function that makes the value');

/**
 * A cache in Redis that never stampedes and whose hits enlist. An entry is recomputed before it expires, by one process
 * of the whole fleet, while everybody else, and whoever happens to begin it, goes on with the value that there is.
 *
 * A hit is one round trip. No call fails because of the cache: where Redis does not answer, or an entry cannot be read,
 * the value is computed. Every caller gets a copy of its own, as the codec gives it back, be it cached or computed.
 */
export class EarlyRefreshCache implements BeforeApplicationShutdown {
  readonly #tools: CacheTools;
  readonly #store: EntryStore;
  readonly #misses: Misses;
  readonly #refreshes: Refreshes;
  #heat: KeyHeat | undefined;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param name - of this cache: not blank, without braces.
   * @throws TypeError or RangeError for a wrong client or name; WorkStealingConfigError that lists all that is wrong
   * with the options.
   */
  constructor(
    redis: RedisLike | RedisConnection,
    /** Its name, as it was given. */
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
   * The cache that a value is, or that a proxy stands before; undefined of a test double, whatever prototype it has.
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

  /** What has come of {@link get} in this process so far. */
  get stats(): CacheStats {
    return { ...this.#tools.counts };
  }

  /**
   * The value of a key. A hit is one round trip; when the entry is due (XFetch), `recompute` runs after this call has
   * returned, under a lease that one process of the fleet has. On a miss one process computes, all others wait for its
   * value, at most `wait` ms, and then compute by themselves.
   *
   * @param key - any text that is not empty.
   * @param recompute - makes the value. Runs outside the caller's async context, maybe after the call has returned.
   * @throws (as a rejection) what `recompute` throws, on a miss; TypeError or RangeError for a wrong key or options.
   */
  async get<T>(key: string, recompute: Recompute<T>, options: EntryOptions): Promise<T> {
    const task = this.#task(key, recompute, options);
    const effort = this.#misses.join(key);
    if (effort !== undefined) return (await effort)() as T;
    const lead = drawLead(task.terms.beta, this.#tools.random);
    const look = await this.#store.look(key, { lead });
    return (
      look === undefined ? (await this.#misses.computeAlone(task))() : await this.#answer(task, look)
    ) as T;
  }

  /**
   * Stores a value; a recompute under way is not stored any more. False when Redis has not answered.
   *
   * @throws (as a rejection) what the codec throws; TypeError or RangeError for a wrong key or options.
   */
  async set(key: string, value: unknown, options: EntryOptions): Promise<boolean> {
    checkText('key', key);
    const terms = entryTerms(options, this.#tools.options);
    const payload = encodePayload(this.#tools.options.codec, value);
    const ttl = isNegative(payload) ? terms.negativeTtl : terms.ttl;
    this.#misses.forget(key);
    const entry = { payload, ttl, stale: terms.stale };
    return (await this.#store.store(key, undefined, entry)) ?? false;
  }

  /**
   * Removes the value, and that of a recompute under way, which may have begun with old data. False when Redis has not
   * answered: the old value may be served until it expires.
   */
  async delete(key: string): Promise<boolean> {
    return this.#drop(key, false);
  }

  /**
   * Lets the value expire now. One that was stored with `stale` is served for that time yet, while somebody recomputes;
   * any other is removed. A recompute under way is not stored. False when Redis has not answered.
   */
  async invalidate(key: string): Promise<boolean> {
    return this.#drop(key, true);
  }

  /** Begins no more refreshes, and waits up to 5 s for those under way. Values are served as before. Nest calls it. */
  beforeApplicationShutdown(): Promise<void> {
    return this.#refreshes.close();
  }

  /**
   * Writes a line to the log, at most one a second.
   *
   * @internal
   */
  complain(what: string, error: unknown): void {
    this.#tools.complaints.ofCache(what, error);
  }

  /**
   * Begins to watch which keys are the hottest.
   *
   * @throws WorkStealingConfigError when somebody watches them already, who would see no more of them.
   * @internal For {@link RefreshAhead}.
   */
  watchHeat(options: HeatOptions): KeyHeat {
    if (this.#heat !== undefined) {
      throw new WorkStealingConfigError(
        `RefreshAhead: the cache "${this.name}" has one already, and each looks after a cache of its own; a job that ` +
          'is request-scoped or transient would be another one for each slice',
      );
    }
    this.#heat = new KeyHeat(options, this.#tools.clock, this.#tools.random);
    return this.#heat;
  }

  /**
   * Recomputes an entry that expires within `ahead` ms, if nobody else does.
   *
   * @returns whether it was recomputed, or not due (another has done it), or is another's, or could not be done.
   * @internal For {@link RefreshAhead}.
   */
  async refresh(task: Task, ahead: number): Promise<'refreshed' | 'undue' | 'held' | 'failed'> {
    const look = await this.#store.look(task.key, { lead: 0, ahead });
    if (look === undefined) return 'failed';
    if (look.lease === undefined) {
      if (look.entry !== undefined) this.#heat?.see(task.key, look.entry);
      return look.isHeld ? 'held' : 'undue';
    }
    return (await this.#refreshes.run(task, look.lease)) ? 'refreshed' : 'failed';
  }

  #task(key: string, recompute: Recompute<unknown>, options: EntryOptions): Task {
    checkText('key', key);
    check('recompute', recompute, RECOMPUTE);
    return { key, recompute, terms: entryTerms(options, this.#tools.options) };
  }

  async #answer(task: Task, { entry, lease }: Look): Promise<unknown> {
    const reading = entry && readEntry(task.key, entry, this.#tools);
    if (entry !== undefined && reading !== undefined) {
      this.#hit(task, entry, lease);
      return reading.value;
    }
    if (lease !== undefined) return (await this.#misses.compute(task, lease))();
    // Another computes it; or it cannot be read and is not due, and the first who looks again gets the lease.
    return (await this.#misses.awaitElsewhere(task, entry?.id))();
  }

  #hit(task: Task, entry: Entry, lease: string | undefined): void {
    const { counts, options } = this.#tools;
    counts.hits++;
    if (entry.left <= 0) counts.staleHits++;
    if (task.terms.ahead) this.#heat?.touch(task, entry);
    // Whoever recomputes has no moment to spare.
    if (lease === undefined) options.recruiter?.enlistDetached();
    else this.#refreshes.startLater(task, lease);
  }

  async #drop(key: string, isServed: boolean): Promise<boolean> {
    checkText('key', key);
    this.#misses.forget(key);
    const reply = await this.#store.drop(key, isServed);
    // Those who came while Redis was asked may have joined an effort that began before.
    this.#misses.forget(key);
    return reply !== undefined;
  }
}
