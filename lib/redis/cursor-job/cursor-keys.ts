/** Changes when the layout of keys or values does. */
const LAYOUT = 'cj2';

/**
 * The key layout of a cursor job. All its keys share a hash tag: a pass is one thing, and one script looks into many
 * partitions of it, in a Cluster too.
 */
export class CursorKeys {
  readonly #base: string;

  constructor(prefix: string, name: string) {
    this.#base = `${prefix}:{${name}}:${LAYOUT}:`;
  }

  /** Hash: how many partitions the pass has, and the most that it ever had. */
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
