import type { OnModuleInit } from '@nestjs/common';
import { callback, integer, required } from '../../options/option.js';
import type { OptionTable } from '../../options/option-table.js';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import { checkTexts, KEY_PART } from '../arguments.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import type { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { structureOf } from '../structure.js';
import { CheckedSource, type QueueSource } from './queue-source.js';
import { TrackedSet } from './tracked-set.js';

/** Identifiers that one call or slice may name: a longer script would hold the server for more than a millisecond. */
const MOST_IDS = 250;

/** What a user of Redis has to be allowed to run. */
export const QUEUE_TRACKER_COMMANDS = commandsOf(/^queue-tracker-/, ['HMGET']);

/** Where a {@link QueueTracker} looks, and how much at a time. */
export interface QueueTrackerOptions extends QueueSource {
  /** Identifiers that a slice adds or checks at most: 1 to 250. @default 100 */
  limit?: number | undefined;
  /** What all keys begin with. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
}

const OPTIONS = {
  limit: integer(1, MOST_IDS, 100),
  prefix: KEY_PART,
  nextQueued: required(callback()),
  stillQueued: required(callback()),
} satisfies OptionTable<QueueTrackerOptions>;

/**
 * A set of the items that have work queued elsewhere, in a task queue or a database, so that "is anything pending for
 * this item?" costs one command.
 *
 * It is a job: decorate a subclass with `@StealableJob()`. Half of its slices read the queue onwards and add what they
 * find, half check a random sample and remove what is queued no more. The set is roughly current: an item stays in it
 * for a while after its work is done. What has been queued for longer than {@link sweepAge} is in it for certain, and
 * what producers {@link markQueued} is at once.
 *
 * All methods throw a TypeError or RangeError that quotes a wrong argument, and reject as the client does when Redis
 * does not answer; a write that timed out may still have been applied.
 */
export class QueueTracker implements Job, OnModuleInit {
  readonly #set: TrackedSet;
  readonly #source: CheckedSource;
  readonly #limit: number;
  readonly #needed: NeededCommands;
  #addsNext = Math.random() < 0.5;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param name - of this set: not blank, without braces.
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

  /** Whether an item has work queued, as far as is known. */
  async isQueued(id: string): Promise<boolean> {
    const [isQueued] = await this.areQueued([id]);
    return isQueued === true;
  }

  /** The same of 1 to 250 items, in their order. */
  async areQueued(ids: readonly string[]): Promise<boolean[]> {
    checkTexts('ids', ids, MOST_IDS);
    return this.#set.has(ids);
  }

  /** How many items have work queued, as far as is known. */
  size(): Promise<number> {
    return this.#set.size();
  }

  /**
   * Age of the start of the last complete sweep: ms, Infinity before there was one, and when the set has been lost since
   * (evicted, or deleted). Whatever has been queued for longer is in the set.
   */
  sweepAge(): Promise<number> {
    return this.#set.sweepAge();
  }

  /**
   * For producers: adds 1 to 250 items without waiting for a sweep. Call it after the work is queued, or a slice may
   * remove them in between. Tells how many are new to the set.
   */
  async markQueued(...ids: string[]): Promise<number> {
    checkTexts('ids', ids, MOST_IDS);
    return this.#set.mark(ids);
  }

  /** One slice: adds up to `limit` items or checks as many. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    await this.#needed.check(slice);
    slice.signal.throwIfAborted();
    this.#addsNext = !this.#addsNext;
    if (this.#addsNext) return this.#add(slice);
    const sample = await this.#set.sample(this.#limit, slice);
    // Nothing to remove: the slice need not be for nothing.
    return sample.size === 0 ? this.#add(slice) : this.#remove(sample, slice);
  }

  /** What the callback answers is put into Redis even if the budget is spent by then, or a slow queue gets nowhere. */
  async #add(slice: Slice): Promise<Progress> {
    const place = await this.#set.look(slice);
    const { ids, next } = await this.#source.next(place.cursor, this.#limit, slice);
    const { added, hasMoved } = await this.#set.advance(place, next, ids, slice);
    // Another recruit read the same page: nothing is gained by more of us.
    if (!hasMoved) return { done: 0, more: false };
    if (next === '') return { done: ids.length, more: false };
    // A sweep goes on for ever, so reading on is no backlog, but for the first one, and for a page of which all was unknown.
    const isMore = place.sweptAt === undefined || added === ids.length;
    return { done: Math.max(1, ids.length), more: isMore };
  }

  async #remove(sample: ReadonlyMap<string, string>, slice: Slice): Promise<Progress> {
    const gone = await this.#source.gone([...sample.keys()], slice);
    const stamped = [...gone].flatMap((id) => [id, sample.get(id)!]);
    const done = gone.size === 0 ? 0 : await this.#set.remove(stamped, slice);
    // A smaller sample is the whole set, and a good one among many says that most are.
    return { done, more: done === this.#limit };
  }
}
