/** The jobs that enlistments may draw: all by default, one or none for a test. The latest restriction applies. */
export class Restrictions {
  readonly #all: { readonly id: string | undefined }[] = [];

  constructor(private readonly changed: () => void) {}

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Restricts draws to the job of this id, or with undefined to none, until the returned function is called. */
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

  /** Whether only this job is drawn. */
  isOnly({ id }: { readonly id: string }): boolean {
    return this.#all.at(-1)?.id === id;
  }

  /** The jobs that may be drawn. */
  admitted<T extends { readonly id: string }>(jobs: Iterable<T>): Iterable<T> {
    return this.isEmpty ? jobs : [...jobs].filter((job) => this.isOnly(job));
  }
}
