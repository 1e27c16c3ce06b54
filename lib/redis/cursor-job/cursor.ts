import { describeValue } from '../../options/describe-value.js';
import { hasHalfAPair } from '../arguments.js';

/** A place in the data: any text or bytes that `fetch` understands, of 64 kB at most. */
export type Cursor = string | Buffer;

const MOST_BYTES = 65_536;
const TEXT = 's';
const BYTES = 'b';

/**
 * A cursor as it is kept: its first letter tells text from bytes.
 *
 * @param name - what it is called where it comes from: an argument, or what `fetch` returned.
 * @throws TypeError or RangeError that quotes a value that is no cursor.
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
  return bounded(name, TEXT + cursor);
}

/** @throws Error when it is no cursor that {@link encodeCursor} made. */
export function decodeCursor(kept: string): Cursor | undefined {
  if (kept === '') return undefined;
  if (kept.startsWith(TEXT)) return kept.slice(1);
  if (kept.startsWith(BYTES)) return Buffer.from(kept.slice(1), 'base64');
  throw new Error(`The cursor in Redis is ${describeValue(kept)}, which this version did not write`);
}

function bounded(name: string, kept: string): string {
  const bytes = Buffer.byteLength(kept);
  if (bytes > MOST_BYTES) throw new RangeError(`${name} has ${bytes} bytes; expected ${MOST_BYTES} at most`);
  return kept;
}
