import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../client.js';
import { runScript } from '../script.js';
import { send, type Wait } from '../send.js';
import type { CursorKeys } from './cursor-keys.js';
import type { ResolvedCursorJobOptions } from './cursor-job.options.js';
import type { NextAttempt } from './next-attempt.js';

/** A place in a partition at which this process is to work. */
export interface Claim {
  readonly partition: number;
  /** Grows whenever the cursor moves: a cursor may come back, a version does not. */
  readonly version: string;
  /** The cursor as it is kept, '' at the beginning. */
  readonly cursor: string;
  /** Items to ask for at most. */
  readonly limit: number;
  /** Attempts at a single item here that have failed. */
  readonly failures: number;
  /** Why the last attempt failed; '' when none did. */
  readonly error: string;
}

/** That no partition has anything to do now. */
export interface Nothing {
  /** ms until one falls due by itself; undefined for never. */
  readonly dueIn: number | undefined;
}

/** What a slice has done at its claim. */
export interface Move {
  /** As it is kept; '' at the end of the data. */
  readonly next: string;
  readonly done: number;
  readonly changed: number;
  /** Items to ask for next time; undefined for as many as ever. */
  readonly limit: number | undefined;
  /** Records of items set aside. */
  readonly dead: readonly string[];
}

/** The fields of a state that others may see. */
const FIELDS = 'cursor done changed sweeps dead startedAt ended error earlierAt earlierDone'.split(' ');

/** The cursors in Redis. Each method is one round trip. */
export class CursorStore {
  readonly #worker = randomUUID();

  constructor(
    private readonly client: RedisClient,
    private readonly keys: CursorKeys,
    private readonly name: string,
    private readonly options: ResolvedCursorJobOptions,
  ) {}

  /**
   * Claims the first of these partitions that has work.
   *
   * @throws Error when too many of its items were set aside, or its sweep was begun with another number of partitions.
   */
  async claim(partitions: readonly number[], limit: number, wait: Wait): Promise<Claim | Nothing> {
    const { leaseTtl, every, maxDead, partitions: count } = this.options;
    const reply = (await runScript(
      this.client,
      'cursor-job-claim',
      partitions.map((partition) => this.keys.state(partition)),
      [this.#worker, leaseTtl, every, limit, maxDead, count],
      wait,
    )) as [number, ...unknown[]];
    const [index] = reply;
    if (index === 0) return { dueIn: Number(reply[1]) < 0 ? undefined : Number(reply[1]) };
    if (index < 0) throw this.#refusal(index, partitions[Number(reply[1]) - 1]!, Number(reply[2]));
    const [, version, cursor, ask, failures, error] = reply;
    return {
      partition: partitions[index - 1]!,
      version: String(version),
      cursor: String(cursor),
      limit: Number(ask),
      failures: Number(failures),
      error: String(error),
    };
  }

  /** Moves the cursor; false when another worker has. */
  async move(
    { partition, version }: Claim,
    { next, done, changed, limit, dead }: Move,
    wait: Wait,
  ): Promise<boolean> {
    const keys = [this.keys.state(partition), this.keys.dead(partition)];
    const args = [version, this.#worker, next, done, changed, limit ?? '', ...dead];
    return (await runScript(this.client, 'cursor-job-move', keys, args, wait)) === 1;
  }

  /** Leaves the cursor where it was, for another attempt. */
  async giveBack(
    { partition, version }: Claim,
    attempt: NextAttempt,
    error: string,
    wait: Wait,
  ): Promise<void> {
    const args = [version, this.#worker, attempt.limit, attempt.failures, attempt.wait, error];
    await runScript(this.client, 'cursor-job-give-back', [this.keys.state(partition)], args, wait);
  }

  async seek(partition: number, cursor: string): Promise<void> {
    await runScript(this.client, 'cursor-job-seek', [this.keys.state(partition)], [cursor]);
  }

  /** The fields of a partition's state. */
  async read(partition: number): Promise<ReadonlyMap<string, string>> {
    const values = (await send(this.client, 'HMGET', [this.keys.state(partition)], FIELDS)) as unknown[];
    const entries = FIELDS.map((field, index) => [field, values[index] ?? undefined] as const);
    return new Map(entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
  }

  async dead(partition: number, most: number): Promise<string[]> {
    return (await send(this.client, 'LRANGE', [this.keys.dead(partition)], [0, most - 1])) as string[];
  }

  async forgetDead(partition: number): Promise<number> {
    const keys = [this.keys.state(partition), this.keys.dead(partition)];
    return Number(await runScript(this.client, 'cursor-job-forget-dead', keys));
  }

  /** The server's time: ms since the epoch. */
  async now(): Promise<number> {
    const [seconds, microseconds] = ((await send(this.client, 'TIME')) as unknown[]).map(Number);
    return seconds! * 1000 + Math.floor(microseconds! / 1000);
  }

  #refusal(why: number, partition: number, count: number): Error {
    if (why === -2) return this.#otherPartitions(partition, count);
    return new Error(
      `"${this.name}" has set ${count} items of partition ${partition} aside, and stops there: look at dead(), ` +
        `mend the cause, and call forgetDead().`,
    );
  }
  /** Items that belong to another partition now would be skipped where its cursor is ahead. */
  #otherPartitions(partition: number, count: number): Error {
    return new Error(
      `"${this.name}" is half-way through partition ${partition} as one of ${count}, and this process has ` +
        `${this.options.partitions} partitions: call reset() to begin anew, or give the pass another name.`,
    );
  }
}
