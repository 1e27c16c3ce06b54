import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send, type Wait } from '../lua/send.js';
import { idleConsumers } from './idle-consumers.js';

/** Where a claim begins that begins at the first pending entry. */
const START = '0-0';
/** Maximum consumers that one slice deletes. */
const MAX_RETIRED = 100;
/** How often a process reads the consumers in the time after which an idle one is deleted. */
const READS_PER_IDLE_TIME = 10;
/** Maximum entries that one slice trims. */
const MAX_TRIMMED = 1000;

/** An entry that has been pending too long, as the handler of a {@link StreamReaper} receives it. */
export interface StreamEntry {
  /** Its id in the stream, such as `1764028800000-0`. */
  readonly id: string;
  /** The fields by name; a name that occurs twice has the last value. */
  readonly fields: Readonly<Record<string, string>>;
  /** Which delivery this is: 2 at least, the first was the consumer's own. */
  readonly deliveries: number;
}

/** The result of one claim. */
export interface Claim {
  readonly entries: readonly StreamEntry[];
  /** How many others are no longer pending: dead letters, and entries that were deleted. */
  readonly settled: number;
  readonly isMore: boolean;
  /** Whether the next claim begins at the first pending entry again. */
  readonly isAtEnd: boolean;
}

/** A consumer group of a stream, and the stream of its dead letters. */
export class StreamGroup {
  /** Where the next claim begins, in this process. */
  #next = START;
  /** When the consumers are read again: by `performance.now()`. */
  #consumersDueAt = -Infinity;

  constructor(
    private readonly client: RedisLike,
    private readonly stream: string,
    private readonly group: string,
    private readonly deadLetter: string,
  ) {}

  async claim(
    consumer: string,
    idle: number,
    limit: number,
    maxDeliveries: number,
    wait: Wait,
  ): Promise<Claim> {
    const args = [this.group, consumer, idle, this.#next, limit, maxDeliveries];
    const keys = [this.stream, this.deadLetter];
    const reply = (await runScript(this.client, 'stream-reaper-claim', keys, args, wait)) as unknown[];
    const [next, more, buried, deleted, ...entries] = reply;
    this.#next = String(next);
    return {
      entries: entries.map((entry) => readEntry(entry as [string, number, string[]])),
      settled: Number(buried) + Number(deleted),
      isMore: Number(more) === 1,
      isAtEnd: this.#next === START,
    };
  }

  /** The next claim begins at the first pending entry, and the consumers are read again. */
  beginAgain(): void {
    this.#next = START;
    this.#consumersDueAt = -Infinity;
  }

  async acknowledge({ id }: StreamEntry, wait: Wait): Promise<void> {
    await send(this.client, 'XACK', [this.stream], [this.group, id], wait);
  }

  /**
   * Gives entries back as if they had not been delivered.
   *
   * @param idle - the idle time that they have from now on: ms. The next slice may claim them if it is long enough.
   */
  async giveBack(
    consumer: string,
    idle: number,
    entries: readonly { id: string; deliveries: number; newDeliveries: number }[],
    wait: Wait,
  ): Promise<void> {
    const counts = entries.flatMap(({ id, deliveries, newDeliveries }) => [id, deliveries, newDeliveries]);
    const args = [this.group, consumer, idle, ...counts];
    await runScript(this.client, 'stream-reaper-give-back', [this.stream], args, wait);
  }

  async bury({ id, deliveries }: StreamEntry, reason: string, wait: Wait): Promise<void> {
    const keys = [this.stream, this.deadLetter];
    await runScript(this.client, 'stream-reaper-bury', keys, [this.group, id, deliveries, reason], wait);
  }

  /**
   * Deletes consumers that have been idle for `idle` ms and own nothing; returns how many, and whether there are more.
   * Redis returns all consumers or none, so each process reads them only a few times in that time.
   */
  async retire(idle: number, wait: Wait): Promise<{ retired: number; isMore: boolean }> {
    const now = performance.now();
    if (now < this.#consumersDueAt) return { retired: 0, isMore: false };
    const names = await idleConsumers(this.client, this.stream, this.group, idle, wait);
    const some = names.slice(0, MAX_RETIRED);
    const isMore = some.length < names.length;
    if (!isMore) this.#consumersDueAt = now + idle / READS_PER_IDLE_TIME;
    if (some.length === 0) return { retired: 0, isMore };
    const args = [this.group, ...some];
    return {
      retired: Number(await runScript(this.client, 'stream-reaper-retire', [this.stream], args, wait)),
      isMore,
    };
  }

  /** Deletes entries older than `age` ms that no group needs; returns how many, and whether there may be more. */
  async trim(age: number, wait: Wait): Promise<{ trimmed: number; isMore: boolean }> {
    const trimmed = Number(
      await runScript(this.client, 'stream-reaper-trim', [this.stream], [age, MAX_TRIMMED], wait),
    );
    // Whole nodes go, so the bound is hardly ever met exactly.
    return { trimmed, isMore: trimmed * 2 > MAX_TRIMMED };
  }
}

function readEntry([id, deliveries, pairs]: [string, number, string[]]): StreamEntry {
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) fields.push([pairs[index]!, pairs[index + 1]!]);
  return { id, deliveries: Number(deliveries), fields: Object.fromEntries(fields) };
}
