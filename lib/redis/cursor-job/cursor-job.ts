import type { OnModuleInit } from '@nestjs/common';
import type { Cursor } from '../../cursor-job/cursor.js';
import type { CursorSlice } from '../../cursor-job/cursor-slice.js';
import { defaultNameOf, type DeadItem } from '../../cursor-job/dead-item.js';
import type { Page } from '../../cursor-job/page.js';
import type { CursorProgress } from '../../cursor-job/progress.js';
import { resolvedSweepOptions } from '../../cursor-job/sweep.options.js';
import { Sweeper } from '../../cursor-job/sweeper.js';
import type { Job, Slice, SliceResult } from '../../recruiter/job.js';
import type { JobOptions } from '../../recruiter/job-options.js';
import type { RedisConnection, RedisLike } from '../connection/client.js';
import type { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { structureOf } from '../structure.js';
import { CURSOR_JOB_OPTIONS, type CursorJobOptions } from './cursor-job.options.js';
import { CursorKeys } from './cursor-keys.js';
import { RedisCursorStore } from './redis-cursor-store.js';

/** The commands that a user of Redis must be allowed to run. */
export const CURSOR_JOB_COMMANDS = commandsOf(/^cursor-job-/, ['HMGET', 'LRANGE', 'TIME']);

/**
 * A resumable job over anything that has a cursor: rows by their key, a listing, the offsets of a file. Each slice fetches
 * the items after the cursor, processes them, and then moves the cursor, which is stored in Redis.
 *
 * Extend it and decorate the subclass with `@StealableJob()`.
 *
 * - No item is skipped, whatever process dies when.
 * - An item may be processed more than once: `process` must be idempotent.
 * - An item that fails is tried again by itself, and set aside after some attempts; all others are processed.
 * - A sweep goes from the beginning of the data to their end. `onEnd` says what follows it.
 * - Under `every` each pass is one sweep: it begins with the pass, and its end ends the pass.
 * - A slice takes two round trips to Redis, and the time of `fetch` and `process`.
 * - A slice that finds all partitions at their end, or held by others, takes one round trip or none.
 */
export abstract class CursorJob<T, C extends Cursor = string> implements Job, OnModuleInit {
  /** Any process can do its work. */
  readonly fleetWide = true;
  readonly #sweeper: Sweeper<T, C>;
  readonly #needed: NeededCommands;

  /**
   * @param redis - a client of ioredis, or the connection that `WorkStealingRedisModule` provides.
   * @param name - name of the job in Redis: not blank, without braces. Another name has other cursors.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: CursorJobOptions = {}) {
    const job = structureOf('CursorJob', redis, name, CURSOR_JOB_OPTIONS, options);
    const resolved = resolvedSweepOptions(job);
    const store = new RedisCursorStore(job.client, new CursorKeys(job.prefix, name), name, resolved);
    this.#needed = job.needs(CURSOR_JOB_COMMANDS);
    this.#sweeper = new Sweeper(job.owner, name, store, resolved, {
      fetch: (cursor, limit, slice) => this.fetch(cursor, limit, slice),
      process: (items, slice) => this.process(items, slice),
      total: () => this.total(),
      nameOf: (item) => this.nameOf(item),
      mayExceed: () => this.mayExceedLimit,
    });
  }

  /**
   * Fetches the items after a cursor, in an order that does not change during a sweep.
   *
   * @param cursor - the `next` of the last page; undefined at the beginning.
   * @param limit - maximum number of items.
   * @returns the items, and as `next` the cursor after the last of them; no `next` at the end of the data.
   */
  protected abstract fetch(
    cursor: C | undefined,
    limit: number,
    slice: CursorSlice,
  ): Page<T, C> | Promise<Page<T, C>>;

  /**
   * Does the work for these items. It must be idempotent: after a failure, or the death of a process, it receives them
   * again. A batch that fails is halved until the failing item is alone; that item is set aside after some attempts.
   *
   * @returns how many of the items were changed, for {@link CursorProgress.changed}.
   */
  protected abstract process(items: readonly T[], slice: CursorSlice): number | void | Promise<number | void>;

  /** How many items a whole sweep has, if known: for {@link CursorProgress.total} and `eta`. Default: unknown. */
  protected total(): number | undefined | Promise<number | undefined> {
    return undefined;
  }

  /** The name of an item in the dead-letter list: an id, so that it can be found. Default: its JSON. */
  protected nameOf(item: T): string {
    return defaultNameOf(item);
  }

  /**
   * Whether `fetch` may return more items than `limit`, because its source treats the limit as a hint. Where `limit` is 1
   * it must not: an item that fails is isolated by fetching it alone.
   */
  protected get mayExceedLimit(): boolean {
    return false;
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  onModuleInit(): void | Promise<void> {
    return this.#needed.checkAtBootstrap();
  }

  /** What is wrong with the options under which it is declared: `every` beside `onEnd`, or once in each process. */
  problemsWith(options: JobOptions): readonly string[] {
    return this.#sweeper.problemsWith(options);
  }

  /** Does one slice. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<SliceResult> {
    const begun = performance.now();
    await this.#needed.check(slice);
    return this.#sweeper.run(slice, begun);
  }

  /** How far it is, over all partitions at once. Two round trips, and the time of {@link total}. */
  progress(): Promise<CursorProgress> {
    return this.#sweeper.progress();
  }

  /** The cursor of a partition: undefined at the beginning, and after the end. */
  cursor(partition = 0): Promise<C | undefined> {
    return this.#sweeper.cursor(partition);
  }

  /**
   * Begins again at the beginning of the data: in one partition, or in all, and then with the number of partitions that this
   * process has. Items that were set aside stay so.
   */
  reset(partition?: number): Promise<void> {
    return this.#sweeper.reset(partition);
  }

  /** Begins a sweep of one partition again after this cursor. */
  seek(cursor: C, partition = 0): Promise<void> {
    return this.#sweeper.seek(cursor, partition);
  }

  /** Items that were set aside, oldest first, at most `most` of each partition: 1 to 10,000. */
  dead(most = 100): Promise<DeadItem[]> {
    return this.#sweeper.dead(most);
  }

  /** Forgets the items that were set aside, and returns how many there were. */
  forgetDead(): Promise<number> {
    return this.#sweeper.forgetDead();
  }
}
