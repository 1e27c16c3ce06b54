/** Which jobs enlistments may draw: all, until a test wants only one, or none. The last wish counts. */
export class Restrictions {
  readonly #all: { readonly id: string | undefined }[] = [];

  constructor(private readonly changed: () => void) {}

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Draws only the job of that id, or none, until the returned function is called. */
  add(id: string | undefined): () => void {
    const restriction = { id };
    this.#all.push(restriction);
    this.changed();
    return () => {
      const at = this.#all.indexOf(restriction);
      if (at >= 0) this.#all.splice(at, 1);
      this.changed();
    };
  }

  /** Whether this is the only job that is drawn. */
  isOnly({ id }: { readonly id: string }): boolean {
    return this.#all.at(-1)?.id === id;
  }

  /** Those that may be drawn. */
  admitted<T extends { readonly id: string }>(jobs: Iterable<T>): Iterable<T> {
    return this.isEmpty ? jobs : [...jobs].filter((job) => this.isOnly(job));
  }
}
