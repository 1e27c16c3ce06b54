import type { OnModuleInit } from '@nestjs/common';
import { hadItsShare, isClosing } from '../../cursor-job/blame.js';
import { describeValue } from '../../options/describe-value.js';
import { callback, integer, orFalse, required } from '../../options/option.js';
import { checkedOptions, type OptionTable } from '../../options/option-table.js';
import type { Job, Progress, Slice } from '../../recruiter/job.js';
import { checkText, TEXT } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { NeededCommands } from '../connection/needed-commands.js';
import { commandsOf } from '../lua/script-commands.js';
import { isServersFault, type Wait } from '../lua/send.js';
import { PassMemory } from '../partitions/pass-memory.js';
import { allOf, takeInTime } from '../lua/slice-replies.js';
import { deadLetterKey } from './dead-letter-key.js';
import { StreamGroup, type Claim, type StreamEntry } from './stream-group.js';

/** Maximum entries that one slice claims: a longer script would hold the server for more than a millisecond. */
const MAX_CLAIMED = 50;
const MAX_TIME_MS = 2 ** 45;
const MAX_REASON_LENGTH = 1000;

/** The commands that a user of Redis must be allowed to run. */
export const STREAM_REAPER_COMMANDS = commandsOf(/^stream-reaper-/, ['XACK', 'XINFO CONSUMERS']);

/** The options of a {@link StreamReaper}: its group, and when an entry or a consumer is given up. */
export interface StreamReaperOptions {
  /** The consumer group: it must exist. */
  group: string;
  /**
   * Does the work that the consumer has not done. An entry whose handler returns or resolves is acknowledged; one whose
   * handler throws or rejects stays pending, and is delivered again after `idle`. All entries of a slice are handled at
   * once.
   */
  handler(entry: StreamEntry, slice: Slice): unknown;
  /** Time with its consumer after which an entry is claimed: ms above 0, longer than its work ever takes. @default 60_000 */
  idle?: number | undefined;
  /** Deliveries of an entry, including the consumer's own, before it is a dead letter: 1 to 1,000. @default 5 */
  maxDeliveries?: number | undefined;
  /** Key of the dead-letter stream; in a Cluster of the same slot. @default the stream's with `:dead`, in braces if need be */
  deadLetter?: string | undefined;
  /** The name under which entries are claimed, in all processes. @default work-stealing */
  consumer?: string | undefined;
  /** Maximum entries that one slice claims: 1 to 50. @default 10 */
  limit?: number | undefined;
  /** Idle time after which a consumer that owns nothing is deleted: ms; false: never. @default 3_600_000 */
  consumerIdle?: number | false | undefined;
  /** Time for which entries are kept after all groups are done with them: ms; false: no limit. @default false */
  maxAge?: number | false | undefined;
}

/** Options with nothing left open. */
type ResolvedOptions = { [K in keyof StreamReaperOptions]-?: Exclude<StreamReaperOptions[K], undefined> };

const OPTIONS = {
  group: required(TEXT),
  handler: required(callback()),
  idle: integer(1, MAX_TIME_MS, 60_000),
  maxDeliveries: integer(1, 1000, 5),
  deadLetter: TEXT,
  consumer: { ...TEXT, fallback: 'work-stealing' },
  limit: integer(1, MAX_CLAIMED, 10),
  consumerIdle: orFalse(integer(1, MAX_TIME_MS, 3_600_000)),
  maxAge: orFalse(integer(0, MAX_TIME_MS, false)),
} satisfies OptionTable<StreamReaperOptions>;

/**
 * Maintains a consumer group of a stream. It is a job: decorate a subclass with `@StealableJob()`.
 *
 * - It claims entries that have been pending too long, and passes them to a handler.
 * - It moves entries that keep failing to a dead-letter stream.
 * - It deletes consumers that are gone, and trims entries by age that no group needs.
 * - An entry is handled at least once, so handlers must be idempotent.
 * - A slice in which handlers have failed rejects with an AggregateError of their errors.
 * - Under `every` each pass reads all pending entries, from the first to the last.
 */
export class StreamReaper implements Job, OnModuleInit {
  /** Any process can do its work. */
  readonly fleetWide = true;
  readonly #client: RedisLike;
  readonly #owner: string;
  readonly #group: StreamGroup;
  readonly #needed: NeededCommands;
  readonly #options: ResolvedOptions;
  /** Whether this process has scanned all pending entries in the current pass; a new pass begins with the first one. */
  readonly #scans = new PassMemory(() => {
    this.#group.beginAgain();
    return { hasEnded: false };
  });

  /**
   * @param redis - a client of ioredis, or the connection that `WorkStealingRedisModule` provides.
   * @param stream - key of the stream, as it is: without the connection's prefix.
   * @throws TypeError or RangeError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, stream: string, options: StreamReaperOptions) {
    checkText('stream', stream);
    const { client } = connectionOf(redis);
    this.#client = client;
    this.#owner = `StreamReaper "${stream}"`;
    const resolved = checkedOptions(this.#owner, OPTIONS, options);
    this.#options = { ...resolved, deadLetter: deadLetterKey(client, stream, resolved.deadLetter) };
    this.#group = new StreamGroup(client, stream, this.#options.group, this.#options.deadLetter);
    this.#needed = new NeededCommands(client, this.#owner, STREAM_REAPER_COMMANDS, `${stream}:probe`);
  }

  /** Key of the dead-letter stream. An entry there has its own fields, and `dead-letter.id`, `.group`, `.deliveries`, `.reason`. */
  get deadLetter(): string {
    return this.#options.deadLetter;
  }

  /** Refuses a server that lacks a command; one that does not answer yet is asked again before the first slice. */
  async onModuleInit(): Promise<void> {
    await this.#needed.checkAtBootstrap();
  }

  /** Does one slice: claims up to `limit` entries, and handles them. Any number of workers may do so at once. */
  async recruited(slice: Slice): Promise<Progress> {
    const begun = performance.now();
    await this.#needed.check(slice);
    slice.signal.throwIfAborted();
    const { consumer, idle, limit, maxDeliveries } = this.#options;
    const scan = this.#scans.of(slice.pass);
    const [claim, upkeep] = await Promise.allSettled([
      takeInTime(
        this.#client,
        slice,
        (wait) => this.#group.claim(consumer, idle, limit, maxDeliveries, wait),
        ({ entries }) => {
          this.#group.beginAgain();
          return this.#giveBack(entries, idle, {});
        },
      ),
      this.#upkeep(slice),
    ]);
    // Entries that were claimed are handled first, whatever became of the rest.
    if (claim.status === 'rejected') throw claim.reason;
    try {
      await this.#handle(claim.value, slice, begun);
    } catch (error) {
      // Entries that were given back may be behind the place of a pass' scan.
      if (scan !== undefined) this.#group.beginAgain();
      throw error;
    }
    if (upkeep.status === 'rejected') throw upkeep.reason;
    const done = claim.value.entries.length + claim.value.settled + upkeep.value.done;
    if (scan === undefined) return { done, more: claim.value.isMore || upkeep.value.isMore };
    scan.hasEnded ||= claim.value.isAtEnd;
    // Reading on is a step of work, though no entry was pending too long.
    return { done: scan.hasEnded ? done : Math.max(1, done), more: !scan.hasEnded || upkeep.value.isMore };
  }

  /** Sent together with the claim: costs no further round trip. */
  async #upkeep(slice: Slice): Promise<{ done: number; isMore: boolean }> {
    const { consumerIdle, maxAge } = this.#options;
    const [consumers, entries] = await allOf([
      consumerIdle === false ? { retired: 0, isMore: false } : this.#group.retire(consumerIdle, slice),
      maxAge === false ? { trimmed: 0, isMore: false } : this.#group.trim(maxAge, slice),
    ]);
    return { done: consumers.retired + entries.trimmed, isMore: consumers.isMore || entries.isMore };
  }

  /** All at once: each entry is counted as delivered already, however short the slice is. */
  async #handle({ entries }: Claim, slice: Slice, begun: number): Promise<void> {
    if (isClosing(slice) && entries.length > 0) {
      await this.#giveBack(entries, this.#options.idle, slice);
      slice.signal.throwIfAborted();
    }
    const open = new Set(entries);
    // The process may be gone before its handlers have ended.
    const excuse = () => {
      if (isClosing(slice)) void this.#giveBack([...open], 0, slice);
    };
    slice.signal.addEventListener('abort', excuse, { once: true });
    const results = await Promise.allSettled(
      entries.map((entry) => this.#handleOne(entry, slice, begun).finally(() => open.delete(entry))),
    );
    slice.signal.removeEventListener('abort', excuse);
    const errors = results.flatMap((result): unknown[] =>
      result.status === 'rejected' ? [result.reason] : [],
    );
    if (errors.length === 0) return;
    throw new AggregateError(
      errors,
      `${this.#owner}: ${errors.length} of ${entries.length} entries failed, the first with ${reasonOf(errors[0])}`,
    );
  }

  async #handleOne(entry: StreamEntry, slice: Slice, sliceBegun: number): Promise<void> {
    const begun = performance.now();
    try {
      await this.#options.handler(entry, slice);
    } catch (error) {
      const { idle, maxDeliveries } = this.#options;
      if (isClosing(slice)) await this.#giveBack([entry], idle, slice, false);
      else if (isServersFault(error)) await this.#giveBack([entry], 0, slice);
      else if (!hadItsShare(slice, sliceBegun, begun)) await this.#giveBack([entry], idle, slice);
      else if (entry.deliveries >= maxDeliveries) await this.#group.bury(entry, reasonOf(error), slice);
      throw error;
    }
    await this.#group.acknowledge(entry, slice);
  }

  /**
   * Gives entries back, so that their delivery does not count.
   *
   * @param idle - the idle time that they have from now on: ms. The next slice may claim them if it is long enough.
   * @param isCounted - whether the delivery counts so far.
   */
  async #giveBack(
    entries: readonly StreamEntry[],
    idle: number,
    wait: Wait,
    isCounted = true,
  ): Promise<void> {
    const counts = entries.map(({ id, deliveries }) => ({
      id,
      deliveries: isCounted ? deliveries : deliveries - 1,
      newDeliveries: deliveries - 1,
    }));
    try {
      await this.#group.giveBack(this.#options.consumer, idle, counts, wait);
    } catch {
      // They stay pending, and are delivered again after `idle`.
    }
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : describeValue(error);
  return text.slice(0, MAX_REASON_LENGTH);
}
