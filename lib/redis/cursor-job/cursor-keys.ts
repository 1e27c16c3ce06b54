/** Changes with the layout of keys or values. */
const LAYOUT = 'cj2';

/**
 * The key layout of a cursor job. All its keys share a hash tag: one script reads many partitions, in a Cluster too.
 */
export class CursorKeys {
  readonly #base: string;

  constructor(prefix: string, name: string) {
    this.#base = `${prefix}:{${name}}:${LAYOUT}:`;
  }

  /** Hash: the number of partitions of the sweep, the largest number that it ever had, and when its pass fell due. */
  get pass(): string {
    return `${this.#base}pass`;
  }

  /** Hash: cursor, version, counts, claim. */
  state(partition: number): string {
    return `${this.#base}state:${partition}`;
  }

  /** List of JSON: items set aside, oldest first. */
  dead(partition: number): string {
    return `${this.#base}dead:${partition}`;
  }
}
