import { hasHalfAPair } from '../options/cut.js';
import { describeValue } from '../options/describe-value.js';

/** A place in the data: any string or bytes that `fetch` understands, at most 64 kB. */
export type Cursor = string | Buffer;

const MAX_BYTES = 65_536;
const STRING = 's';
const BYTES = 'b';

/**
 * A cursor as it is stored: its first letter distinguishes strings from bytes.
 *
 * @param name - where the cursor comes from: an argument, or the `next` that `fetch` returned.
 * @throws TypeError or RangeError that quotes a value that is not a cursor.
 */
export function encodeCursor(name: 'cursor' | 'next', cursor: unknown): string {
  if (Buffer.isBuffer(cursor)) return bounded(name, BYTES + cursor.toString('base64'));
  if (typeof cursor !== 'string') {
    const expected = name === 'next' ? 'a string, a Buffer, or undefined at the end' : 'a string or a Buffer';
    throw new TypeError(`${name} is ${describeValue(cursor)}; expected ${expected}`);
  }
  if (hasHalfAPair(cursor)) {
    throw new RangeError(
      `${name} is ${describeValue(cursor)}, which has half a surrogate pair; use a Buffer for bytes`,
    );
  }
  return bounded(name, STRING + cursor);
}

/** @throws Error when the string is not a cursor that {@link encodeCursor} made. */
export function decodeCursor(stored: string): Cursor | undefined {
  if (stored === '') return undefined;
  if (stored.startsWith(STRING)) return stored.slice(1);
  if (stored.startsWith(BYTES)) return Buffer.from(stored.slice(1), 'base64');
  throw new Error(`The stored cursor is ${describeValue(stored)}, which this version did not write`);
}

function bounded(name: string, stored: string): string {
  const bytes = Buffer.byteLength(stored);
  if (bytes > MAX_BYTES) throw new RangeError(`${name} has ${bytes} bytes; expected ${MAX_BYTES} at most`);
  return stored;
}
