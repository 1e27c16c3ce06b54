/** Longest wait between two attempts: ms. */
const MAX_WAIT_MS = 60_000;

/** When and with how many items a place that has failed is tried again. */
export interface NextAttempt {
  /** Maximum items to request. */
  readonly limit: number;
  /** Attempts that have failed with a single item. */
  readonly failures: number;
  /** ms to wait. */
  readonly wait: number;
}

/**
 * Isolates the item that makes a batch fail: half as many items at once, down to a single one, which is then tried again
 * after waits that double. A batch that succeeds doubles the next, so n items with one bad among them take O(log² n)
 * slices.
 *
 * @param count - items of the batch that failed, 1 or more.
 * @param failures - attempts that have failed before with a single item.
 */
export function nextAttempt(count: number, failures: number, retryDelay: number): NextAttempt {
  if (count > 1) return { limit: Math.floor(count / 2), failures: 0, wait: 0 };
  return { limit: 1, failures: failures + 1, wait: Math.min(MAX_WAIT_MS, retryDelay * 2 ** failures) };
}

/**
 * Items to request after a batch of `limit` has succeeded; undefined for the usual number.
 *
 * @param fits - whether the slice had time for twice as much: a larger batch would be cut off otherwise.
 */
export function limitAfterSuccess(limit: number, usual: number, fits: boolean): number | undefined {
  const next = fits ? limit * 2 : limit;
  return next < usual ? next : undefined;
}
