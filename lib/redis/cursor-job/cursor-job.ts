import type { OnModuleInit } from '@nestjs/common';
import { Duty, type Job, type Slice, type SliceResult } from '../../recruiter/job.js';
import { checkInteger, checkKeyPart } from '../arguments.js';
import { connectionOf, isCluster, type RedisClient, type RedisConnection } from '../client.js';
import { NeededCommands } from '../needed-commands.js';
import { commandsOf } from '../script-commands.js';
import { BatchSize } from './batch-size.js';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.js';
import { resolveCursorJobOptions, type CursorJobOptions } from './cursor-job.options.js';
import { CursorKeys } from './cursor-keys.js';
import { PartitionSlice, type CursorSlice } from './cursor-slice.js';
import { CursorStore, type Claim } from './cursor-store.js';
import { defaultNameOf, readDeadRecord, type DeadItem } from './dead-item.js';
import type { Page } from './page.js';
import { PartitionTurns } from './partition-turns.js';
import { progressOf, type CursorProgress } from './progress.js';
import { Stretch } from './stretch.js';

/** What a user of Redis has to be allowed to run. */
export const CURSOR_JOB_COMMANDS = commandsOf(/^cursor-job-/, ['HMGET', 'LRANGE', 'TIME']);

/**
 * A resumable pass over anything that has a cursor: rows by their key, a listing, a file's offsets. Each slice fetches the
 * items after the cursor, processes them, and then moves the cursor, which is kept in Redis: so whatever dies when, no
 * item is skipped, and some are processed again. `process` has to be idempotent.
 *
 * Extend it and decorate the subclass with `@StealableJob()`. A slice takes two round trips to Redis beside what `fetch`
 * and `process` do; a slice that finds all partitions at their end or held by others takes one or none.
 */
export abstract class CursorJob<T, C extends Cursor = string> implements Job, OnModuleInit {
  readonly #store: CursorStore;
  readonly #turns: PartitionTurns;
  readonly #batch: BatchSize;
  readonly #stretch: Stretch<T, C>;
  readonly #partitions: number;
  /** Keys of one command share a slot of a Cluster, and partitions do not: one at a time there. */
  readonly #window: number | undefined;
  readonly #needed: NeededCommands;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param name - of this pass: not blank, without braces. Another name is another pass.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisClient | RedisConnection, name: string, options: CursorJobOptions = {}) {
    checkKeyPart('name', name);
    const resolved = resolveCursorJobOptions(options);
    const { client, prefix } = connectionOf(redis, options.prefix);
    this.#partitions = resolved.partitions;
    this.#store = new CursorStore(client, new CursorKeys(prefix, name), name, resolved);
    this.#turns = new PartitionTurns(resolved.partitions);
    this.#batch = new BatchSize(resolved.batch);
    this.#window = isCluster(client) ? 1 : undefined;
    this.#needed = new NeededCommands(
      client,
      `CursorJob "${name}"`,
      CURSOR_JOB_COMMANDS,
      `${prefix}:{${name}}:probe`,
    );
    this.#stretch = new Stretch(this.#store, resolved, this.#batch, {
      fetch: (cursor, limit, slice) => this.fetch(cursor, limit, slice),
      process: (items, slice) => this.process(items, slice),
      nameOf: (item) => this.nameOf(item),
      mayExceed: () => this.mayExceedLimit,
    });
  }

  /**
   * Brings the items after a cursor, in an order that does not change while the pass is under way.
   *
   * @param cursor - the `next` of the last page; undefined at the beginning.
   * @param limit - items to bring at most.
   * @returns the items, and as `next` the cursor after the last of them; no `next` at the end of the data.
   */
  protected abstract fetch(
    cursor: C | undefined,
    limit: number,
    slice: CursorSlice,
  ): Page<T, C> | Promise<Page<T, C>>;

  /**
   * Does the work for these items, and is idempotent: after a failure, or the death of a worker, it gets them again. A
   * batch that fails is halved, until the item is alone that makes it fail; that one is set aside after some attempts.
   *
   * @returns how many of the items were changed, where {@link CursorProgress.changed} shall tell.
   */
  protected abstract process(items: readonly T[], slice: CursorSlice): number | void | Promise<number | void>;

  /** How many items a whole pass has, where that is known: for {@link CursorProgress.total} and `eta`. Default: unknown. */
  protected total(): number | undefined | Promise<number | undefined> {
    return undefined;
  }

  /** What an item is called when it is set aside: an id, so that it can be found. Default: its JSON. */
  protected nameOf(item: T): string {
    return defaultNameOf(item);
  }

  /** Whether `fetch` may bring more than it was asked for, because its source takes the limit for a hint. */
  protected get mayExceedLimit(): boolean {
    return false;
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  onModuleInit(): void | Promise<void> {
    return this.#needed.checkAtBootstrap();
  }

  /** One slice. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<SliceResult> {
    await this.#needed.check(slice);
    const partitions = this.#turns.take(this.#window);
    if (partitions.length === 0) return Duty.DISMISSED;
    const claim = await this.#store.claim(partitions, this.#batch.limit, slice);
    if (!isClaim(claim)) {
      this.#turns.sleep(partitions, claim.dueIn);
      return Duty.DISMISSED;
    }
    return this.#stretch.work(claim, new PartitionSlice(slice, claim.partition, this.#partitions));
  }

  /** How far it is. One round trip, all partitions at once, and what {@link total} takes. */
  async progress(): Promise<CursorProgress> {
    const all = Array.from({ length: this.#partitions }, (_, partition) => this.#store.read(partition));
    const [now, total, ...states] = await Promise.all([this.#store.now(), this.total(), ...all]);
    return progressOf(states, total, now);
  }

  /** Where a partition is: undefined at the beginning, and after the end. */
  async cursor(partition = 0): Promise<C | undefined> {
    this.#checkPartition(partition);
    return decodeCursor((await this.#store.read(partition)).get('cursor') ?? '') as C | undefined;
  }

  /** Begins anew, in one partition or in all: at the beginning of the data. What was set aside stays so. */
  async reset(partition?: number): Promise<void> {
    if (partition !== undefined) this.#checkPartition(partition);
    const which = partition === undefined ? [...Array(this.#partitions).keys()] : [partition];
    await Promise.all(which.map((each) => this.#store.seek(each, '')));
    this.#turns.wake();
  }

  /** Begins a sweep of one partition anew after this cursor. */
  async seek(cursor: C, partition = 0): Promise<void> {
    this.#checkPartition(partition);
    await this.#store.seek(partition, encodeCursor('cursor', cursor));
    this.#turns.wake();
  }

  /** Items that were set aside, oldest first, at most `most` of each partition: 1 to 10,000. */
  async dead(most = 100): Promise<DeadItem[]> {
    checkInteger('most', most, 1, 10_000);
    const lists = Array.from({ length: this.#partitions }, async (_, partition) => {
      const records = await this.#store.dead(partition, most);
      return records.map((record) => readDeadRecord(partition, record));
    });
    return (await Promise.all(lists)).flat();
  }

  /** Forgets the items that were set aside; tells how many there were. */
  async forgetDead(): Promise<number> {
    const all = Array.from({ length: this.#partitions }, (_, partition) => this.#store.forgetDead(partition));
    return (await Promise.all(all)).reduce((sum, count) => sum + count, 0);
  }

  #checkPartition(partition: number): void {
    checkInteger('partition', partition, 0, this.#partitions - 1);
  }
}

function isClaim(claim: Claim | { dueIn: number | undefined }): claim is Claim {
  return 'version' in claim;
}
