import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keyOfCall } from './key-of-call.js';

describe('The key of a call', () => {
  it('is the text, with the arguments where there are any', () => {
    expect(keyOfCall('films', [])).toBe('films');
    expect(keyOfCall('film', [7, 'page'])).toBe('film:7,"page"');
    expect(keyOfCall('film', [undefined, null, true, 5n])).toBe('film:undefined,null,true,5n');
  });

  it('never is the same for calls that differ', () => {
    const argument = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.bigInt(),
      fc.constantFrom(null, undefined, 'null', '1', 'a,"b'),
    );
    const call = fc.array(argument, { maxLength: 4 });
    fc.assert(
      fc.property(call, call, (a, b) => {
        const isSame =
          a.length === b.length &&
          a.every((each, index) => Object.is(each, b[index]) || (each === 0 && b[index] === 0));
        expect(keyOfCall('film', a) === keyOfCall('film', b)).toBe(isSame);
      }),
      { seed: 1 },
    );
  });

  it('stays short for long arguments', () => {
    const [a, b] = [keyOfCall('film', ['x'.repeat(1e6)]), keyOfCall('film', ['y'.repeat(1e6)])];
    expect(a.length).toBeLessThan(60);
    expect(a).not.toBe(b);
  });

  it.each([[{ id: 1 }], [[1]], [new Map()], [() => 1], [Symbol('a')]])(
    'cannot be made of %p without loss',
    (argument) => {
      expect(() => keyOfCall('film', [argument])).toThrow(/use a function as key/);
    },
  );

  it('is what the function makes of the arguments, if that is a text', () => {
    expect(keyOfCall(([id]) => `film:${id}`, [7])).toBe('film:7');
    for (const made of ['', undefined, 5]) {
      expect(() => keyOfCall(() => made as string, [7])).toThrow(/key returned .*; expected a string/);
    }
  });
});
