import { describe, expect, it } from '@jest/globals';
import {
  anything,
  callback,
  flag,
  group,
  integer,
  inTurn,
  methods,
  oneOf,
  orFalse,
  orGroup,
  problemOf,
  required,
  text,
} from './option.js';
import { checkedOptions, problemsOf, withDefaults, type OptionTable } from './option-table.js';

interface BatchOptions {
  limit?: number | undefined;
  mode?: 'all' | 'some' | undefined;
  rest?: false | { after: number; most?: number | undefined } | undefined;
  size?: number | { target: number } | undefined;
  isDry?: boolean | undefined;
  run(): void;
}

const OPTIONS = {
  limit: integer(1, 10, 5),
  mode: oneOf(['all', 'some'], 'all'),
  rest: orFalse(group({ after: required(integer(0)), most: integer(1) }, 'false or { after, most }')),
  size: orGroup(integer(1, 9, 1), { target: required(integer(1)) }),
  isDry: flag(false),
  run: required(callback()),
} satisfies OptionTable<BatchOptions>;

const run = () => undefined;

describe('A table of options', () => {
  it('finds nothing wrong with what it allows, undefined included', () => {
    const right: BatchOptions[] = [
      { run },
      { run, limit: undefined, mode: undefined, rest: undefined, size: undefined, isDry: undefined },
      { run, limit: 10, mode: 'some', rest: false, size: { target: 3 }, isDry: true },
      { run, rest: { after: 0, most: undefined } },
    ];
    expect(right.flatMap((options) => problemsOf(OPTIONS, options))).toEqual([]);
  });

  it('lists all that is wrong, unknown names first, with the value', () => {
    expect(
      problemsOf(OPTIONS, {
        limit: 11,
        mode: 'any',
        rest: { afer: 1, most: 0 },
        size: { target: 'x' },
        isDry: 0,
        limmit: 3,
      }),
    ).toEqual([
      "unknown option 'limmit'; known are limit, mode, rest, size, isDry, run",
      'limit is 11; expected a whole number from 1 to 10',
      "mode is 'any'; expected 'all' or 'some'",
      "unknown option of rest: 'afer'; known are after, most",
      'rest.after is undefined; expected a whole number from 0',
      'rest.most is 0; expected a whole number from 1',
      "size.target is 'x'; expected a whole number from 1",
      'isDry is 0; expected true or false',
      'run is undefined; expected a function',
    ]);
  });

  it.each([null, undefined, 5, 'x', [], new Map()])('finds no options in %p', (given) => {
    expect(problemsOf(OPTIONS, given)).toEqual([
      expect.stringMatching(/^options are .+; expected an object with run$/),
    ]);
    expect(problemsOf({ limit: OPTIONS.limit }, given)[0]).toMatch(/; expected an object$/);
  });

  it('fills in what is left out, and nothing else', () => {
    const given = { run, size: 3, rest: false, limit: undefined } as const;
    const resolved = withDefaults<BatchOptions, typeof OPTIONS>(OPTIONS, given);
    const { limit, mode, isDry }: { limit: number; mode: string; isDry: boolean } = resolved;
    expect({ limit, mode, isDry }).toEqual({ limit: 5, mode: 'all', isDry: false });
    expect(resolved).toMatchObject({ run, size: 3, rest: false });
  });

  it('throws a TypeError for a wrong type and a RangeError for a wrong value, and names the owner', () => {
    const check = (options: object) => () => checkedOptions('Batch "a"', OPTIONS, options as BatchOptions);
    expect(check({ run, limit: 0 })).toThrow(RangeError);
    expect(check({ run, limit: 0 })).toThrow('Batch "a": limit is 0; expected a whole number from 1 to 10');
    for (const wrong of [{ run, limit: '5' }, { run, limmit: 5 }, {}, { run, rest: 5 }]) {
      expect(check(wrong)).toThrow(TypeError);
    }
    expect(check({ run, size: { target: 0 } })).toThrow(RangeError);
    expect(check({ limit: 0, isDry: 1 })).toThrow(
      /^Batch "a": limit is 0; .*isDry is 1; .*run is undefined; expected a function$/,
    );
  });

  it('lets an instance of a class have fields of its own', () => {
    class Source {
      readonly pages = 3;
      readonly run = run;
    }
    expect(checkedOptions<BatchOptions, typeof OPTIONS>('Batch', OPTIONS, new Source()).limit).toBe(5);
    expect(problemsOf(OPTIONS, new Source())).toHaveLength(1);
  });
});

describe('An option', () => {
  it('says of several tests the first that it fails', () => {
    const word = inTurn(
      text('a string', () => true),
      text('a short text', ({ length }) => length < 3),
    );
    expect([5, 'abc', 'ab'].map((value) => problemOf('word', value, word))).toEqual([
      'word is 5; expected a string',
      "word is 'abc'; expected a short text",
      undefined,
    ]);
  });

  it('has methods, or is refused by their names', () => {
    const codec = methods(['encode', 'decode']);
    expect(problemOf('codec', { encode: run }, codec)).toMatch(
      /; expected an object with encode\(\) and decode\(\)$/,
    );
    for (const value of [null, 5, Object.assign(run, { encode: run, decode: run })]) {
      expect(problemOf('codec', value, codec)).toBeDefined();
    }
    expect(problemOf('codec', { encode: run, decode: run }, codec)).toBeUndefined();
  });

  it('may be anything where it is checked elsewhere', () => {
    expect([undefined, null, 5].map((value) => problemOf('cache', value, anything))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
