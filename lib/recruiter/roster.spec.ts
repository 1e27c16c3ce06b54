import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { WorkStealingConfigError } from '../options/errors.js';
import type { JobOptions } from './job-options.js';
import type { Job } from './job.js';
import { rateTable } from './rate/rate-sum.js';
import { Recruiter } from './recruiter.js';

const idle: Job = { recruited: () => undefined };

const recruiterOf = (jobs: Record<string, number> = {}, rates: Record<string, number> = {}) => {
  const options = { clock: new ManualClock(), random: new SeededRandom(1), rates };
  const recruiter = new Recruiter('films', options);
  for (const [id, rate] of Object.entries(jobs)) recruiter.install(idle, id, rate);
  return recruiter;
};

const ratesOf = (recruiter: Recruiter) =>
  Object.fromEntries(recruiter.jobs.map(({ id, rate }) => [id, rate]));

/** The error that `work` throws, which is to be one of configuration. */
function configErrorOf(work: () => unknown): WorkStealingConfigError {
  try {
    work();
  } catch (error) {
    if (error instanceof WorkStealingConfigError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}

describe('Recruiter that installs a job', () => {
  it('shows it with its rate, in the order of installation', () => {
    const recruiter = recruiterOf({ b: 0.2, a: 0.1 });
    expect(recruiter.jobs.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(recruiter.jobs[0]).toEqual({
      id: 'b',
      rate: 0.2,
      isDefaultRate: false,
      effectiveRate: 0.2,
      paused: false,
      budget: 50,
      counts: { full: 0, partial: 0, idle: 0, aborted: 0, failed: 0, gated: 0 },
      gatedBy: {},
      gatedLooks: {},
      abortedBy: {},
      items: 0,
      overruns: 0,
      more: false,
      nextLookAt: undefined,
      period: undefined,
      durations: undefined,
      installedAt: new Date(0),
      lastWorkAt: undefined,
      failuresInARow: 0,
      expectWorkWithin: undefined,
      errors: [],
      lastError: undefined,
    });
  });

  it('takes a rate alone, or options', () => {
    const recruiter = recruiterOf();
    recruiter.install(idle, 'alone', 0.1);
    recruiter.install(idle, 'options', { rate: 0.2, budget: 20, adaptive: false, lease: { ttl: 1000 } });
    expect(recruiter.jobs).toMatchObject([
      { id: 'alone', rate: 0.1, budget: 50 },
      { id: 'options', rate: 0.2, budget: 20 },
    ]);
  });

  it('prefers a rate that the options of the recruiter set, 0 included', () => {
    expect(ratesOf(recruiterOf({ a: 0.5, b: 0.4, c: 0.3 }, { a: 0.25, b: 0 }))).toEqual({
      a: 0.25,
      b: 0,
      c: 0.3,
    });
  });

  it.each([0, 1, 1e-9, Number.MIN_VALUE, -0])('accepts a rate of %d', (rate) => {
    expect(recruiterOf({ a: rate }).jobs[0]!.rate).toBe(rate);
  });

  it('returns a function that takes it off again, once', () => {
    const recruiter = recruiterOf({ other: 0.1 });
    const undo = recruiter.install(idle, 'a', 0.9);
    expect(undo()).toBeUndefined();
    expect(ratesOf(recruiter)).toEqual({ other: 0.1 });
    undo();
    expect(ratesOf(recruiter)).toEqual({ other: 0.1 });
  });

  it('leaves a job alone that took the id later', () => {
    const recruiter = recruiterOf();
    const undo = recruiter.install(idle, 'a', 0.9);
    undo();
    recruiter.install(idle, 'a', 0.8);
    undo();
    expect(ratesOf(recruiter)).toEqual({ a: 0.8 });
  });

  it('copies the options: what becomes of them later changes nothing', () => {
    const options: JobOptions = { rate: 0.1, budget: 10 };
    const recruiter = recruiterOf();
    recruiter.install(idle, 'a', options);
    options.rate = 1;
    options.budget = 1000;
    expect(recruiter.jobs[0]).toMatchObject({ rate: 0.1, budget: 10 });
  });
});

describe('Recruiter that is given a job it cannot install', () => {
  it.each<[string, unknown, string]>([
    ['NaN', NaN, 'rate is NaN; expected a number from 0 to 1'],
    ['a negative one', -0.1, 'rate is -0.1'],
    ['one above 1', 1.01, 'rate is 1.01'],
    ['Infinity', Infinity, 'rate is Infinity'],
    ['a text', '0.1', "rate is '0.1'"],
    ['null', null, 'rate is null'],
    ['a bigint', 1n, 'rate is 1n'],
    ['a list', [0.1], "unknown option '0'"],
    ['more than 2^53', 2 ** 53 + 2, 'rate is 9007199254740994'],
  ])('refuses a rate that is %s', (_, rate, message) => {
    const recruiter = recruiterOf({ b: 0.1 });
    const error = configErrorOf(() => recruiter.install(idle, 'a', rate as number));
    expect(error.message).toContain(`Cannot install job 'a' in recruiter "films": `);
    expect(error.message).toContain(message);
    expect(error.name).toBe('WorkStealingConfigError');
    expect(ratesOf(recruiter)).toEqual({ b: 0.1 });
  });

  it.each<[string, unknown]>([
    ['empty', ''],
    ['blank', ' \t'],
    ['too long', 'x'.repeat(513)],
    ['a number', 5],
    ['null', null],
    ['a symbol', Symbol('id')],
  ])('refuses an id that is %s', (_, id) => {
    const recruiter = recruiterOf();
    expect(() => recruiter.install(idle, id as string, 0.1)).toThrow(
      /id is .+; expected a string of 1 to 512/,
    );
    expect(recruiter.jobs).toEqual([]);
  });

  it('accepts an id of 512 characters', () => {
    expect(recruiterOf({ ['x'.repeat(512)]: 0.1 }).jobs).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'null has no method recruited(slice)'],
    ['undefined', undefined, 'undefined has no method recruited(slice)'],
    ['an object without the method', { recruit: 1 }, '{ recruit: 1 } has no method recruited(slice)'],
    ['an object with a field of that name', { recruited: true }, '{ recruited: true } has no method'],
  ])('refuses a job that is %s', (_, job, message) => {
    expect(() => recruiterOf().install(job as Job, 'a', 0.1)).toThrow(message);
  });

  it.each<[Partial<Record<keyof JobOptions, unknown>>, string]>([
    [{ budget: 0 }, 'budget is 0; expected milliseconds above 0, at most 2147483647'],
    [{ budget: -1 }, 'budget is -1'],
    [{ budget: NaN }, 'budget is NaN'],
    [{ budget: 2 ** 31 }, 'budget is 2147483648'],
    [{ budget: 2 ** 53 + 2 }, 'budget is 9007199254740994'],
    [{ budget: '50' }, "budget is '50'"],
    [{ budget: null }, 'budget is null'],
    [{ adaptive: 'no' }, "adaptive is 'no'; expected true or false"],
    [{ adaptive: null }, 'adaptive is null'],
    [{ dutyCycle: 0 }, 'dutyCycle is 0; expected a number above 0, at most 1'],
    [{ dutyCycle: 1.01 }, 'dutyCycle is 1.01'],
    [{ dutyCycle: NaN }, 'dutyCycle is NaN'],
    [{ dutyCycle: '0.5' }, "dutyCycle is '0.5'"],
    [{ dutyCycle: null }, 'dutyCycle is null'],
    [{ lease: 5 }, 'lease is 5; expected { ttl } in milliseconds'],
    [{ lease: null }, 'lease is null'],
    [{ lease: {} }, 'lease.ttl is undefined'],
    [{ lease: { ttl: 0 } }, 'lease.ttl is 0'],
  ])('refuses %o', (options, message) => {
    const recruiter = recruiterOf();
    const error = configErrorOf(() => recruiter.install(idle, 'a', { rate: 0.1, ...options } as JobOptions));
    expect(error.message).toContain(message);
    expect(error.problems).toHaveLength(1);
    expect(recruiter.jobs).toEqual([]);
  });

  it.each([Number.MIN_VALUE, 0.05, 1, undefined])('accepts a duty cycle of %p', (dutyCycle) => {
    const recruiter = recruiterOf();
    recruiter.install(idle, 'a', { rate: 0.1, dutyCycle });
    expect(recruiter.jobs).toHaveLength(1);
  });

  it('accepts the longest time that a timer can wait', () => {
    const recruiter = recruiterOf();
    recruiter.install(idle, 'a', { rate: 0.1, budget: 2 ** 31 - 1 });
    expect(recruiter.jobs[0]!.budget).toBe(2_147_483_647);
  });

  it('refuses an id that is taken', () => {
    const recruiter = recruiterOf({ a: 0.1 });
    expect(() => recruiter.install(idle, 'a', 0.2)).toThrow('a job "a" is installed already; ids are unique');
    expect(ratesOf(recruiter)).toEqual({ a: 0.1 });
  });

  it('tells all problems at once', () => {
    const recruiter = recruiterOf({ a: 0.1 });
    const options = { rate: 2, budget: -5, adaptive: 'no', lease: 7 } as unknown as JobOptions;
    const error = configErrorOf(() => recruiter.install({} as Job, 'a', options));
    expect(error.problems).toEqual([
      'a job "a" is installed already; ids are unique',
      '{} has no method recruited(slice)',
      'rate is 2; expected a number from 0 to 1 (the share of enlistments that it asks for)',
      'budget is -5; expected milliseconds above 0, at most 2147483647',
      "adaptive is 'no'; expected true or false",
      'lease is 7; expected { ttl } in milliseconds',
    ]);
    expect(error.message).toBe(`Cannot install job 'a' in recruiter "films": ${error.problems.join('; ')}`);
  });

  it('installs nothing when the options throw while they are read', () => {
    const recruiter = recruiterOf();
    const options = {
      get rate(): number {
        throw new Error('unreadable');
      },
    };
    expect(() => recruiter.install(idle, 'a', options)).toThrow('unreadable');
    expect(recruiter.jobs).toEqual([]);
  });
});

describe('Recruiter whose rates add up', () => {
  it('refuses a sum above 1, with a table of all jobs', () => {
    const recruiter = recruiterOf({ small: 0.125, large: 0.5 });
    const error = configErrorOf(() => recruiter.install(idle, 'new', 0.4375));
    expect(error.problems).toEqual([
      'the rates of its jobs would add up to 1.0625, more than 1:\n' +
        '  0.5     large\n' +
        '  0.4375  new\n' +
        '  0.125   small\n' +
        '  1.0625  sum of 3',
    ]);
    expect(ratesOf(recruiter)).toEqual({ small: 0.125, large: 0.5 });
  });

  it('accepts rates that add up to 1 on paper, in whatever order', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(parts, fc.constant(Array.from({ length: 10 }, () => 1))), (shares) => {
        const sum = shares.reduce((total, share) => total + share);
        const recruiter = recruiterOf();
        shares.forEach((share, i) => recruiter.install(idle, `job ${i}`, share / sum));
        expect(recruiter.jobs).toHaveLength(shares.length);
        expect(() => recruiter.install(idle, 'one more', 1e-6)).toThrow('more than 1');
      }),
    );
  });

  it('tolerates 1e-9 of float noise, no more', () => {
    const recruiter = recruiterOf({ a: 0.5 });
    expect(() => recruiter.install(idle, 'b', 0.5 + 2e-9)).toThrow('more than 1');
    recruiter.install(idle, 'b', 0.5 + 5e-10);
    expect(recruiter.jobs).toHaveLength(2);
  });

  it('gives a rate back when a job is taken off', () => {
    const recruiter = recruiterOf();
    recruiter.install(idle, 'a', 1)();
    recruiter.install(idle, 'b', 1);
    expect(ratesOf(recruiter)).toEqual({ b: 1 });
  });

  it('still knows the sum when rates have come, changed and gone for long', () => {
    const random = new SeededRandom(2);
    const recruiter = recruiterOf({ stays: 0.1 });
    for (let i = 0; i < 10_000; i++) {
      const undo = recruiter.install(idle, 'guest', random.next() * 0.9);
      if (i % 2 === 0) recruiter.setRate('guest', random.next() * 0.9);
      undo();
    }
    expect(() => recruiter.install(idle, 'too much', 0.9 + 2e-9)).toThrow('add up to 1.00000000');
    recruiter.install(idle, 'rest', 0.9);
    expect(() => recruiter.setRate('rest', 0.9 + 2e-9)).toThrow('add up to 1.00000000');
    recruiter.setRate('rest', 0.9);
    expect(ratesOf(recruiter)).toEqual({ stays: 0.1, rest: 0.9 });
  });

  it('installs 10,000 jobs', () => {
    const recruiter = recruiterOf();
    for (let i = 0; i < 10_000; i++) recruiter.install(idle, `job ${i}`, 1e-4);
    expect(recruiter.jobs).toHaveLength(10_000);
    expect(() => recruiter.install(idle, 'one more', 1e-4)).toThrow(
      /…\s+and 9961 more\n\s+\S+\s+sum of 10001/,
    );
  });
});

describe('Recruiter whose rates change', () => {
  it('shows each job once when they would add up to more than 1, with the rate asked for', () => {
    const recruiter = recruiterOf({ a: 0.5, b: 0.25 });
    expect(configErrorOf(() => recruiter.setRate('b', 0.75)).problems).toEqual([
      'the rates of its jobs would add up to 1.25, more than 1:\n  0.75  b\n  0.5   a\n  1.25  sum of 2',
    ]);
  });

  it('sets a rate and tells its listeners', () => {
    const recruiter = recruiterOf({ a: 0.1 });
    const heard: unknown[] = [];
    recruiter.on('rate', (event) => heard.push(event));
    recruiter.setRate('a', 1);
    expect(ratesOf(recruiter)).toEqual({ a: 1 });
    expect(heard).toEqual([{ jobId: 'a', rate: 1, effectiveRate: 1 }]);
  });

  it.each<[unknown, string]>([
    [NaN, 'Cannot set the rate of job "a" in recruiter "films": rate is NaN; expected a number from 0 to 1'],
    [-1, 'rate is -1'],
    ['1', "rate is '1'"],
    [undefined, 'rate is undefined'],
    [0.95, 'the rates of its jobs would add up to 1.05, more than 1'],
  ])('refuses %p, and changes nothing', (rate, message) => {
    const recruiter = recruiterOf({ a: 0.2, b: 0.1 });
    const heard: unknown[] = [];
    recruiter.on('rate', (event) => heard.push(event));
    expect(() => recruiter.setRate('a', rate as number)).toThrow(message);
    expect(ratesOf(recruiter)).toEqual({ a: 0.2, b: 0.1 });
    expect(heard).toEqual([]);
  });

  it('knows no job that is not installed, and names those that are', async () => {
    const recruiter = recruiterOf({ a: 0.2, b: 0.1 });
    const message = `Recruiter "films" has no job 'c'. Installed jobs: "a", "b".`;
    for (const ask of [
      () => recruiter.setRate('c', 0.1),
      () => recruiter.pause('c'),
      () => recruiter.resume('c'),
    ]) {
      expect(configErrorOf(ask).message).toBe(message);
    }
    await expect(recruiter.recruit('c')).rejects.toThrow(message);
    await expect(recruiterOf().recruit('c')).rejects.toThrow('Installed jobs: none.');
    await expect(recruiter.recruit('constructor')).rejects.toBeInstanceOf(WorkStealingConfigError);
  });
});

describe('rateTable', () => {
  it('lists the largest rates first, at most 40, with places and their sum', () => {
    const rows = Array.from({ length: 42 }, (_, i) => ({ id: `job ${i}`, rate: i / 64, place: `Place${i}` }));
    const lines = rateTable(rows).split('\n');
    expect(lines).toHaveLength(42);
    expect(lines[0]).toMatch(/^ {2}0.640625 +job 41 +Place41$/);
    expect(lines[39]).toMatch(/^ {2}0.03125 +job 2 +Place2$/);
    expect(lines[40]).toMatch(/^ {2}… +and 2 more$/);
    expect(lines[41]).toMatch(/^ {2}13.453125 +sum of 42$/);
  });

  it('shows 40 in full', () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ id: `job ${i}`, rate: 0.01 }));
    expect(rateTable(rows)).not.toContain('more');
  });

  it('shows a rate that is none, and counts it as nothing', () => {
    expect(
      rateTable([
        { id: 'a', rate: 'x' },
        { id: 'bc', rate: 0.5 },
      ]),
    ).toBe('  0.5  bc\n  x    a\n  0.5  sum of 1');
  });
});
