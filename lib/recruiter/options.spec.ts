import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { problemsOf } from '../options/option-table.js';
import { ManualClock } from '../testing/manual-clock.js';
import { systemClock } from '../time/clock.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { RECRUITER_OPTIONS, resolveOptions, type RecruiterOptions } from './options.js';
import { systemRandom } from './random.js';
import { Recruiter } from './recruiter.js';

const clock = new ManualClock();
const random = { next: () => 0.5 };

/** One option that is right, by option. */
const right: { [K in keyof RecruiterOptions]-?: fc.Arbitrary<RecruiterOptions[K]> } = {
  enabled: fc.boolean(),
  adaptive: fc.boolean(),
  budget: fc.oneof(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constant(0.5)),
  concurrency: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  dutyCycle: fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true }),
  load: fc.oneof(
    fc.constantFrom(false as const, {}, { low: 0 }, { low: 1 }, { high: 1 }, { low: 0.9 }, { high: 0.4 }),
    fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })),
  ),
  idle: fc.oneof(
    fc.constantFrom(false as const, {}),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((interval) => ({ interval })),
  ),
  shutdownGrace: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  stuckAfter: fc.double({ min: 1, max: 1e6, noNaN: true }),
  rates: fc.dictionary(fc.string(), fc.double({ min: 0, max: 1, noNaN: true })),
  random: fc.constantFrom(random, systemRandom),
  clock: fc.constantFrom(clock, { now: () => 0 }, systemClock),
};

const nonsense: readonly unknown[] = [
  null,
  NaN,
  -1,
  -Infinity,
  Infinity,
  'x',
  '',
  '5',
  2 ** 53 + 2,
  -(2 ** 53) - 2,
  5n,
  Symbol('s'),
  [1],
];

/** Values that are wrong, by option. */
const wrong: { [K in keyof RecruiterOptions]-?: readonly unknown[] } = {
  enabled: [...nonsense, 0, 1, {}],
  adaptive: [...nonsense, 0, 1, {}],
  budget: [...nonsense, 0, 2 ** 31, true, {}, () => 5],
  concurrency: [...nonsense, 0, 1.5, 2 ** 53, true, {}],
  dutyCycle: [...nonsense, 0, 1.1, true, {}],
  load: [
    ...nonsense.slice(0, -1),
    true,
    0,
    [],
    { low: -0.1 },
    { low: 0.9, high: 0.8 },
    { high: 0.39 },
    { high: 1.1 },
    { low: NaN },
    { low: null },
    { high: '0.8' },
    { low: '0.1', high: 1 },
    { low: 2 ** 53 + 2 },
  ],
  idle: [
    ...nonsense.slice(0, -1),
    true,
    0,
    [],
    { interval: 0 },
    { interval: -1 },
    { interval: NaN },
    { interval: '5' },
    { interval: null },
    { interval: 2 ** 31 },
    { interval: Infinity },
  ],
  shutdownGrace: [...nonsense, -0.5, 2 ** 31, true, {}],
  stuckAfter: [0, 0.5, -1, NaN, Infinity, '100', null, {}],
  rates: [
    ...nonsense,
    5,
    new Map([['a', 0.1]]),
    true,
    { a: NaN },
    { a: '0.1' },
    { a: -0.1 },
    { a: 1.1 },
    { a: null },
    { a: undefined },
  ],
  random: [...nonsense, 5, {}, { next: 5 }, Math.random],
  clock: [
    ...nonsense,
    5,
    {},
    { now: 5 },
    Date.now,
    { now: () => 0, after: 5 },
    { now: () => 0, timestamp: null },
  ],
};

const options = Object.keys(right) as (keyof RecruiterOptions)[];

describe('Recruiter with options that are right', () => {
  it('takes any combination of them, and installs, enlists and closes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(right, { requiredKeys: [] }), async (given) => {
        expect(problemsOf(RECRUITER_OPTIONS, given)).toEqual([]);
        const recruiter = new Recruiter('any', { ...given, clock, rates: {} });
        recruiter.install({ recruited: () => undefined }, 'a', 1);
        recruiter.open();
        await recruiter.enlist();
        await recruiter.close();
        expect(recruiter.enlistments).toBe(1);
        expect(clock.pending).toBe(0);
      }),
      { seed: 1 },
    );
  });

  it('takes the least and the greatest values', () => {
    const least = {
      concurrency: 1,
      dutyCycle: Number.MIN_VALUE,
      load: { low: 0, high: 0 },
      shutdownGrace: 0,
    };
    const greatest = { dutyCycle: 1, load: { low: 1, high: 1 }, budget: 2 ** 31 - 1, rates: { a: 1, b: 0 } };
    expect([problemsOf(RECRUITER_OPTIONS, least), problemsOf(RECRUITER_OPTIONS, greatest)]).toEqual([[], []]);
  });

  it('says of each time from where on it is right', () => {
    expect(problemsOf(RECRUITER_OPTIONS, { shutdownGrace: -1, budget: 0 })).toEqual([
      'budget is 0; expected milliseconds above 0, at most 2147483647',
      'shutdownGrace is -1; expected milliseconds 0 or more, at most 2147483647',
    ]);
  });

  it('has the documented defaults', () => {
    expect(resolveOptions({})).toEqual({
      enabled: true,
      budget: 50,
      concurrency: 1,
      dutyCycle: 0.05,
      load: { low: 0.4, high: 0.8 },
      adaptive: true,
      idle: { interval: undefined },
      shutdownGrace: 5000,
      stuckAfter: 100,
      rates: new Map(),
      random: systemRandom,
      clock: systemClock,
    });
    expect(new Recruiter().name).toBe('default');
  });

  it('fills in what is left out of a group, and keeps `false`', () => {
    expect(resolveOptions({ load: { low: 0.1 }, idle: {} })).toMatchObject({
      load: { low: 0.1, high: 0.8 },
      idle: { interval: undefined },
    });
    expect(resolveOptions({ load: { low: 0.9 } }).load).toEqual({ low: 0.9, high: 0.9 });
    expect(resolveOptions({ load: { high: 0.6 } }).load).toEqual({ low: 0.4, high: 0.6 });
    expect(resolveOptions({ load: false, idle: false })).toMatchObject({ load: false, idle: false });
    expect(resolveOptions({ shutdownGrace: 0, enabled: false })).toMatchObject({
      shutdownGrace: 0,
      enabled: false,
    });
    expect(resolveOptions({ rates: { a: 0 } }).rates).toEqual(new Map([['a', 0]]));
  });
});

describe('Recruiter with options that are wrong', () => {
  it.each(options)('refuses %s, and names it', (option) => {
    for (const value of wrong[option]) {
      const given = { [option]: value } as RecruiterOptions;
      const problems = problemsOf(RECRUITER_OPTIONS, given);
      expect({ value, problems }).toEqual({
        value,
        problems: [expect.stringMatching(`^${option}\\b.+expected`)],
      });
      expect(() => new Recruiter('any', given)).toThrow(WorkStealingConfigError);
    }
  });

  it('gathers one problem for each option that is wrong, and none for those that are right', () => {
    const pick = (option: keyof RecruiterOptions) =>
      fc.oneof(
        fc.constantFrom(...wrong[option]).map((value) => ({ value, isWrong: true })),
        right[option].map((value: unknown) => ({ value, isWrong: false })),
      );
    const mixture = fc.record(Object.fromEntries(options.map((option) => [option, pick(option)])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(mixture, (mixed) => {
        const entries = Object.entries(mixed as Record<string, { value: unknown; isWrong: boolean }>);
        const given = Object.fromEntries(entries.map(([option, { value }]) => [option, value]));
        const problems = problemsOf(RECRUITER_OPTIONS, given);
        const expected = entries.filter(([, { isWrong }]) => isWrong).map(([option]) => option);
        const named = problems.map((problem) => /^\w+/.exec(problem)![0]);
        expect(named.sort()).toEqual(expected.sort());
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('names an unknown option, with those that are known', () => {
    expect(problemsOf(RECRUITER_OPTIONS, { buget: 5 })).toEqual([
      "unknown option 'buget'; known are enabled, budget, concurrency, dutyCycle, load, adaptive, idle, " +
        'shutdownGrace, stuckAfter, rates, random, clock',
    ]);
  });

  it('names the first of many unknown options', () => {
    const problems = problemsOf(RECRUITER_OPTIONS, Buffer.from('no options'));
    expect(problems).toHaveLength(6);
    expect(problems.at(-1)).toBe('5 more unknown options');
  });

  it('names unknown options of a group', () => {
    const problems = problemsOf(RECRUITER_OPTIONS, { load: { hihg: 1 }, idle: { intervall: 5 } });
    expect(problems).toEqual([
      "unknown option of load: 'hihg'; known are low, high",
      "unknown option of idle: 'intervall'; known are interval",
    ]);
  });

  it.each([null, 5, 'x', true, [], new Map()])('refuses %p in place of options', (given) => {
    const message = expect.stringContaining('; expected an object');
    expect(problemsOf(RECRUITER_OPTIONS, given as RecruiterOptions)).toEqual([message]);
    expect(() => new Recruiter('any', given as RecruiterOptions)).toThrow(WorkStealingConfigError);
  });

  it('tells all of them in one message that quotes each value', () => {
    expect(
      () =>
        new Recruiter('films', { budget: 0, dutyCycle: 2, load: { low: 1, high: 0 }, rates: { 'a b': 7 } }),
    ).toThrow(
      "Recruiter 'films': budget is 0; expected milliseconds above 0, at most 2147483647; " +
        'dutyCycle is 2; expected a number above 0, at most 1; ' +
        'load is { low: 1, high: 0 }; expected 0 <= low <= high <= 1 (event-loop utilization); ' +
        "rates['a b']: rate is 7; expected a number from 0 to 1 (the share of enlistments that it asks for)",
    );
  });

  it.each(['', ' ', 5, null, 'x'.repeat(513)])('refuses %p for a name', (name) => {
    expect(() => new Recruiter(name as string)).toThrow(
      /name is .+; expected a string of 1 to 512 characters/,
    );
  });
});
