/** Longest wait between two attempts: ms. */
const LONGEST_WAIT = 60_000;

/** How a place that has failed is tried again. */
export interface NextAttempt {
  /** Items to ask for at most. */
  readonly limit: number;
  /** Attempts that have failed with a single item. */
  readonly failures: number;
  /** ms to wait. */
  readonly wait: number;
}

/**
 * Isolates what makes a batch fail: half as many items at once, down to a single one, which is then tried again after
 * waits that double. A batch that succeeds doubles the next, so that n items with one bad among them take
 * O(log² n) slices.
 *
 * @param count - items of the batch that failed, 1 or more.
 * @param failures - attempts that have failed before with a single item.
 */
export function nextAttempt(count: number, failures: number, retryDelay: number): NextAttempt {
  if (count > 1) return { limit: Math.floor(count / 2), failures: 0, wait: 0 };
  return { limit: 1, failures: failures + 1, wait: Math.min(LONGEST_WAIT, retryDelay * 2 ** failures) };
}

/**
 * Items to ask for after a batch of `limit` has succeeded; undefined for as many as ever.
 *
 * @param fits - whether the slice had time for as much again: a larger batch would be cut off otherwise.
 */
export function limitAfterSuccess(limit: number, usual: number, fits: boolean): number | undefined {
  const next = fits ? limit * 2 : limit;
  return next < usual ? next : undefined;
}
