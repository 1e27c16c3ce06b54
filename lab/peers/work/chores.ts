/** What a batch did: `done` of at most `limit` items, where as many as the limit mean that more is waiting; or `more`. */
export interface Batch {
  readonly done: number;
  readonly limit?: number | undefined;
  readonly more?: boolean | undefined;
}

/** The background work of the shop, a batch at a time. Who calls it, and when, is what the ways differ in. */
export abstract class Chores {
  /** Deletes fields that are past their time. */
  abstract expire(): Promise<Batch>;
  /** Folds counters into the totals of their second. */
  abstract fold(): Promise<Batch>;
  /** Gives films a search key, once through all of them. */
  abstract backfill(): Promise<Batch>;
}

export function isFull({ done, limit = Infinity, more = done >= limit }: Batch): boolean {
  return more;
}
