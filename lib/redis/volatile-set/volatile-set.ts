import type { OnModuleInit } from '@nestjs/common';
import { integer } from '../../options/option.js';
import type { OptionTable } from '../../options/option-table.js';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import { checkList, checkText, checkTexts, KEY_PART, lifetimeOf } from '../arguments.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import type { NeededCommands } from '../connection/needed-commands.js';
import { PartitionedJob } from '../partitions/partitioned-job.js';
import { runScript } from '../lua/script.js';
import { commandsOf } from '../lua/script-commands.js';
import { structureOf } from '../structure.js';
import { MemberPartitions } from './member-partitions.js';

/** Maximum members of one call: a longer script would hold the server for more than a millisecond. */
const MAX_MEMBERS = 250;
/** Maximum members that one slice removes. */
const MAX_REAPED = 500;

/** The commands that a user of Redis must be allowed to run. */
export const VOLATILE_SET_COMMANDS = commandsOf(/^volatile-set-/);

/** The options of a {@link VolatileSet}. */
export interface VolatileSetOptions {
  /**
   * Parts that the members are spread over, and with them the slots of a Cluster: 1 to 16,384. Must be the same in all
   * processes, and stay so. @default 1
   */
  partitions?: number | undefined;
  /** Maximum members that one slice removes: 1 to 500. @default 200 */
  limit?: number | undefined;
  /** Prefix of all keys. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
}

const OPTIONS = {
  partitions: integer(1, 16_384, 1),
  limit: integer(1, MAX_REAPED, 200),
  prefix: KEY_PART,
} satisfies OptionTable<VolatileSetOptions>;

/** How long a member lives. */
export interface MemberLifetime {
  /** Time to live: ms above 0. Without it the member stays. */
  ttl?: number;
}

/**
 * A set whose members each have a time to live of their own.
 *
 * It is a job: decorate a subclass with `@StealableJob()`. Its slices remove overdue members.
 *
 * - A member past its time is never returned or counted, though it may not be removed yet.
 * - Times are by the server's clock.
 * - Calls that name members are one round trip, and atomic within each partition.
 *
 * All methods throw a TypeError or
 * RangeError that quotes a wrong argument, and reject as the client does when Redis does not answer; a write that timed
 * out may still have been applied.
 */
export class VolatileSet implements Job, OnModuleInit {
  /** Any process can do its work. */
  readonly fleetWide = true;
  readonly #client: RedisLike;
  readonly #partitions: MemberPartitions;
  readonly #reaping: PartitionedJob;
  readonly #limit: number;
  readonly #needed: NeededCommands;

  /**
   * @param redis - a client of ioredis, or the connection that `WorkStealingRedisModule` provides.
   * @param name - name of this set: not blank, without braces.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: VolatileSetOptions = {}) {
    const set = structureOf('VolatileSet', redis, name, OPTIONS, options);
    const parts = new MemberPartitions(set.client, set.prefix, name, set.partitions);
    this.#client = set.client;
    this.#partitions = parts;
    this.#reaping = new PartitionedJob(set.client, set.partitions, (partition) => parts.key(partition));
    this.#limit = set.limit;
    this.#needed = set.needs(VOLATILE_SET_COMMANDS);
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  async onModuleInit(): Promise<void> {
    await this.#needed.checkAtBootstrap();
  }

  /**
   * Adds a member, or 1 to 250, all with the same time to live, and returns how many are new. Without a time to live they
   * stay, whatever they had before.
   */
  async add(members: string | readonly string[], lifetime: MemberLifetime = {}): Promise<number> {
    const replies = await this.#partitions.runFor('volatile-set-add', listOf(members), [
      lifetimeOf(lifetime) ?? '',
    ]);
    return sumOf(replies.map(({ reply }) => Number(reply)));
  }

  /** Whether a member is there. */
  async has(member: string): Promise<boolean> {
    const [isThere] = await this.hasMany([member]);
    return isThere === true;
  }

  /** Whether each of 1 to 250 members is there, in their order. */
  async hasMany(members: readonly string[]): Promise<boolean[]> {
    checkList('members', members);
    const left = await this.#timesOf(members);
    return members.map((member) => left.get(member) !== undefined);
  }

  /** Time to live of a member: ms, Infinity when it stays, undefined when it is not there. */
  async ttl(member: string): Promise<number | undefined> {
    return (await this.#timesOf([member])).get(member);
  }

  /**
   * Gives a member, or 1 to 250, a new time to live, and returns how many were there. Without a time to live they stay.
   * Members that are missing or past their time are not added.
   */
  async touch(members: string | readonly string[], lifetime: MemberLifetime = {}): Promise<number> {
    const replies = await this.#partitions.runFor('volatile-set-touch', listOf(members), [
      lifetimeOf(lifetime) ?? '',
    ]);
    return sumOf(replies.flatMap(({ reply }) => (reply as unknown[]).map(Number)));
  }

  /** Removes a member, or 1 to 250, and returns how many were there. */
  async remove(members: string | readonly string[]): Promise<number> {
    const replies = await this.#partitions.runFor('volatile-set-remove', listOf(members));
    return sumOf(replies.map(({ reply }) => Number(reply)));
  }

  /**
   * All members, in no order, read some 200 at a time. A member that is there all the while is returned, and none twice; one
   * that is added or removed meanwhile may be returned or not.
   */
  members(): Promise<string[]> {
    return this.#partitions.readAll();
  }

  /** Number of members. */
  async size(): Promise<number> {
    return sumOf(await this.#partitions.runInAll('volatile-set-size'));
  }

  /** For how long the longest overdue member has been overdue: ms, 0 when none is. */
  async oldestOverdue(): Promise<number> {
    return Math.max(...(await this.#partitions.runInAll('volatile-set-overdue')));
  }

  /** Does one slice: removes up to `limit` overdue members. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    await this.#needed.check(slice);
    slice.signal.throwIfAborted();
    return this.#reaping.work(slice, this.#limit, async ({ keys, limit }) => {
      const done = Number(await runScript(this.#client, 'volatile-set-reap', keys, [limit], slice));
      return { done, isMore: done >= limit };
    });
  }

  async #timesOf(members: readonly string[]): Promise<Map<string, number | undefined>> {
    const replies = await this.#partitions.runFor('volatile-set-ttl', listOf(members));
    return new Map(
      replies.flatMap(({ members: group, reply }) =>
        group.map((member, index) => [member, timeOf(Number((reply as unknown[])[index]))] as const),
      ),
    );
  }
}

function listOf(members: string | readonly string[]): readonly string[] {
  const list = typeof members === 'string' ? [members] : members;
  if (!Array.isArray(list)) checkText('member', list);
  checkTexts('members', list, MAX_MEMBERS);
  return list;
}

function timeOf(left: number): number | undefined {
  return left === -2 ? undefined : left === -1 ? Infinity : left;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
