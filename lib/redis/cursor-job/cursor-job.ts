import type { OnModuleInit } from '@nestjs/common';
import { Duty, type Job, type Slice, type SliceResult } from '../../recruiter/job.js';
import { Log } from '../../logging/log.js';
import { checkInteger } from '../arguments.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import type { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { structureOf } from '../structure.js';
import { takeInTime } from '../partitions/take-in-time.js';
import { BatchSize } from './batch-size.js';
import { BatchStep } from './batch-step.js';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.js';
import { CURSOR_JOB_OPTIONS, resolvedOptions, type CursorJobOptions } from './cursor-job.options.js';
import { CursorKeys } from './cursor-keys.js';
import { PartitionSlice, type CursorSlice } from './cursor-slice.js';
import { CursorStore, type Claim, type FullPartition } from './cursor-store.js';
import { defaultNameOf, readDeadRecord, type DeadItem } from './dead-item.js';
import type { Page } from './page.js';
import { PartitionTurns } from './partition-turns.js';
import { progressOf, type CursorProgress } from './progress.js';

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
  readonly #client: RedisLike;
  readonly #store: CursorStore;
  readonly #turns: PartitionTurns;
  readonly #batch: BatchSize;
  readonly #step: BatchStep<T, C>;
  readonly #partitions: number;
  readonly #maxDead: number;
  readonly #needed: NeededCommands;
  readonly #name: string;
  readonly #log: Log;
  /** Partitions of which the log says that they are full. */
  readonly #saidFull = new Set<number>();

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param name - of this pass: not blank, without braces. Another name is another pass.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: CursorJobOptions = {}) {
    const job = structureOf('CursorJob', redis, name, CURSOR_JOB_OPTIONS, options);
    const resolved = resolvedOptions(job);
    this.#client = job.client;
    this.#partitions = resolved.partitions;
    this.#maxDead = resolved.maxDead;
    this.#name = name;
    this.#log = new Log(job.owner);
    this.#store = new CursorStore(job.client, new CursorKeys(job.prefix, name), name, resolved);
    this.#turns = new PartitionTurns(resolved.partitions);
    this.#batch = new BatchSize(resolved.batch);
    this.#needed = job.needs(CURSOR_JOB_COMMANDS);
    this.#step = new BatchStep(name, this.#store, resolved, this.#batch, {
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

  /**
   * Whether `fetch` may bring more than it was asked for, because its source takes the limit for a hint. Asked for one
   * item it must not: by itself an item that fails is known from the others, and one that takes a slice is done.
   */
  protected get mayExceedLimit(): boolean {
    return false;
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  onModuleInit(): void | Promise<void> {
    return this.#needed.checkAtBootstrap();
  }

  /** One slice. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<SliceResult> {
    const begun = performance.now();
    await this.#needed.check(slice);
    const claim = await this.#claim(slice);
    if (claim === undefined) return Duty.DISMISSED;
    return this.#step.run(claim, new PartitionSlice(slice, claim.partition, this.#partitions), begun);
  }

  /** How far it is, over all partitions at once. Two round trips, and what {@link total} takes. */
  async progress(): Promise<CursorProgress> {
    const { count, most } = await this.#store.partitions();
    const all = Array.from({ length: most }, (_, partition) => this.#store.read(partition));
    const [now, total, ...states] = await Promise.all([this.#store.now(), this.total(), ...all]);
    return progressOf(states, { partitions: count, maxDead: this.#maxDead, total, now });
  }

  /** Where a partition is: undefined at the beginning, and after the end. */
  async cursor(partition = 0): Promise<C | undefined> {
    this.#checkPartition(partition);
    return decodeCursor((await this.#store.read(partition)).get('cursor') ?? '') as C | undefined;
  }

  /**
   * Begins anew at the beginning of the data: in one partition, or in all, and then with as many as this process has. What
   * was set aside stays so.
   */
  async reset(partition?: number): Promise<void> {
    if (partition !== undefined) this.#checkPartition(partition);
    await (partition === undefined ? this.#store.reset() : this.#store.seek(partition, ''));
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
    const lists = await this.#ofEachThatWas(async (partition) => {
      const records = await this.#store.dead(partition, most);
      return records.map((record) => readDeadRecord(partition, record));
    });
    return lists.flat();
  }

  /** Forgets the items that were set aside; tells how many there were. */
  async forgetDead(): Promise<number> {
    const counts = await this.#ofEachThatWas((partition) => this.#store.forgetDead(partition));
    this.#saidFull.clear();
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A place with work, if any partition has one. A partition that is full fails the slice when nothing else is due. */
  async #claim(slice: Slice): Promise<Claim | undefined> {
    let full: FullPartition | undefined;
    let isHeld = false;
    for (const partitions of this.#turns.take()) {
      slice.signal.throwIfAborted();
      const found = await takeInTime(
        this.#client,
        slice,
        (wait) => this.#store.claim(partitions, this.#batch.limit, wait),
        async ({ claim }) => claim && this.#store.release(claim),
      );
      if (found.full !== undefined) this.#reportFull((full = found.full));
      if (found.claim !== undefined) return found.claim;
      isHeld ||= found.isHeld;
      if (found.full === undefined) this.#turns.sleep(partitions, found.dueIn);
    }
    if (full !== undefined && !isHeld) throw new Error(this.#fullMessage(full));
    return undefined;
  }

  #reportFull(full: FullPartition): void {
    if (this.#saidFull.has(full.partition)) return;
    this.#saidFull.add(full.partition);
    this.#log.error(this.#fullMessage(full));
  }

  #fullMessage({ partition, dead }: FullPartition): string {
    return (
      `"${this.#name}" has set ${dead} items of partition ${partition} aside, and stops there: look at dead(), mend the ` +
      `cause, and call forgetDead().`
    );
  }

  /** Of all partitions that the pass ever had: one that is no more may have items set aside still. */
  async #ofEachThatWas<R>(look: (partition: number) => Promise<R>): Promise<R[]> {
    const { most } = await this.#store.partitions();
    return Promise.all(Array.from({ length: most }, (_, partition) => look(partition)));
  }

  #checkPartition(partition: number): void {
    checkInteger('partition', partition, 0, this.#partitions - 1);
  }
}
