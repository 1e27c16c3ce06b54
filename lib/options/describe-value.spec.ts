import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeValue } from './describe-value.js';

describe('describeValue', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [-0, '-0'],
    ['', "''"],
    ['a "b"', `'a "b"'`],
    [{ a: { b: { c: 1 } } }, '{ a: { b: [Object] } }'],
    ['two\nlines', "'two\\nlines'"],
    [class Films {}, '[class Films]'],
    [new RangeError('out of\nreach'), 'RangeError: out of reach'],
  ])('quotes %p', (value, text) => {
    expect(describeValue(value)).toBe(text);
  });

  it('quotes anything at all, on one line of at most 120 characters', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
        const text = describeValue(value);
        expect(text.length).toBeLessThanOrEqual(120);
        expect(text).not.toContain('\n');
      }),
      { seed: 1 },
    );
  });

  it('cuts what is too long, and says so', () => {
    const text = describeValue('x'.repeat(500));
    expect(text).toHaveLength(120);
    expect(text).toMatch(/^'x{118}…$/);
    expect(describeValue('x'.repeat(118))).toBe(`'${'x'.repeat(118)}'`);
    expect(describeValue(Array.from({ length: 1000 }, (_, i) => i))).toContain('... 990 more items');
  });

  it('quotes what does not want to be quoted', () => {
    const hostile = {
      [inspect.custom]() {
        throw new Error('none of your business');
      },
    };
    expect(describeValue(hostile)).toBe('(object that cannot be inspected)');
  });
});
