/** How far the backfill of search keys is: that of the whole fleet, in the report of each worker. */
export interface Backfill {
  /** Films that are done. */
  readonly done: number;
  readonly total: number;
  /** ms until it ends at its pace; null when that is not known, or when it has ended. */
  readonly eta: number | null;
  readonly ended: boolean;
}

/** The report that is furthest: progress never goes back while a fleet runs. Null when nobody knows. */
export function furthest(a: Backfill | null, b: Backfill | null): Backfill | null {
  if (a === null || b === null) return a ?? b;
  if (a.ended !== b.ended) return a.ended ? a : b;
  return a.done > b.done ? a : b;
}
