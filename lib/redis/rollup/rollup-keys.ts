import { partitionOf, tagOf } from '../partitions/partitions.js';

/** Changes with the layout of keys or values. */
const LAYOUT = 'ru1';

/** The key layout of a roll-up: what is pending in a partition and the totals it is folded into share a hash tag. */
export class RollupKeys {
  constructor(
    private readonly prefix: string,
    private readonly name: string,
    readonly partitions: number,
  ) {}

  /** Hash: counts that are not folded, by `<start of bucket>:<item>`. */
  pending(partition: number): string {
    return `${this.#base(partition)}pending`;
  }

  pendingOf(item: string): string {
    return this.pending(partitionOf(item, this.partitions));
  }

  /** Sorted set: the items of a bucket by how often they were counted. */
  total(partition: number, start: number): string {
    return `${this.#base(partition)}total:${start}`;
  }

  /** A field of what is pending. */
  field(start: number, item: string): string {
    return `${start}:${item}`;
  }

  #base(partition: number): string {
    return `${this.prefix}:${tagOf(this.name, partition)}:${LAYOUT}:`;
  }
}
