import { keyPart } from '../redis/partitions/partitions.js';

/** Part of every key. Changes with the layout of keys or values. */
const LAYOUT = 'ec1';

/** Redis keys of an entry and of its lease. The whole cache key is the hash tag, so both are in one slot of a Cluster. */
export class CacheKeys {
  readonly #base: string;

  constructor(prefix: string, name: string) {
    this.#base = `${prefix}:{${keyPart(name)}:`;
  }

  entry(key: string): string {
    return `${this.#base}${keyPart(key)}}:${LAYOUT}:entry`;
  }

  lease(key: string): string {
    return `${this.#base}${keyPart(key)}}:${LAYOUT}:lease`;
  }

  both(key: string): [entry: string, lease: string] {
    return [this.entry(key), this.lease(key)];
  }
}
