import { hasHalfAPair } from '../../options/cut.js';
import { describeValue } from '../../options/describe-value.js';
import type { Slice } from '../../recruiter/job.js';

/** A page of the queue, in the order of the queue's own keys. */
export interface QueuePage {
  /** The items that have work queued, at most as many as were requested; an item may occur several times. */
  readonly ids: readonly string[];
  /** The `after` of the next page. Null or undefined when this is the last one. */
  readonly next?: string | null | undefined;
}

/** How a {@link QueueTracker} reads a task queue or database. Both methods may take the whole budget of a slice. */
export interface QueueSource {
  /**
   * The items that are queued after a place, `null` at the start. Keyset paging (`WHERE key > $after ORDER BY key LIMIT $limit`)
   * skips nothing; offsets skip what moves up meanwhile, until the next sweep.
   */
  nextQueued(after: string | null, limit: number, slice: Slice): QueuePage | Promise<QueuePage>;
  /** Which of these items still have work queued. Read the primary: a replica that lags would have fresh ones removed. */
  stillQueued(ids: readonly string[], slice: Slice): Iterable<string> | Promise<Iterable<string>>;
}

/** Checks the results of the user's callbacks. */
export class CheckedSource {
  constructor(
    private readonly owner: string,
    private readonly source: QueueSource,
  ) {}

  /** One page without repetitions; `next` is '' at the end. */
  async next(after: string | null, limit: number, slice: Slice): Promise<{ ids: string[]; next: string }> {
    const page: unknown = await this.source.nextQueued(after, limit, slice);
    const { ids, next } = (typeof page === 'object' && page !== null ? page : {}) as Partial<QueuePage>;
    if (!Array.isArray(ids)) return this.#refuse('nextQueued', page, '{ ids: string[], next?: string }');
    this.#checkIds('nextQueued', ids);
    if (ids.length > limit) {
      throw new RangeError(
        `${this.owner}: nextQueued returned ${ids.length} ids; expected at most the ${limit} asked for`,
      );
    }
    if (next === null || next === undefined) return { ids: [...new Set<string>(ids)], next: '' };
    if (typeof next !== 'string' || next === '') {
      return this.#refuse('nextQueued', page, 'next to be a string that is not empty, or null at the end');
    }
    if (next === after) {
      throw new RangeError(
        `${this.owner}: nextQueued returned as next its argument after, ${describeValue(next)}; ` +
          `expected a later place, or null at the end: the sweep would never end`,
      );
    }
    return { ids: [...new Set<string>(ids)], next };
  }

  /** The ids that are no longer queued. */
  async gone(ids: readonly string[], slice: Slice): Promise<Set<string>> {
    const result: unknown = await this.source.stillQueued(ids, slice);
    const isIterable =
      typeof result === 'object' && result !== null && Symbol.iterator in result && !(result instanceof Map);
    if (!isIterable) return this.#refuse('stillQueued', result, 'an array or Set of the ids still queued');
    const queued: readonly unknown[] = [...(result as Iterable<unknown>)];
    this.#checkIds('stillQueued', queued);
    const asked = new Set(ids);
    const stranger = queued.find((id) => !asked.has(id));
    if (stranger !== undefined) {
      throw new RangeError(
        `${this.owner}: stillQueued returned ${describeValue(stranger)}, which it was not asked about`,
      );
    }
    for (const id of queued) asked.delete(id);
    return asked;
  }

  #checkIds(callback: string, ids: readonly unknown[]): asserts ids is readonly string[] {
    for (const id of ids) {
      if (typeof id !== 'string' || id === '') {
        this.#refuse(callback, id, 'ids to be strings that are not empty', ' among the ids');
      }
      if (hasHalfAPair(id)) {
        this.#refuse(callback, id, 'ids without half a surrogate pair', ' among the ids');
      }
    }
  }

  #refuse(callback: string, value: unknown, expected: string, where = ''): never {
    throw new TypeError(
      `${this.owner}: ${callback} returned ${describeValue(value)}${where}; expected ${expected}`,
    );
  }
}
