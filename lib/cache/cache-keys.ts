import { keyPart } from '../redis/partitions/key-part.js';

/** Changes when the layout of keys or values does. */
const LAYOUT = 'ec1';

/** Where an entry and the lease of its recompute are: the whole key is the hash tag, so they share a slot of a Cluster. */
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
