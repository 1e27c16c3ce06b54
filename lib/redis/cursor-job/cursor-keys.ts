import { tagOf } from '../partitions.js';

/** Changes when the layout of keys or values does. */
const LAYOUT = 'cj1';

/** The key layout of a cursor job: the state of a partition and its items set aside share a hash tag. */
export class CursorKeys {
  constructor(
    private readonly prefix: string,
    private readonly name: string,
  ) {}

  /** Hash: cursor, version, counts, claim. */
  state(partition: number): string {
    return `${this.#base(partition)}state`;
  }

  /** List of JSON: items set aside, oldest first. */
  dead(partition: number): string {
    return `${this.#base(partition)}dead`;
  }

  #base(partition: number): string {
    return `${this.prefix}:${tagOf(this.name, partition)}:${LAYOUT}:`;
  }
}
