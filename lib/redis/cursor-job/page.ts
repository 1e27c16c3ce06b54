import { describeValue } from '../../options/describe-value.js';
import { encodeCursor, type Cursor } from './cursor.js';

/** What `fetch` brings. */
export interface Page<T, C extends Cursor = string> {
  /** The items after the cursor: as many as asked for at most; none is allowed. */
  readonly items: readonly T[];
  /** The cursor after the last of them; undefined or left out at the end of the data. */
  readonly next?: C | undefined;
}

/** A page that was checked, with its next cursor as it is kept: '' at the end. */
export interface CheckedPage<T> {
  readonly items: readonly T[];
  readonly next: string;
}

/**
 * Checks what a `fetch` of the user's brought.
 *
 * @param cursor - the cursor as it is kept, '' at the beginning.
 * @param most - how many items there may be.
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
  const kept = encodeCursor('next', next);
  if (kept === cursor) {
    throw new RangeError(
      `fetch() returned the cursor that it was given, ${describeValue(next)}: it would never get on. ` +
        `At the end of the data leave next out.`,
    );
  }
  return { items, next: kept };
}
