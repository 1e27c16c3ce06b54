import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send, type Wait } from '../lua/send.js';
import { idleConsumers } from './idle-consumers.js';

/** Consumers that one slice deletes at most. */
const MOST_RETIRED = 100;
/** Looks of a process at the consumers in the time that one has to be idle. */
const LOOKS = 10;
/** Entries that one slice trims at most. */
const MOST_TRIMMED = 1000;

/** An entry that has been pending too long, as it is handed to a {@link StreamReaper}'s handler. */
export interface StreamEntry {
  /** Its id in the stream, such as `1764028800000-0`. */
  readonly id: string;
  /** Of a name that comes twice, the last value. */
  readonly fields: Readonly<Record<string, string>>;
  /** Which delivery this is: 2 at least, the first was the consumer's own. */
  readonly deliveries: number;
}

/** What one claim came to. */
export interface Claim {
  readonly entries: readonly StreamEntry[];
  /** How many others are pending no more: dead letters, and entries that somebody has deleted. */
  readonly settled: number;
  readonly isMore: boolean;
}

/** A consumer group of a stream, and the stream of its dead letters. */
export class StreamGroup {
  /** Where the next claim begins. Each process goes round by itself. */
  #next = '0-0';
  /** When to look at the consumers again: by `performance.now()`. */
  #lookAt = -Infinity;

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
    };
  }

  async acknowledge({ id }: StreamEntry, wait: Wait): Promise<void> {
    await send(this.client, 'XACK', [this.stream], [this.group, id], wait);
  }

  /**
   * Gives entries back as if they had not been delivered.
   *
   * @param idle - ms for which they are idle from now on: as many as they have to be, for the next slice to have them.
   */
  async giveBack(
    consumer: string,
    idle: number,
    entries: readonly { id: string; has: number; shallHave: number }[],
    wait: Wait,
  ): Promise<void> {
    const counts = entries.flatMap(({ id, has, shallHave }) => [id, has, shallHave]);
    const args = [this.group, consumer, idle, ...counts];
    await runScript(this.client, 'stream-reaper-give-back', [this.stream], args, wait);
  }

  async bury({ id, deliveries }: StreamEntry, reason: string, wait: Wait): Promise<void> {
    const keys = [this.stream, this.deadLetter];
    await runScript(this.client, 'stream-reaper-bury', keys, [this.group, id, deliveries, reason], wait);
  }

  /**
   * Deletes consumers that have been idle for so many ms and own nothing; tells how many, and whether there are more.
   * Redis tells of all consumers or none, so each process looks a few times in that time only.
   */
  async retire(idle: number, wait: Wait): Promise<{ retired: number; isMore: boolean }> {
    const now = performance.now();
    if (now < this.#lookAt) return { retired: 0, isMore: false };
    const names = await idleConsumers(this.client, this.stream, this.group, idle, wait);
    const some = names.slice(0, MOST_RETIRED);
    const isMore = some.length < names.length;
    if (!isMore) this.#lookAt = now + idle / LOOKS;
    if (some.length === 0) return { retired: 0, isMore };
    const args = [this.group, ...some];
    return {
      retired: Number(await runScript(this.client, 'stream-reaper-retire', [this.stream], args, wait)),
      isMore,
    };
  }

  /** Deletes entries older than so many ms that no group needs; tells how many, and whether there may be more. */
  async trim(age: number, wait: Wait): Promise<{ trimmed: number; isMore: boolean }> {
    const trimmed = Number(
      await runScript(this.client, 'stream-reaper-trim', [this.stream], [age, MOST_TRIMMED], wait),
    );
    // Whole nodes go, so the bound is hardly ever met exactly.
    return { trimmed, isMore: trimmed * 2 > MOST_TRIMMED };
  }
}

function readEntry([id, deliveries, pairs]: [string, number, string[]]): StreamEntry {
  const fields: [string, string][] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) fields.push([pairs[index]!, pairs[index + 1]!]);
  return { id, deliveries: Number(deliveries), fields: Object.fromEntries(fields) };
}
