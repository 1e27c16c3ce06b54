import { partitionOf, tagOf } from '../partitions/partitions.js';

/** Changes with the layout of keys or values. */
const LAYOUT = 'vh1';

/** The key layout of volatile hashes: a hash, its due times and the index of its partition share a hash tag. */
export class HashKeys {
  constructor(
    private readonly prefix: string,
    readonly name: string,
    readonly partitions: number,
  ) {}

  /** The hash itself, with raw values. */
  hash(hash: string): string {
    return `${this.#base(this.#partitionOf(hash))}hash:${hash}`;
  }

  /** Sorted set: the hash's fields by due time. */
  due(hash: string): string {
    return `${this.#base(this.#partitionOf(hash))}due:${hash}`;
  }

  /** Sorted set: the partition's hashes by their earliest due time. */
  indexOf(hash: string): string {
    return this.index(this.#partitionOf(hash));
  }

  /** A key that never exists, for probing commands. */
  get probe(): string {
    return `${this.#base(0)}probe`;
  }

  index(partition: number): string {
    return `${this.#base(partition)}index`;
  }

  #partitionOf(hash: string): number {
    return partitionOf(hash, this.partitions);
  }

  #base(partition: number): string {
    return `${this.prefix}:${tagOf(this.name, partition)}:${LAYOUT}:`;
  }
}
