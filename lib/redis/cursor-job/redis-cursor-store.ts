import { randomUUID } from 'node:crypto';
import type {
  Claim,
  CursorStore,
  Found,
  FullPartition,
  Move,
  PartitionState,
  SweepState,
} from '../../cursor-job/cursor-store.js';
import { readDeadRecord, type DeadItem } from '../../cursor-job/dead-item.js';
import type { NextAttempt } from '../../cursor-job/next-attempt.js';
import type { ResolvedSweepOptions } from '../../cursor-job/sweep.options.js';
import type { Slice } from '../../recruiter/job.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { isServersFault, send, type Wait } from '../lua/send.js';
import { PartitionRotation } from '../partitions/partition-rotation.js';
import { takeInTime } from '../lua/slice-replies.js';
import type { CursorKeys } from './cursor-keys.js';

/** Maximum partitions of one script. */
const WINDOW = 32;

/** The fields of a state that are read. */
const FIELDS = 'done changed sweeps dead startedAt ended error earlierAt earlierDone'.split(' ');

/** The result of one script that searches some partitions for work. */
interface WindowFound {
  readonly claim: Claim | undefined;
  /** ms until one falls due by itself; undefined for never. */
  readonly dueIn: number | undefined;
  readonly isHeld: boolean;
  readonly full: FullPartition | undefined;
}

/** The cursors of a resumable job in Redis. Each method is one round trip, {@link read} two. */
export class RedisCursorStore implements CursorStore {
  readonly #worker = randomUUID();
  readonly #rotation: PartitionRotation;
  #claims = 0;
  /** The pass of the last claim: ms since the epoch. */
  #dueAt: number | undefined;

  constructor(
    private readonly client: RedisLike,
    private readonly keys: CursorKeys,
    private readonly name: string,
    private readonly options: ResolvedSweepOptions,
  ) {
    this.#rotation = new PartitionRotation(options.partitions);
  }

  /** One round trip for each 32 partitions; none for partitions that are known to have no work for a while. */
  async claim(limit: number, slice: Slice): Promise<Found> {
    this.#wakeForPass(slice);
    const full: FullPartition[] = [];
    let [isHeld, isUnfinished] = [false, false];
    for (const partitions of this.#rotation.windows(WINDOW)) {
      this.#rotation.continueAfter(partitions[0]!);
      slice.signal.throwIfAborted();
      const found = await takeInTime(
        this.client,
        slice,
        (wait) => this.#claimIn(partitions, limit, slice, wait),
        async ({ claim }) => claim && this.#release(claim),
      );
      if (found.full !== undefined) full.push(found.full);
      if (found.claim !== undefined) return { claim: found.claim, isHeld: false, isUnfinished: true, full };
      isHeld ||= found.isHeld;
      const hasEnded = found.dueIn === undefined && found.full === undefined;
      isUnfinished ||= !hasEnded;
      // A pass must know which partitions have ended, and which ones only wait.
      if (slice.pass === undefined ? found.full === undefined : hasEnded) {
        this.#rotation.sleep(partitions, found.dueIn);
      }
    }
    return { claim: undefined, isHeld, isUnfinished, full };
  }

  async advance(
    { partition, version }: Claim,
    work: (context: undefined) => Promise<Move>,
    slice: Slice,
  ): Promise<{ isMore: boolean } | undefined> {
    const { next, done, changed, limit, dead } = await work(undefined);
    const keys = [this.keys.state(partition), this.keys.dead(partition)];
    const args = [version, this.options.partitions, next, done, changed, limit ?? '', ...dead];
    const moved = Number(await runScript(this.client, 'cursor-job-move', keys, args, slice));
    return moved === 0 ? undefined : { isMore: moved === 1 };
  }

  async giveBack(claim: Claim, attempt: NextAttempt, error: string, wait: Wait): Promise<void> {
    const { partition, version, name } = claim;
    const args = [version, name, attempt.limit, attempt.failures, attempt.wait, error];
    await runScript(this.client, 'cursor-job-give-back', [this.keys.state(partition)], args, wait);
  }

  async excuse({ partition, version, name }: Claim): Promise<void> {
    await runScript(this.client, 'cursor-job-excuse', [this.keys.state(partition)], [version, name]);
  }

  isServersFault(error: unknown): boolean {
    return isServersFault(error);
  }

  async seek(partition: number, cursor: string): Promise<void> {
    const keys = [this.keys.pass, this.keys.state(partition)];
    const other = await runScript(this.client, 'cursor-job-seek', keys, [cursor, this.options.partitions]);
    if (Number(other) !== 0) throw this.#otherPartitions(Number(other));
    this.#rotation.wake();
  }

  async reset(): Promise<void> {
    await runScript(this.client, 'cursor-job-reset', [this.keys.pass], [this.options.partitions]);
    this.#rotation.wake();
  }

  async cursor(partition: number): Promise<string> {
    const [cursor] = (await send(this.client, 'HMGET', [this.keys.state(partition)], ['cursor'])) as [
      string | null,
    ];
    return cursor ?? '';
  }

  async read(): Promise<SweepState> {
    const { count, most } = await this.#partitions();
    const all = Array.from({ length: most }, (_, partition) => this.#state(partition));
    const [now, ...states] = await Promise.all([this.#now(), ...all]);
    return { partitions: count, states, now };
  }

  async dead(most: number): Promise<DeadItem[]> {
    const lists = await this.#ofEachThatWas(async (partition) => {
      const records = await send(this.client, 'LRANGE', [this.keys.dead(partition)], [0, most - 1]);
      return (records as string[]).map((record) => readDeadRecord(partition, record));
    });
    return lists.flat();
  }

  async forgetDead(): Promise<number> {
    const counts = await this.#ofEachThatWas((partition) => {
      const keys = [this.keys.state(partition), this.keys.dead(partition)];
      return runScript(this.client, 'cursor-job-forget-dead', keys);
    });
    return counts.reduce((sum: number, count) => sum + Number(count), 0);
  }

  /** In a new pass every partition has work. */
  #wakeForPass({ pass }: Slice): void {
    const dueAt = pass?.dueAt.getTime();
    if (dueAt !== this.#dueAt) this.#rotation.wake();
    this.#dueAt = dueAt;
  }

  /** Claims the first of these partitions that has work. */
  async #claimIn(
    partitions: readonly number[],
    limit: number,
    { pass }: Slice,
    wait: Wait,
  ): Promise<WindowFound> {
    const { leaseTtl, restarts, maxDead, partitions: count } = this.options;
    const name = leaseTtl === 0 ? '' : `${this.#worker}:${++this.#claims}`;
    const ofPass = [pass?.dueAt.getTime() ?? '', pass?.isFirst === true ? 1 : 0];
    const reply = (await runScript(
      this.client,
      'cursor-job-claim',
      [this.keys.pass, ...partitions.map((partition) => this.keys.state(partition))],
      [name, leaseTtl, restarts ? 1 : 0, limit, maxDead, count, ...ofPass],
      wait,
    )) as unknown[];
    if (Number(reply[0]) < 0) throw this.#otherPartitions(Number(reply[1]));
    return readFound(reply, partitions, name);
  }

  /** Gives a place back at which nothing was tried. */
  #release(claim: Claim): Promise<void> {
    const { limit, failures, error } = claim;
    return this.giveBack(claim, { limit, failures, wait: 0 }, error, {});
  }

  /** The number of partitions of the sweep as it was begun, and the largest number that it ever had. */
  async #partitions(): Promise<{ count: number; most: number }> {
    const { partitions } = this.options;
    const reply = await send(this.client, 'HMGET', [this.keys.pass], ['partitions', 'most']);
    const [count, most] = reply as (string | null)[];
    return { count: Number(count ?? partitions), most: Math.max(partitions, Number(most ?? 0)) };
  }

  async #state(partition: number): Promise<PartitionState> {
    const values = await send(this.client, 'HMGET', [this.keys.state(partition)], FIELDS);
    const fields = new Map(
      FIELDS.map((field, index) => [field, (values as (string | null)[])[index] ?? undefined]),
    );
    const number = (name: string) => Number(fields.get(name) ?? 0);
    const has = (name: string) => fields.get(name) !== undefined;
    return {
      done: number('done'),
      changed: number('changed'),
      sweeps: number('sweeps'),
      dead: number('dead'),
      hasEnded: has('ended'),
      startedAt: has('startedAt') ? number('startedAt') : undefined,
      error: fields.get('error') ?? '',
      earlier: has('earlierAt') ? { at: number('earlierAt'), done: number('earlierDone') } : undefined,
    };
  }

  /** The server's time: ms since the epoch. */
  async #now(): Promise<number> {
    const [seconds, microseconds] = ((await send(this.client, 'TIME')) as unknown[]).map(Number);
    return seconds! * 1000 + Math.floor(microseconds! / 1000);
  }

  /** Of all partitions that the job ever had: one that no longer exists may still have items set aside. */
  async #ofEachThatWas<R>(read: (partition: number) => Promise<R>): Promise<R[]> {
    const { most } = await this.#partitions();
    return Promise.all(Array.from({ length: most }, (_, partition) => read(partition)));
  }

  /** Items that belong to another partition now would be skipped where its cursor is ahead. */
  #otherPartitions(count: number): Error {
    return new Error(
      `"${this.name}" is half-way through its data in ${count} partitions, and this process has ` +
        `${this.options.partitions}: let processes with ${count} end the sweep, call reset() to begin again, or give the ` +
        `pass another name.`,
    );
  }
}

/** Reads the reply of `cursor-job-claim`. */
function readFound(reply: readonly unknown[], partitions: readonly number[], name: string): WindowFound {
  const index = Number(reply[0]);
  const [fullIndex, dead] = reply.slice(-2).map(Number) as [number, number];
  const full = fullIndex === 0 ? undefined : { partition: partitions[fullIndex - 1]!, dead };
  if (index === 0) {
    const dueIn = Number(reply[1]) < 0 ? undefined : Number(reply[1]);
    return { claim: undefined, dueIn, isHeld: Number(reply[2]) === 1, full };
  }
  const [, version, cursor, limit, failures, error] = reply;
  const claim = {
    name,
    partition: partitions[index - 1]!,
    version: String(version),
    cursor: String(cursor),
    limit: Number(limit),
    failures: Number(failures),
    error: String(error),
  };
  return { claim, dueIn: 0, isHeld: false, full };
}
