import { describeValue } from '../options/describe-value.js';
import { encodeCursor, type Cursor } from './cursor.js';

/** The result of `fetch`. */
export interface Page<T, C extends Cursor = string> {
  /** The items after the cursor: at most as many as requested; may be empty. */
  readonly items: readonly T[];
  /** The cursor after the last of them; undefined or omitted at the end of the data. */
  readonly next?: C | undefined;
}

/** A page that was checked, with its next cursor as it is stored: '' at the end. */
export interface CheckedPage<T> {
  readonly items: readonly T[];
  readonly next: string;
}

/**
 * Checks what a user's `fetch` returned.
 *
 * @param cursor - the cursor as it is stored, '' at the beginning.
 * @param most - maximum number of items.
 * @throws TypeError or RangeError that says what is wrong with it.
 */
export function checkPage<T>(page: Page<T, Cursor>, cursor: string, most: number): CheckedPage<T> {
  if (typeof page !== 'object' || page === null || !Array.isArray(page.items)) {
    throw new TypeError(`fetch() returned ${describeValue(page)}; expected { items, next }`);
  }
  const { items, next } = page;
  if (items.length > most) {
    throw new RangeError(`fetch() returned ${items.length} items, more than the ${most} it was asked for`);
  }
  if (next === undefined) return { items, next: '' };
  const stored = encodeCursor('next', next);
  if (stored === cursor) {
    throw new RangeError(
      `fetch() returned the cursor that it was given, ${describeValue(next)}: it would never get on. ` +
        `At the end of the data leave next out.`,
    );
  }
  return { items, next: stored };
}
