import type { OnModuleInit } from '@nestjs/common';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import { allOf } from '../all-of.js';
import { checkInteger, checkKeyPart, checkOptions, checkText } from '../arguments.js';
import { connectionOf, type RedisClient, type RedisConnection } from '../client.js';
import { NeededCommands } from '../needed-commands.js';
import { PartitionRounds } from '../partition-rounds.js';
import { runScript } from '../script.js';
import { send } from '../send.js';
import { commandsOf } from '../script-commands.js';
import { Buckets, type Moment } from './buckets.js';
import { RollupKeys } from './rollup-keys.js';

/** Counts that one slice may move, items that `top` may tell: a longer script would hold the server for more than 1 ms. */
const MOST_MOVED = 100;
const MOST_TOP = 250;
/** Buckets that one script reads. A fold never takes a count to another bucket, so each of them is exact. */
const BATCH = 100;
const HOUR = 3_600_000;
const LONGEST_BUCKET = 366 * 24 * HOUR;
const LONGEST_RETENTION = 2 ** 45;

/** What a user of Redis has to be allowed to run. */
export const ROLLUP_COMMANDS = commandsOf(/^rollup-/, ['HINCRBY', 'HLEN']);

/** How a {@link Rollup} cuts time, and how long it keeps what it knows. */
export interface RollupOptions {
  /** Width of a bucket: 1,000 ms to 366 days. Must be the same in all processes. @default 3_600_000 */
  bucket?: number;
  /** How long a bucket is kept after its end: whole ms above 0. @default 30 days */
  retention?: number;
  /**
   * Parts that the items are spread over, and with them the slots of a Cluster: 1 to 16,384. Must be the same in all
   * processes, and stay so. @default 16
   */
  partitions?: number;
  /** Counts that one slice moves at most: 1 to 100. @default 50 */
  limit?: number;
  /** What all keys begin with. @default the connection's, or `work-stealing` */
  prefix?: string;
}

/** How often an item was counted in one bucket. */
export interface BucketTotal {
  /** Start of the bucket: ms since the epoch. */
  readonly at: number;
  /** Sum of its counts in that bucket. */
  readonly total: number;
}

/** How often an item was counted. */
export interface ItemTotal {
  /** The item's name. */
  readonly item: string;
  /** Sum of its counts. */
  readonly total: number;
}

/**
 * Counters that are cheap to add to, one HINCRBY, with totals by time bucket that expire.
 *
 * It is a job: decorate a subclass with `@StealableJob()`, and recruits fold what is pending into the totals. {@link totals}
 * and {@link total} are exact at any moment, whether a count is folded or not; {@link top} tells what is folded.
 *
 * All methods throw a TypeError or RangeError that quotes a wrong argument, and reject as the client does when Redis
 * does not answer; an `add` that timed out may still have been counted.
 */
export class Rollup implements Job, OnModuleInit {
  readonly #client: RedisClient;
  readonly #keys: RollupKeys;
  readonly #rounds: PartitionRounds;
  readonly #buckets: Buckets;
  readonly #retention: number;
  readonly #limit: number;
  readonly #needed: NeededCommands;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param name - of these counters together: not blank, without braces.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisClient | RedisConnection, name: string, options: RollupOptions = {}) {
    checkOptions('options are', options, 'an object');
    const { bucket = HOUR, retention = 30 * 24 * HOUR, partitions = 16, limit = 50, prefix } = options;
    checkKeyPart('name', name);
    if (prefix !== undefined) checkKeyPart('prefix', prefix);
    checkInteger('bucket', bucket, 1000, LONGEST_BUCKET);
    checkInteger('retention', retention, 1, LONGEST_RETENTION);
    checkInteger('partitions', partitions, 1, 16_384);
    checkInteger('limit', limit, 1, MOST_MOVED);
    const connection = connectionOf(redis, prefix);
    const keys = new RollupKeys(connection.prefix, name, partitions);
    this.#client = connection.client;
    this.#keys = keys;
    this.#rounds = new PartitionRounds(connection.client, partitions, (partition) => keys.pending(partition));
    this.#buckets = new Buckets(bucket);
    this.#retention = retention;
    this.#limit = limit;
    this.#needed = new NeededCommands(
      connection.client,
      `Rollup "${name}"`,
      ROLLUP_COMMANDS,
      `${connection.prefix}:{${name}}:probe`,
    );
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  async onModuleInit(): Promise<void> {
    await this.#needed.checkAtBootstrap();
  }

  /**
   * Counts.
   *
   * @param by - a whole number, below 0 to take back. An item's count in a bucket is exact up to 2^53.
   * @param at - when it happened; now, by this process's clock, unless told. Before the retention it counts for nothing.
   */
  async add(item: string, by = 1, at: Moment = Date.now()): Promise<void> {
    checkText('item', item);
    checkInteger('by', by, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const field = this.#keys.field(this.#buckets.startOf('at', at), item);
    await send(this.#client, 'HINCRBY', [this.#keys.pendingOf(item)], [field, by]);
  }

  /** An item's counts from the bucket that holds `from` to the last that begins before `to`: 1 to 2,000 buckets, 100 a script, all sent at once. */
  async totals(item: string, from: Moment, to: Moment): Promise<BucketTotal[]> {
    checkText('item', item);
    const { width } = this.#buckets;
    const { first, count } = this.#buckets.between(from, to);
    const starts = Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => batch * BATCH);
    const batches = await Promise.all(
      starts.map((start) => this.#read(item, first + start * width, Math.min(BATCH, count - start))),
    );
    return batches.flat().map((total, index) => ({ at: first + index * width, total }));
  }

  /** The sum of {@link totals}. */
  async total(item: string, from: Moment, to: Moment): Promise<number> {
    const totals = await this.totals(item, from, to);
    return totals.reduce((sum, { total }) => sum + total, 0);
  }

  /** The 1 to 250 items that were counted most often in the bucket that holds `at`, as far as they are folded. */
  async top(count: number, at: Moment): Promise<ItemTotal[]> {
    checkInteger('count', count, 1, MOST_TOP);
    const start = this.#buckets.startOf('at', at);
    const tops = await this.#ofEach(async (partition) => {
      const pairs = await runScript(
        this.#client,
        'rollup-top',
        [this.#keys.total(partition, start)],
        [count],
      );
      return itemTotals(pairs as string[]);
    });
    return tops
      .flat()
      .toSorted((a, b) => b.total - a.total)
      .slice(0, count);
  }

  /** How many counts are not folded yet. */
  async pending(): Promise<number> {
    const lengths = await this.#ofEach((partition) =>
      send(this.#client, 'HLEN', [this.#keys.pending(partition)]),
    );
    return lengths.reduce((sum: number, length) => sum + Number(length), 0);
  }

  /** One slice: folds up to `limit` counts. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    await this.#needed.check(slice);
    slice.signal.throwIfAborted();
    const groups = this.#rounds.next(this.#limit);
    const folded = await allOf(
      groups.map(async ({ keys, limit }) => {
        const args = [limit, this.#buckets.width, this.#retention];
        const [moved, over] = (await runScript(this.#client, 'rollup-fold', keys, args, slice)) as unknown[];
        return { moved: Number(moved), over: Number(over), limit };
      }),
    );
    const done = folded.reduce((sum, { moved }) => sum + moved, 0);
    // What is counted in the bucket of now comes back as soon as it is folded: only what is over is a backlog.
    const isMore = folded.some(({ moved, over, limit }) => moved >= limit && over * 2 > moved);
    return { done, limit: isMore ? done : Math.max(this.#limit, done + 1) };
  }

  async #read(item: string, first: number, count: number): Promise<number[]> {
    const args = [item, first, count, this.#buckets.width, this.#retention];
    const sums = await runScript(this.#client, 'rollup-totals', [this.#keys.pendingOf(item)], args);
    return (sums as string[]).map(Number);
  }

  #ofEach<T>(look: (partition: number) => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from({ length: this.#keys.partitions }, (_, partition) => look(partition)));
  }
}

function itemTotals(pairs: readonly string[]): ItemTotal[] {
  return Array.from({ length: pairs.length / 2 }, (_, index) => ({
    item: pairs[2 * index]!,
    total: Number(pairs[2 * index + 1]),
  }));
}
