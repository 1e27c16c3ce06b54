import { isCluster, type RedisClient } from '../client.js';
import { runScript } from '../script.js';
import type { RedisKey } from './redis-key.js';

/** Keys that one script touches: more would hold the server for more than a millisecond. */
const MOST_KEYS = 200;

/**
 * Makes a new value of an old one.
 *
 * @returns the new value; undefined, or the old one, to leave it as it is.
 */
export type ChangeValue = (value: Buffer, key: RedisKey) => Buffer | string | undefined;

/** What a sweep may do to keys; in a dry run, what it would. Each answers with the number of keys concerned. */
export class KeyActions {
  constructor(
    private readonly client: RedisClient,
    private readonly isDry: boolean,
  ) {}

  giveTtl(keys: readonly RedisKey[], ttl: number, spread: number): Promise<number> {
    const lifetime = () => Math.ceil(ttl + Math.random() * spread);
    return this.#each(keys, (some) =>
      runScript(this.client, 'keyspace-give-ttl', some, [this.isDry ? '1' : '0', ...some.map(lifetime)]),
    );
  }

  unlink(keys: readonly RedisKey[]): Promise<number> {
    return this.#each(keys, (some) =>
      this.isDry ? this.client.exists(...some) : this.client.unlink(...some),
    );
  }

  rewrite(keys: readonly RedisKey[], change: ChangeValue): Promise<number> {
    return this.#each(keys, async (some) => {
      const values = await this.client.mgetBuffer(...some);
      const changes = some.flatMap((key, index) => {
        const [old, changed] = changeOf(key, values[index] ?? null, change);
        return old === undefined || changed === undefined ? [] : [{ key, old, changed }];
      });
      if (this.isDry || changes.length === 0) return changes.length;
      return runScript(
        this.client,
        'keyspace-replace',
        changes.map(({ key }) => key),
        changes.flatMap(({ old, changed }) => [old, changed]),
      );
    });
  }

  /** Some at a time; in a Cluster, where each key may be of another slot, one by one, all sent at once. */
  async #each(
    keys: readonly RedisKey[],
    act: (some: readonly RedisKey[]) => Promise<unknown>,
  ): Promise<number> {
    const size = isCluster(this.client) ? 1 : MOST_KEYS;
    const parts = Array.from({ length: Math.ceil(keys.length / size) }, (_, index) =>
      keys.slice(index * size, (index + 1) * size),
    );
    const counts = await Promise.all(parts.map(act));
    return counts.reduce((sum: number, count) => sum + Number(count), 0);
  }
}

function changeOf(
  key: RedisKey,
  old: Buffer | null,
  change: ChangeValue,
): [old: Buffer, changed: Buffer] | [undefined?, undefined?] {
  if (old === null) return [];
  const value = change(old, key);
  if (value === undefined) return [];
  const changed = typeof value === 'string' ? Buffer.from(value) : value;
  return changed.equals(old) ? [] : [old, changed];
}
