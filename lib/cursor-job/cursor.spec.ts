import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor.js';

describe('A cursor as it is kept', () => {
  it('comes back as it was, texts and bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeCursor(encodeCursor('next', text))).toBe(text);
      }),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeCursor(encodeCursor('next', Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
      { seed: 1 },
    );
  });

  it('tells an empty text from the beginning', () => {
    expect(decodeCursor(encodeCursor('next', ''))).toBe('');
    expect(decodeCursor('')).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['a number', 5, /next is 5; expected a string, a Buffer, or undefined/],
    ['null', null, /next is null/],
    ['half a surrogate pair', 'a\ud800', /half a surrogate pair/],
    ['a megabyte', 'x'.repeat(1e6), /next has 1000001 bytes; expected 65536 at most/],
  ])('refuses %s', (_what, cursor, message) => {
    expect(() => encodeCursor('next', cursor)).toThrow(message);
  });

  it('says so when another version wrote it', () => {
    expect(() => decodeCursor('?x')).toThrow(/this version did not write/);
  });
});
