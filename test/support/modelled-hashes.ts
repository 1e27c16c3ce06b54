import type { VolatileHashes } from 'nestjs-work-stealing/redis';

const SLICE = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };

interface Entry {
  value: string;
  due: 'never' | 'later' | 'past';
}

/** Which worker acts, and whether another one does a slice at the same time. */
export interface Turn {
  by: number;
  isRaced: boolean;
}

/** What came of an action, and what should have. */
export interface Observed {
  actual: unknown;
  expected: unknown;
}

/**
 * Volatile hashes of several workers, beside a plain model of them. Where a slice of another worker races an action,
 * which of the two comes first must make no difference.
 */
export class ModelledHashes {
  readonly #model = new Map<string, Map<string, Entry>>();

  constructor(
    private readonly workers: readonly VolatileHashes[],
    private readonly makeDue: (hash: string) => Promise<void>,
  ) {}

  async set(turn: Turn, hash: string, field: string, value: string, ttl?: number): Promise<Observed> {
    const actual = await this.#act(turn, (worker) =>
      worker.set(hash, field, value, ttl === undefined ? {} : { ttl }),
    );
    this.#fields(hash).set(field, { value, due: ttl === undefined ? 'never' : 'later' });
    return { actual, expected: undefined };
  }

  async persist(turn: Turn, hash: string, field: string): Promise<Observed> {
    const actual = await this.#act(turn, (worker) => worker.persist(hash, field));
    const live = this.#live(hash, field);
    if (live !== undefined) live.due = 'never';
    return { actual, expected: live !== undefined };
  }

  async delete(turn: Turn, hash: string, field: string): Promise<Observed> {
    const actual = await this.#act(turn, (worker) => worker.delete(hash, field));
    const expected = this.#live(hash, field) === undefined ? 0 : 1;
    this.#fields(hash).delete(field);
    return { actual, expected };
  }

  /** Everything of a hash that has a due time falls due. */
  async pass(hash: string): Promise<Observed> {
    await this.makeDue(hash);
    for (const entry of this.#fields(hash).values()) if (entry.due === 'later') entry.due = 'past';
    return { actual: undefined, expected: undefined };
  }

  async slices(): Promise<Observed> {
    await Promise.all(this.workers.map((worker) => worker.recruited(SLICE)));
    return { actual: undefined, expected: undefined };
  }

  /** All that can be read of a hash. */
  async look(by: number, hash: string): Promise<Observed> {
    const worker = this.workers[by]!;
    const [all, size] = await Promise.all([worker.getAll(hash), worker.size(hash)]);
    const live = this.live(hash);
    return { actual: { all, size }, expected: { all: live, size: Object.keys(live).length } };
  }

  /** The fields of a hash that are not past their time, as the model has them. */
  live(hash: string): Record<string, string> {
    const entries = [...this.#fields(hash)].filter(([, { due }]) => due !== 'past');
    return Object.fromEntries(entries.map(([field, { value }]) => [field, value]));
  }

  async #act<T>({ by, isRaced }: Turn, action: (worker: VolatileHashes) => Promise<T>): Promise<T> {
    const other = this.workers[(by + 1) % this.workers.length]!;
    const [result] = await Promise.all([
      action(this.workers[by]!),
      isRaced ? other.recruited(SLICE) : undefined,
    ]);
    return result;
  }

  #live(hash: string, field: string): Entry | undefined {
    const entry = this.#fields(hash).get(field);
    return entry?.due === 'past' ? undefined : entry;
  }

  #fields(hash: string): Map<string, Entry> {
    let fields = this.#model.get(hash);
    if (fields === undefined) this.#model.set(hash, (fields = new Map<string, Entry>()));
    return fields;
  }
}
