import type { OnModuleInit } from '@nestjs/common';
import { integer } from '../../options/option.js';
import type { OptionTable } from '../../options/option-table.js';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import { checkInteger, checkText, KEY_PART } from '../arguments.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import type { NeededCommands } from '../connection/needed-commands.js';
import { PartitionedJob } from '../partitions/partitioned-job.js';
import { readPages } from '../lua/read-pages.js';
import { runScript } from '../lua/script.js';
import { send } from '../lua/send.js';
import { commandsOf } from '../lua/script-commands.js';
import { structureOf } from '../structure.js';
import { Buckets, MAX_BUCKETS, type Moment, type Span } from './buckets.js';
import { RollupKeys } from './rollup-keys.js';

/** Maximum counts that one slice moves: a longer script would hold the server for more than 1 ms. */
const MAX_MOVED = 100;
/** Maximum items that `top` returns, for the same reason. */
const MAX_TOP = 250;
/** Maximum buckets whose items `top` sums up. */
const MAX_TOP_BUCKETS = 100;
/** Items of one page of a bucket, roughly. */
const PAGE = 500;
/** Buckets that one script reads. A fold never takes a count to another bucket, so each of them is exact. */
const BATCH = 100;
const HOUR = 3_600_000;
const MAX_BUCKET_MS = 366 * 24 * HOUR;
const MAX_RETENTION_MS = 2 ** 45;

/** The commands that a user of Redis must be allowed to run. */
export const ROLLUP_COMMANDS = commandsOf(/^rollup-/, ['HINCRBY', 'HLEN']);

/** The options of a {@link Rollup}: its buckets, and how long they are kept. */
export interface RollupOptions {
  /** Width of a bucket: 1,000 ms to 366 days. Must be the same in all processes. @default 3_600_000 */
  bucket?: number | undefined;
  /** How long a bucket is kept after its end: whole ms above 0. @default 30 days */
  retention?: number | undefined;
  /**
   * Parts that the items are spread over, and with them the slots of a Cluster: 1 to 16,384. Must be the same in all
   * processes, and stay so. @default 16
   */
  partitions?: number | undefined;
  /** Maximum counts that one slice moves: 1 to 100. @default 50 */
  limit?: number | undefined;
  /** Prefix of all keys. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
}

const OPTIONS = {
  bucket: integer(1000, MAX_BUCKET_MS, HOUR),
  retention: integer(1, MAX_RETENTION_MS, 30 * 24 * HOUR),
  partitions: integer(1, 16_384, 16),
  limit: integer(1, MAX_MOVED, 50),
  prefix: KEY_PART,
} satisfies OptionTable<RollupOptions>;

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
 * It is a job: decorate a subclass with `@StealableJob()`.
 *
 * - Its slices fold pending counts into the totals. Under `every` each pass folds all that are pending.
 * - {@link totals} and {@link total} are exact at any moment, whether a count is folded or not.
 * - {@link top} returns counts that are folded.
 *
 * All methods throw a TypeError or RangeError that quotes a wrong argument, and reject as the client does when Redis
 * does not answer; an `add` that timed out may still have been counted.
 */
export class Rollup implements Job, OnModuleInit {
  /** Any process can do its work. */
  readonly fleetWide = true;
  readonly #client: RedisLike;
  readonly #keys: RollupKeys;
  readonly #folding: PartitionedJob;
  readonly #buckets: Buckets;
  readonly #retention: number;
  readonly #limit: number;
  readonly #needed: NeededCommands;

  /**
   * @param redis - a client of ioredis, or the connection that `WorkStealingRedisModule` provides.
   * @param name - name of these counters together: not blank, without braces.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: RollupOptions = {}) {
    const rollup = structureOf('Rollup', redis, name, OPTIONS, options);
    const { client, partitions } = rollup;
    const keys = new RollupKeys(rollup.prefix, name, partitions);
    this.#client = client;
    this.#keys = keys;
    this.#folding = new PartitionedJob(client, partitions, (partition) => keys.pending(partition));
    this.#buckets = new Buckets(rollup.bucket);
    this.#retention = rollup.retention;
    this.#limit = rollup.limit;
    this.#needed = rollup.needs(ROLLUP_COMMANDS);
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  async onModuleInit(): Promise<void> {
    await this.#needed.checkAtBootstrap();
  }

  /**
   * Adds to the count of an item.
   *
   * @param by - a whole number, below 0 to take back. An item's count in a bucket is exact up to 2^53.
   * @param at - when it happened; default: now, by this process's clock. A moment before the retention is not counted.
   */
  async add(item: string, by = 1, at: Moment = Date.now()): Promise<void> {
    checkText('item', item);
    checkInteger('by', by, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const field = this.#keys.field(this.#buckets.startOf('at', at), item);
    await send(this.#client, 'HINCRBY', [this.#keys.pendingOf(item)], [field, by]);
  }

  /**
   * An item's counts from the bucket that holds `from` to the last that begins before `to`, or in the one that holds `from`
   * where there is no `to`: 1 to 2,000 buckets, 100 a script, all sent at once.
   */
  async totals(item: string, from: Moment, to?: Moment): Promise<BucketTotal[]> {
    checkText('item', item);
    return this.#totalsIn(item, this.#buckets.between(from, to));
  }

  /**
   * The sum of an item's counts in the buckets that {@link totals} would return; without `from`, in all that are kept, where
   * these are 2,000 at most.
   */
  async total(item: string, from?: Moment, to?: Moment): Promise<number> {
    checkText('item', item);
    const span = from === undefined ? this.#kept() : this.#buckets.between(from, to);
    const totals = await this.#totalsIn(item, span);
    return totals.reduce((sum, { total }) => sum + total, 0);
  }

  /**
   * The 1 to 250 items that were counted most often, as far as they are folded, in the same buckets as {@link totals} has:
   * from the one that holds `from` to the last that begins before `to`, 100 at most, or in the one that holds `from` where
   * there is no `to`.
   *
   * In one bucket it costs one script a partition. In several, all of their items are read, some 500 a script, and summed
   * up here: O(n) for n items, and at least a round trip for each bucket.
   */
  async top(count: number, from: Moment, to?: Moment): Promise<ItemTotal[]> {
    checkInteger('count', count, 1, MAX_TOP);
    const span = this.#buckets.between(from, to, MAX_TOP_BUCKETS);
    const tops = await this.#ofEach((partition) =>
      span.count === 1 ? this.#topOf(partition, span.first, count) : this.#sumUp(partition, span),
    );
    return largest(
      tops.flatMap((some) => largest(some, count)),
      count,
    );
  }

  /** Number of counts that are not folded yet. */
  async pending(): Promise<number> {
    const lengths = await this.#ofEach((partition) =>
      send(this.#client, 'HLEN', [this.#keys.pending(partition)]),
    );
    return lengths.reduce((sum: number, length) => sum + Number(length), 0);
  }

  /** Does one slice: folds up to `limit` counts. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    await this.#needed.check(slice);
    slice.signal.throwIfAborted();
    return this.#folding.work(slice, this.#limit, async ({ keys, limit }) => {
      const args = [limit, this.#buckets.width, this.#retention];
      const reply = (await runScript(this.#client, 'rollup-fold', keys, args, slice)) as unknown[];
      const [moved = 0, over = 0] = reply.map(Number);
      // Counts of the current bucket come back as soon as they are folded: without a pass, which folds all that is pending,
      // only counts of buckets that are over are a backlog.
      return { done: moved, isMore: moved >= limit && (slice.pass !== undefined || over * 2 > moved) };
    });
  }

  /** All buckets that may be kept now, and the next, for processes whose clocks are ahead. */
  #kept(): Span {
    const now = Date.now();
    const count = Math.ceil(this.#retention / this.#buckets.width) + 2;
    if (count > MAX_BUCKETS) {
      throw new RangeError(
        `${count} buckets of ${this.#buckets.width} ms are kept, more than one call reads; hand in from and to, at most ` +
          `${MAX_BUCKETS} buckets apart`,
      );
    }
    return { first: this.#buckets.startOf('now', now) - (count - 2) * this.#buckets.width, count };
  }

  async #totalsIn(item: string, { first, count }: Span): Promise<BucketTotal[]> {
    const { width } = this.#buckets;
    const starts = Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => batch * BATCH);
    const batches = await Promise.all(
      starts.map((start) => this.#read(item, first + start * width, Math.min(BATCH, count - start))),
    );
    return batches.flat().map((total, index) => ({ at: first + index * width, total }));
  }

  async #read(item: string, first: number, count: number): Promise<number[]> {
    const args = [item, first, count, this.#buckets.width, this.#retention];
    const sums = await runScript(this.#client, 'rollup-totals', [this.#keys.pendingOf(item)], args);
    return (sums as string[]).map(Number);
  }

  async #topOf(partition: number, start: number, count: number): Promise<ItemTotal[]> {
    const keys = [this.#keys.total(partition, start)];
    return itemTotals((await runScript(this.#client, 'rollup-top', keys, [count])) as string[]);
  }

  /** The sums of all items of a partition, one bucket after the other. */
  async #sumUp(partition: number, { first, count }: Span): Promise<ItemTotal[]> {
    const sums = new Map<string, number>();
    for (let bucket = 0; bucket < count; bucket++) {
      const keys = [this.#keys.total(partition, first + bucket * this.#buckets.width)];
      const read = (cursor: string) => runScript(this.#client, 'rollup-scan', keys, [cursor, PAGE]);
      // One that a page repeats counts once.
      const totals = new Map(itemTotals(await readPages(read)).map(({ item, total }) => [item, total]));
      for (const [item, total] of totals) sums.set(item, (sums.get(item) ?? 0) + total);
    }
    return Array.from(sums, ([item, total]) => ({ item, total }));
  }

  #ofEach<T>(read: (partition: number) => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from({ length: this.#keys.partitions }, (_, partition) => read(partition)));
  }
}

function largest(totals: readonly ItemTotal[], count: number): ItemTotal[] {
  return totals.toSorted((a, b) => b.total - a.total).slice(0, count);
}

function itemTotals(pairs: readonly string[]): ItemTotal[] {
  return Array.from({ length: pairs.length / 2 }, (_, index) => ({
    item: pairs[2 * index]!,
    total: Number(pairs[2 * index + 1]),
  }));
}
