import { randomUUID } from 'node:crypto';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send, type Wait } from '../lua/send.js';
import type { CursorKeys } from './cursor-keys.js';
import type { ResolvedCursorJobOptions } from './cursor-job.options.js';
import type { NextAttempt } from './next-attempt.js';

/** A place in a partition at which a slice works. */
export interface Claim {
  /** No two claims have the same, nor do two slices of one process. */
  readonly name: string;
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

/** A partition that is passed by, because too many of its items were set aside. */
export interface FullPartition {
  readonly partition: number;
  /** Items set aside. */
  readonly dead: number;
}

/** What a look for work has come to. */
export interface Found {
  /** Undefined when no partition has anything to do now. */
  readonly claim: Claim | undefined;
  /** ms until one falls due by itself; undefined for never. */
  readonly dueIn: number | undefined;
  /** Whether another worker is at one that has work. */
  readonly isHeld: boolean;
  readonly full: FullPartition | undefined;
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
  #claims = 0;

  constructor(
    private readonly client: RedisLike,
    private readonly keys: CursorKeys,
    private readonly name: string,
    private readonly options: ResolvedCursorJobOptions,
  ) {}

  /**
   * Claims the first of these partitions that has work.
   *
   * @throws Error when the pass is under way with another number of partitions.
   */
  async claim(partitions: readonly number[], limit: number, wait: Wait): Promise<Found> {
    const { leaseTtl, every, maxDead, partitions: count } = this.options;
    const name = leaseTtl === 0 ? '' : `${this.#worker}:${++this.#claims}`;
    const reply = (await runScript(
      this.client,
      'cursor-job-claim',
      [this.keys.pass, ...partitions.map((partition) => this.keys.state(partition))],
      [name, leaseTtl, every, limit, maxDead, count],
      wait,
    )) as unknown[];
    const index = Number(reply[0]);
    if (index < 0) throw this.#otherPartitions(Number(reply[1]));
    const [fullIndex, dead] = reply.slice(-2).map(Number) as [number, number];
    const full = fullIndex === 0 ? undefined : { partition: partitions[fullIndex - 1]!, dead };
    if (index === 0) {
      const dueIn = Number(reply[1]) < 0 ? undefined : Number(reply[1]);
      return { claim: undefined, dueIn, isHeld: Number(reply[2]) === 1, full };
    }
    const [, version, cursor, ask, failures, error] = reply;
    const claim = {
      name,
      partition: partitions[index - 1]!,
      version: String(version),
      cursor: String(cursor),
      limit: Number(ask),
      failures: Number(failures),
      error: String(error),
    };
    return { claim, dueIn: 0, isHeld: false, full };
  }

  /** Moves the cursor; tells whether more is left in any partition, undefined when another worker was faster. */
  async move(
    { partition, version }: Claim,
    { next, done, changed, limit, dead }: Move,
    wait: Wait,
  ): Promise<{ isMore: boolean } | undefined> {
    const keys = [this.keys.state(partition), this.keys.dead(partition)];
    const args = [version, this.options.partitions, next, done, changed, limit ?? '', ...dead];
    const moved = Number(await runScript(this.client, 'cursor-job-move', keys, args, wait));
    return moved === 0 ? undefined : { isMore: moved === 1 };
  }

  /** Leaves the cursor where it was, for another attempt. */
  async giveBack(
    { partition, version, name }: Claim,
    attempt: NextAttempt,
    error: string,
    wait: Wait,
  ): Promise<void> {
    const args = [version, name, attempt.limit, attempt.failures, attempt.wait, error];
    await runScript(this.client, 'cursor-job-give-back', [this.keys.state(partition)], args, wait);
  }

  /** Gives a place back at which nothing was tried. */
  release(claim: Claim): Promise<void> {
    const { limit, failures, error } = claim;
    return this.giveBack(claim, { limit, failures, wait: 0 }, error, {});
  }

  /** Sees to it that no item is blamed should this claim not come back. */
  async excuse({ partition, version, name }: Claim): Promise<void> {
    await runScript(this.client, 'cursor-job-excuse', [this.keys.state(partition)], [version, name]);
  }

  /** @throws Error when the pass is under way with another number of partitions. */
  async seek(partition: number, cursor: string): Promise<void> {
    const keys = [this.keys.pass, this.keys.state(partition)];
    const other = await runScript(this.client, 'cursor-job-seek', keys, [cursor, this.options.partitions]);
    if (Number(other) !== 0) throw this.#otherPartitions(Number(other));
  }

  /** Begins anew in all partitions, with as many as there are now. */
  async reset(): Promise<void> {
    await runScript(this.client, 'cursor-job-reset', [this.keys.pass], [this.options.partitions]);
  }

  /** How many partitions the pass has, as it was begun, and the most that it ever had. */
  async partitions(): Promise<{ count: number; most: number }> {
    const { partitions } = this.options;
    const reply = await send(this.client, 'HMGET', [this.keys.pass], ['partitions', 'most']);
    const [count, most] = reply as (string | null)[];
    return { count: Number(count ?? partitions), most: Math.max(partitions, Number(most ?? 0)) };
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

  /** Items that belong to another partition now would be skipped where its cursor is ahead. */
  #otherPartitions(count: number): Error {
    return new Error(
      `"${this.name}" is half-way through its data in ${count} partitions, and this process has ` +
        `${this.options.partitions}: let processes with ${count} end the sweep, call reset() to begin anew, or give the ` +
        `pass another name.`,
    );
  }
}
