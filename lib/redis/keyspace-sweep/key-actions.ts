import { describeValue } from '../../options/describe-value.js';
import { callback, check } from '../../options/option.js';
import { allOf } from '../lua/slice-replies.js';
import { checkList } from '../arguments.js';
import { isCluster, type RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send, sendForBytes } from '../lua/send.js';
import type { RedisKey } from './redis-key.js';

/** Maximum keys of one script: more would hold the server for more than a millisecond. */
const MAX_KEYS = 200;
/** Maximum bytes of old and new values that one script compares and writes, for the same reason. */
const MAX_BYTES = 128 * 1024;

/**
 * Makes a new value of an old one.
 *
 * @returns the new value; undefined, or the old one, to leave it as it is.
 */
export type ChangeValue = (value: Buffer, key: RedisKey) => Buffer | string | undefined;

/** The actions of a sweep on keys; in a dry run they only count. Each returns the number of keys concerned. */
export class KeyActions {
  constructor(
    private readonly client: RedisLike,
    private readonly isDry: boolean,
  ) {}

  giveTtl(keys: readonly RedisKey[], ttl: number, spread: number): Promise<number> {
    const lifetime = () => Math.ceil(ttl + Math.random() * spread);
    return this.#each(keys, (some) =>
      runScript(this.client, 'keyspace-give-ttl', some, [this.isDry ? '1' : '0', ...some.map(lifetime)]),
    );
  }

  unlink(keys: readonly RedisKey[]): Promise<number> {
    return this.#each(keys, (some) => send(this.client, this.isDry ? 'EXISTS' : 'UNLINK', some));
  }

  async rewrite(keys: readonly RedisKey[], change: ChangeValue): Promise<number> {
    check('change', change, callback('a function of a value'));
    return this.#each(keys, async (some) => {
      const values = (await sendForBytes(this.client, 'MGET', some)) as (Buffer | null)[];
      const changes = some.flatMap((key, index) => changeOf(key, values[index] ?? null, change) ?? []);
      if (this.isDry) return changes.length;
      const parts = [changes.filter((each) => !grows(each)), changes.filter(grows)].flatMap(byBytes);
      const counts = await allOf(parts.map((few) => this.#replace(few)));
      return counts.reduce((sum, count) => sum + count, 0);
    });
  }

  async #replace(changes: readonly Change[]): Promise<number> {
    const keys = changes.map(({ key }) => key);
    const values = changes.flatMap(({ old, changed }) => [old, changed]);
    return Number(await runScript(this.client, 'keyspace-replace', keys, values));
  }

  /** Some at a time; in a Cluster, where each key may be of another slot, one by one, all sent at once. */
  async #each(
    keys: readonly RedisKey[],
    act: (some: readonly RedisKey[]) => Promise<unknown>,
  ): Promise<number> {
    checkList('keys', keys);
    const size = isCluster(this.client) ? 1 : MAX_KEYS;
    const parts = Array.from({ length: Math.ceil(keys.length / size) }, (_, index) =>
      keys.slice(index * size, (index + 1) * size),
    );
    const counts = await allOf(parts.map(act));
    return counts.reduce((sum: number, count) => sum + Number(count), 0);
  }
}

interface Change {
  readonly key: RedisKey;
  readonly old: Buffer;
  readonly changed: Buffer;
}

function changeOf(key: RedisKey, old: Buffer | null, change: ChangeValue): Change | undefined {
  const value = old === null ? undefined : change(old, key);
  if (old === null || value === undefined) return undefined;
  const changed: unknown = typeof value === 'string' ? Buffer.from(value) : value;
  if (!Buffer.isBuffer(changed)) {
    throw new TypeError(
      `change() returned ${describeValue(value)}; expected a string, a Buffer, or undefined`,
    );
  }
  return changed.equals(old) ? undefined : { key, old, changed };
}

/** A server that is full takes no longer value, but one that is as long or shorter: those go by themselves. */
function grows({ old, changed }: Change): boolean {
  return changed.length > old.length;
}

/** Parts whose values have about as many bytes as one script should carry; a large value goes by itself. */
function byBytes(changes: readonly Change[]): Change[][] {
  const parts: Change[][] = [];
  let left = 0;
  for (const each of changes) {
    const bytes = each.old.length + each.changed.length;
    const part = bytes <= left ? parts.at(-1) : undefined;
    if (part === undefined) {
      parts.push([each]);
      left = MAX_BYTES;
    } else part.push(each);
    left -= bytes;
  }
  return parts;
}
