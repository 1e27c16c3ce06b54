import type { OnModuleInit } from '@nestjs/common';
import { scopeProblem } from '../../cursor-job/sweep.options.js';
import { callback, integer, required } from '../../options/option.js';
import type { OptionTable } from '../../options/option-table.js';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import type { JobOptions } from '../../recruiter/job-options.js';
import { checkTexts, KEY_PART } from '../arguments.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import type { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { PassMemory } from '../partitions/pass-memory.js';
import { structureOf } from '../structure.js';
import { CheckedSource, type QueueSource } from './queue-source.js';
import { TrackedSet, type SweepPlace } from './tracked-set.js';

/** Maximum identifiers of one call or slice: a longer script would hold the server for more than a millisecond. */
const MAX_IDS = 250;

/** The commands that a user of Redis must be allowed to run. */
export const QUEUE_TRACKER_COMMANDS = commandsOf(/^queue-tracker-/, ['HMGET']);

/** The source that a {@link QueueTracker} reads, and how much it reads at a time. */
export interface QueueTrackerOptions extends QueueSource {
  /** Maximum identifiers that a slice adds or checks: 1 to 250. @default 100 */
  limit?: number | undefined;
  /** Prefix of all keys. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
}

const OPTIONS = {
  limit: integer(1, MAX_IDS, 100),
  prefix: KEY_PART,
  nextQueued: required(callback()),
  stillQueued: required(callback()),
} satisfies OptionTable<QueueTrackerOptions>;

/**
 * A set of the items that have work queued elsewhere, in a task queue or a database, so that "is anything pending for
 * this item?" costs one command.
 *
 * It is a job: decorate a subclass with `@StealableJob()`.
 *
 * - Half of its slices read the next page of the queue and add its items; half check a random sample, and remove items that
 *   are no longer queued.
 * - Under `every` each pass reads the whole queue, then checks all items that it has not found there.
 * - The set is roughly current: an item stays in it for a while after its work is done.
 * - An item that has been queued for longer than {@link sweepAge} is in it.
 * - An item that a producer passes to {@link markQueued} is in it at once.
 *
 * All methods throw a TypeError or RangeError that quotes a wrong argument, and reject as the client does when Redis
 * does not answer; a write that timed out may still have been applied.
 */
export class QueueTracker implements Job, OnModuleInit {
  /** Any process can do its work. */
  readonly fleetWide = true;
  readonly #set: TrackedSet;
  readonly #source: CheckedSource;
  readonly #limit: number;
  readonly #needed: NeededCommands;
  /** The check of this process in the current pass: the cursor of its scan, and whether the scan has ended. */
  readonly #checks = new PassMemory(() => ({ cursor: '0', hasEnded: false }));
  #addsNext = Math.random() < 0.5;

  /**
   * @param redis - a client of ioredis, or the connection that `WorkStealingRedisModule` provides.
   * @param name - name of this set: not blank, without braces.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: QueueTrackerOptions) {
    const tracker = structureOf('QueueTracker', redis, name, OPTIONS, options);
    this.#source = new CheckedSource(tracker.owner, options);
    this.#limit = tracker.limit;
    this.#set = new TrackedSet(tracker.client, tracker.prefix, name);
    this.#needed = tracker.needs(QUEUE_TRACKER_COMMANDS);
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  async onModuleInit(): Promise<void> {
    await this.#needed.checkAtBootstrap();
  }

  /** What is wrong with the options under which it is declared: `every` once in each process. */
  problemsWith(options: JobOptions): readonly string[] {
    const problem = scopeProblem(options);
    return problem === undefined ? [] : [problem];
  }

  /** Whether an item has work queued, as far as known. */
  async isQueued(id: string): Promise<boolean> {
    const [isQueued] = await this.areQueued([id]);
    return isQueued === true;
  }

  /** Whether each of 1 to 250 items has work queued, in their order. */
  async areQueued(ids: readonly string[]): Promise<boolean[]> {
    checkTexts('ids', ids, MAX_IDS);
    return this.#set.has(ids);
  }

  /** How many items have work queued, as far as known. */
  size(): Promise<number> {
    return this.#set.size();
  }

  /**
   * Age of the start of the last complete sweep: ms, Infinity before there was one, and when the set has been lost since
   * (evicted, or deleted). An item that has been queued for longer is in the set.
   */
  sweepAge(): Promise<number> {
    return this.#set.sweepAge();
  }

  /**
   * For producers: adds 1 to 250 items without waiting for a sweep, and returns how many are new to the set. Call it after
   * the work is queued, or a slice may remove them in between.
   */
  async markQueued(...ids: string[]): Promise<number> {
    checkTexts('ids', ids, MAX_IDS);
    return this.#set.mark(ids);
  }

  /** Does one slice: adds up to `limit` items, or checks up to `limit`. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    await this.#needed.check(slice);
    slice.signal.throwIfAborted();
    if (slice.pass !== undefined) return this.#pass(slice);
    this.#addsNext = !this.#addsNext;
    if (this.#addsNext) return this.#add(slice);
    const sample = await this.#set.sample(this.#limit, slice);
    // Nothing to remove: the slice need not be for nothing.
    return sample.size === 0 ? this.#add(slice) : this.#remove(sample, slice);
  }

  /** A slice of a pass: first the whole queue is read, then the items are checked that were not found there. */
  async #pass(slice: Slice): Promise<Progress> {
    const place = await this.#set.read(slice, slice.pass);
    if (place.passState === 'over') return { done: 0, more: false };
    if (place.passState === 'check') return this.#check(place, slice);
    const { ids, hasMoved } = await this.#addPage(place, slice);
    return { done: hasMoved ? Math.max(1, ids.length) : 0, more: true };
  }

  /** Each process scans the set for itself; an item that one has checked is new, or gone, for the others. */
  async #check({ passStamp }: SweepPlace, slice: Slice): Promise<Progress> {
    const scan = this.#checks.of(slice.pass)!;
    while (!scan.hasEnded) {
      const { next, stamps } = await this.#set.stale(scan.cursor, passStamp, slice);
      const ids = [...stamps.keys()].slice(0, this.#limit);
      if (ids.length > 0) {
        const gone = await this.#source.gone(ids, slice);
        const queued = ids.filter((id) => !gone.has(id));
        if (gone.size > 0) await this.#set.remove(stamped(gone, stamps), slice);
        if (queued.length > 0) await this.#set.mark(queued, slice);
      }
      // Items that were checked are not found again, so a page with too many of them is read once more.
      if (ids.length === stamps.size) {
        scan.cursor = next;
        scan.hasEnded = next === '0';
      }
      if (ids.length > 0 || slice.timeRemaining() <= 0) {
        return { done: Math.max(scan.hasEnded ? 0 : 1, ids.length), more: !scan.hasEnded };
      }
    }
    return { done: 0, more: false };
  }

  async #add(slice: Slice): Promise<Progress> {
    const place = await this.#set.read(slice);
    const { ids, next, added, hasMoved } = await this.#addPage(place, slice);
    // Another worker read the same page: nothing is gained by more slices.
    if (!hasMoved) return { done: 0, more: false };
    if (next === '') return { done: ids.length, more: false };
    // A sweep follows the other, so reading on is no backlog, except in the first one, and after a page of unknown items.
    const isMore = place.sweptAt === undefined || added === ids.length;
    return { done: Math.max(1, ids.length), more: isMore };
  }

  /** The page is put into Redis even if the budget is spent by then, or a slow queue would make no progress. */
  async #addPage(
    place: SweepPlace,
    slice: Slice,
  ): Promise<{ ids: string[]; next: string; added: number; hasMoved: boolean }> {
    const page = await this.#source.next(place.cursor, this.#limit, slice);
    return { ...page, ...(await this.#set.advance(place, page.next, page.ids, slice)) };
  }

  async #remove(sample: ReadonlyMap<string, string>, slice: Slice): Promise<Progress> {
    const gone = await this.#source.gone([...sample.keys()], slice);
    const done = gone.size === 0 ? 0 : await this.#set.remove(stamped(gone, sample), slice);
    // A smaller sample is the whole set, and a good one among many says that most are.
    return { done, more: done === this.#limit };
  }
}

/** `[identifier, stamp, …]` of some identifiers. */
function stamped(ids: Iterable<string>, stamps: ReadonlyMap<string, string>): string[] {
  return [...ids].flatMap((id) => [id, stamps.get(id)!]);
}
