import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import type { RecruiterError } from './events.js';
import { Duty } from './job.js';
import { GuardedRandom, systemRandom, type Random } from './random.js';
import { Recruiter } from './recruiter.js';

const throwing: Random = {
  next() {
    throw new Error('out of entropy');
  },
};

const bad: [string, Random, string][] = [
  ['returns 1', { next: () => 1 }, 'random.next() returned 1;'],
  ['returns a number below 0', { next: () => -1e-9 }, 'random.next() returned -1e-9;'],
  ['returns NaN', { next: () => NaN }, 'random.next() returned NaN;'],
  ['returns Infinity', { next: () => Infinity }, 'random.next() returned Infinity;'],
  ['returns a text', { next: () => '0.5' as unknown as number }, "random.next() returned '0.5';"],
  ['returns nothing', { next: () => undefined as unknown as number }, 'random.next() returned undefined;'],
  ['throws', throwing, 'random.next() threw Error: out of entropy'],
];

describe('GuardedRandom', () => {
  it.each([0, 0.5, 1 - 2 ** -53])('passes %d on', (value) => {
    const complaints: Error[] = [];
    expect(new GuardedRandom({ next: () => value }, (error) => complaints.push(error)).next()).toBe(value);
    expect(complaints).toEqual([]);
  });

  it.each(bad)('answers by itself when the source %s, and complains once', (_, source, message) => {
    const complaints: Error[] = [];
    const guarded = new GuardedRandom(source, (error) => complaints.push(error));
    const numbers = Array.from({ length: 1000 }, () => guarded.next());
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(Math.abs(numbers.reduce((sum, number) => sum + number) / 1000 - 0.5)).toBeLessThan(0.1);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toBeInstanceOf(RangeError);
    expect(complaints[0]!.message).toContain(message);
    expect(complaints[0]!.message).toContain('Math.random() is used instead');
  });
});

describe('systemRandom', () => {
  it('is uniform in [0, 1), as far as one can see', () => {
    const numbers = Array.from({ length: 1000 }, () => systemRandom.next());
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(990);
  });
});

describe('Recruiter whose source of chance is broken', () => {
  function recruiterOf(random: Random) {
    const options = { random, clock: new ManualClock(), idle: false, load: false, dutyCycle: 1 } as const;
    const recruiter = new Recruiter('test', options);
    const errors: RecruiterError[] = [];
    recruiter.on('error', (error) => errors.push(error));
    recruiter.install({ recruited: () => undefined }, 'job', 0.5);
    recruiter.open();
    return { recruiter, errors };
  }

  it.each(bad)('reports once that it %s, and goes on recruiting', async (_, random, message) => {
    const { recruiter, errors } = recruiterOf(random);
    const duties = [];
    for (let i = 0; i < 400; i++) duties.push(await recruiter.enlist());
    const recruited = duties.filter((duty) => duty === Duty.RECRUITED).length;
    // Half of 400, Math.random() being what it is: six standard errors either side.
    expect(recruited).toBeGreaterThan(140);
    expect(recruited).toBeLessThan(260);
    expect(errors).toMatchObject([{ recruiter: 'test', where: 'the random source' }]);
    expect(errors[0]!.error.message).toContain(message);
    expect(recruiter.enlistments).toBe(400);
  });

  it('counts right though a listener changes rates when it hears of it', async () => {
    const { recruiter } = recruiterOf(throwing);
    recruiter.on('error', () => recruiter.setRate('job', 1));
    await recruiter.enlist();
    for (let i = 0; i < 10; i++) expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(recruiter.enlistments).toBe(11);
  });
});
