import { describeValue } from '../../options/describe-value.js';
import { flag, oneOf } from '../../options/option.js';
import { checkedOptions, type OptionTable } from '../../options/option-table.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import type { Slice, SliceResult } from '../../recruiter/job.js';
import { checkTtl, TEXT } from '../arguments.js';
import { connectionOf, isCluster, type RedisLike, type RedisConnection } from '../connection/client.js';
import { NeededCommands } from '../connection/needed-commands.js';
import { CursorJob } from '../cursor-job/cursor-job.js';
import type { CursorJobOptions } from '../cursor-job/cursor-job.options.js';
import type { CursorSlice } from '../../cursor-job/cursor-slice.js';
import type { Page } from '../../cursor-job/page.js';
import { CURSOR_JOB_OPTIONS } from '../cursor-job/cursor-job.options.js';
import { keyPrefixOf, send, sendForBytes } from '../lua/send.js';
import { KeyActions, type ChangeValue } from './key-actions.js';
import { isLosingKeys, shardsOf } from './keyspace.js';
import { keyOf, ownKeyTest, type RedisKey } from './redis-key.js';
import { runIdOf } from './run-id.js';
import { markOf, resume, startOf, write, type Place, type ScanPosition } from './scan-position.js';

/** The commands that a user of Redis must be allowed to run besides a CursorJob's; each ready action needs its own, too. */
export const KEYSPACE_SWEEP_COMMANDS = ['INFO', 'SCAN'];

/** The options of a {@link KeyspaceSweep}: which keys it visits, and how. */
export interface KeyspaceSweepOptions extends CursorJobOptions {
  /** A pattern such as `session:*`, as of SCAN. @default every key */
  match?: string | undefined;
  /** Keys of this type only. @default any */
  type?: 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream' | undefined;
  /** Nothing is changed; `progress().changed` counts what would be. @default false */
  dryRun?: boolean | undefined;
}

const OPTIONS = {
  ...CURSOR_JOB_OPTIONS,
  match: TEXT,
  type: oneOf(['string', 'list', 'set', 'zset', 'hash', 'stream']),
  dryRun: flag(false),
} satisfies OptionTable<KeyspaceSweepOptions>;

/**
 * A resumable job over the keys of a server, or of every master of a Cluster, by SCAN. Extend it, and write the work in
 * {@link visit}.
 *
 * - Ready actions are {@link giveTtl}, {@link unlink} and {@link rewrite}. They respect `dryRun`.
 * - A key that exists from the beginning to the end of a sweep is visited. Some keys are visited more than once.
 * - Keys of this library's own structures under the same prefix are not visited.
 * - After a restart or a failover of a server its part of the sweep begins again.
 * - During a resharding the whole sweep begins again.
 * - `batch` is the COUNT of SCAN: a hint.
 * - In a Cluster each of the `partitions` has some of the masters, so useful are at most as many as there are masters. On
 *   one server 1 is.
 * - Under `every` each pass is one sweep, as of any {@link CursorJob}.
 */
export abstract class KeyspaceSweep extends CursorJob<RedisKey> {
  readonly #client: RedisLike;
  readonly #actions: KeyActions;
  readonly #filter: readonly string[];
  readonly #isOwn: (key: RedisKey) => boolean;
  readonly #needed: NeededCommands;

  /**
   * @param redis - a client of ioredis without a `keyPrefix`, or the connection that `WorkStealingRedisModule` provides.
   * @param name - name of this sweep: not blank, without braces.
   * @throws TypeError, RangeError or WorkStealingConfigError that quotes what is wrong.
   */
  constructor(redis: RedisLike | RedisConnection, name: string, options: KeyspaceSweepOptions = {}) {
    const owner = `KeyspaceSweep "${name}"`;
    const { match, type, dryRun, ...rest } = checkedOptions(owner, OPTIONS, options);
    super(redis, name, rest);
    const { client, prefix } = connectionOf(redis, rest.prefix);
    refuseKeyPrefix(client);
    this.#client = client;
    this.#actions = new KeyActions(client, dryRun);
    this.#isOwn = ownKeyTest(prefix);
    this.#needed = new NeededCommands(client, owner, KEYSPACE_SWEEP_COMMANDS, `${prefix}:{${name}}:probe`);
    this.#filter = [
      ...(match === undefined ? [] : ['MATCH', match]),
      ...(type === undefined ? [] : ['TYPE', type]),
    ];
  }

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    await this.#needed.checkAtBootstrap();
  }

  override async recruited(slice: Slice): Promise<SliceResult> {
    await this.#needed.check(slice);
    return super.recruited(slice);
  }

  /**
   * Does the work for these keys. It must be idempotent, and expect keys that are gone or have changed.
   *
   * @returns how many keys it has changed, for `progress().changed`, such as the result of a ready action.
   */
  protected abstract visit(
    keys: readonly RedisKey[],
    slice: CursorSlice,
  ): number | void | Promise<number | void>;

  /**
   * Gives a time to live to those keys that have none, atomically.
   *
   * @param ttl - ms above 0.
   * @param spread - maximum random addition to `ttl` in ms, so that the keys do not all expire at once.
   * @returns how many had none.
   */
  protected async giveTtl(keys: readonly RedisKey[], ttl: number, spread = 0): Promise<number> {
    checkTtl(ttl);
    if (spread !== 0) checkTtl(spread);
    return this.#actions.giveTtl(keys, ttl, spread);
  }

  /** Deletes keys, and returns how many existed. The server frees their memory in the background. */
  protected unlink(keys: readonly RedisKey[]): Promise<number> {
    return this.#actions.unlink(keys);
  }

  /**
   * Rewrites the values of those keys that are strings, and returns how many were rewritten. Their times to live stay. A
   * value that is written meanwhile is left as it is.
   */
  protected rewrite(keys: readonly RedisKey[], change: ChangeValue): Promise<number> {
    return this.#actions.rewrite(keys, change);
  }

  protected async fetch(
    cursor: string | undefined,
    limit: number,
    slice: CursorSlice,
  ): Promise<Page<RedisKey>> {
    const all = await shardsOf(this.#client, slice);
    const own = all.filter((_, index) => index % slice.partitions === slice.partition);
    const place = resume(cursor, all, own);
    if (place === undefined) return { items: [] };
    if (place.isAnew && slice.partitions > 1) {
      // Keys may have moved to a partition that is further, or at its end: all begin again, this one with its next slice.
      await this.reset();
      return { items: [] };
    }
    const { items, position, isAtEnd } = await this.#scan(place, limit, slice);
    if (!isAtEnd) return { items, next: write(position) };
    const { lap, isDirty } = position;
    const following = own[own.indexOf(place.shard) + 1];
    if (following !== undefined) return { items, next: write(startOf(all, following, lap, isDirty)) };
    return isDirty ? { items, next: write(startOf(all, own[0]!, lap + 1)) } : { items };
  }

  /**
   * One SCAN, and where the sweep is after it. SCAN may return several keys at one cursor though only one is requested: then
   * they are returned one by one, and the cursor stays until each of them was done.
   */
  async #scan(
    { position, shard }: Place,
    limit: number,
    slice: CursorSlice,
  ): Promise<{ items: RedisKey[]; position: ScanPosition; isAtEnd: boolean }> {
    const run = await runIdOf(shard.node, slice);
    const isKnown = position.run === run;
    const from = isKnown ? position.scan : '0';
    const done = isKnown ? position.done : [];
    const [reply, isLosing] = await Promise.all([
      sendForBytes(shard.node, 'SCAN', [], [from, ...this.#filter, 'COUNT', limit], slice),
      // Sent after the SCAN, so that it includes slots that have moved by then.
      isCluster(this.#client) && isLosingKeys(shard, slice),
    ]);
    const [next, found] = reply as [Buffer, Buffer[]];
    const isDone = (key: RedisKey) => done.length > 0 && done.includes(markOf(key));
    const keys = found.map(keyOf).filter((key) => !this.#isOwn(key) && !isDone(key));
    const isOneOfMany = limit === 1 && keys.length > 1;
    const items = isOneOfMany ? keys.slice(0, 1) : keys;
    const scan = isOneOfMany ? from : next.toString();
    return {
      items,
      position: {
        ...position,
        run,
        scan,
        isDirty: position.isDirty || isLosing,
        done: isOneOfMany ? [...done, markOf(items[0]!)] : [],
      },
      isAtEnd: !isOneOfMany && scan === '0',
    };
  }

  protected process(keys: readonly RedisKey[], slice: CursorSlice): number | void | Promise<number | void> {
    return this.visit(keys, slice);
  }

  /** Number of all keys; unknown with `match` or `type`. */
  protected override async total(): Promise<number | undefined> {
    if (this.#filter.length > 0) return undefined;
    const shards = await shardsOf(this.#client);
    const sizes = await Promise.all(shards.map(async ({ node }) => Number(await send(node, 'DBSIZE'))));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** SCAN treats COUNT as a hint. */
  protected override get mayExceedLimit(): boolean {
    return true;
  }
}

/** SCAN returns keys with the prefix, and every other command would put it before them once more. */
function refuseKeyPrefix(client: RedisLike): void {
  const keyPrefix = keyPrefixOf(client);
  if (keyPrefix === '') return;
  throw new WorkStealingConfigError(
    `KeyspaceSweep: the client has the keyPrefix ${describeValue(keyPrefix)}, which SCAN ignores. ` +
      `Hand in a client without one, and use match: '${keyPrefix}*'.`,
  );
}
