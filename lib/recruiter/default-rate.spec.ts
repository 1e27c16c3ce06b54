import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { Recruiter } from './recruiter.js';

const job = { recruited: () => ({ done: 1 }) };

function rates(recruiter: Recruiter): Record<string, [rate: number, isDefault: boolean]> {
  return Object.fromEntries(recruiter.jobs.map(({ id, rate, isDefaultRate }) => [id, [rate, isDefaultRate]]));
}

describe('A job without a declared rate', () => {
  it('asks for 0.01, or for an equal share of what the declared rates leave', () => {
    const recruiter = new Recruiter('test');
    recruiter.install(job, 'one', {});
    recruiter.install(job, 'two');
    expect(rates(recruiter)).toEqual({ one: [0.01, true], two: [0.01, true] });
    recruiter.install(job, 'big', 0.99);
    expect(rates(recruiter).one![0]).toBeCloseTo(0.005, 9);
    const undo = recruiter.install(job, 'rest', 0.01);
    expect(rates(recruiter).one![0]).toBeCloseTo(0, 9);
    undo();
    expect(rates(recruiter).one![0]).toBeCloseTo(0.005, 9);
    recruiter.setRate('big', 0.5);
    expect(rates(recruiter).one).toEqual([0.01, true]);
  });

  it('has a declared one once it is set, by setRate or by rates', () => {
    const recruiter = new Recruiter('test', { rates: { two: 0.25 } });
    recruiter.install(job, 'one', {});
    recruiter.install(job, 'two', {});
    recruiter.setRate('one', 0.75);
    expect(rates(recruiter)).toEqual({ one: [0.75, false], two: [0.25, false] });
    expect(() => recruiter.install(job, 'three', 0.1)).toThrow(/add up to 1\.1/);
    recruiter.install(job, 'four', {});
    expect(rates(recruiter).four).toEqual([0, true]);
  });

  it('runs by the agenda where nothing is left for it, and not at a declared 0', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('test', { clock, load: false, random: new SeededRandom(3) });
    recruiter.install(job, 'all', 1);
    recruiter.install(job, 'default', {});
    recruiter.install(job, 'off', 0);
    recruiter.open();
    for (let second = 0; second < 600; second++) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
    const counts = Object.fromEntries(recruiter.jobs.map(({ id, counts: { partial } }) => [id, partial]));
    expect(counts.default).toBeGreaterThan(5);
    expect(counts.off).toBe(0);
    await recruiter.close();
  });

  it('is drawn with the chance that it shows', async () => {
    const clock = new ManualClock();
    const options = { clock, load: false, idle: false, adaptive: false, dutyCycle: 1 } as const;
    const recruiter = new Recruiter('test', { ...options, random: new SeededRandom(7) });
    recruiter.install(job, 'big', 0.98);
    recruiter.install(job, 'one', {});
    recruiter.install(job, 'two', {});
    recruiter.open();
    const drawn = 40_000;
    for (let each = 0; each < drawn; each++) await recruiter.enlist();
    for (const { id, counts } of recruiter.jobs) {
      if (id === 'big') continue;
      // Four standard deviations of a share of 0.01.
      expect(Math.abs(counts.partial / drawn - 0.01)).toBeLessThan(4 * Math.sqrt((0.01 * 0.99) / drawn));
    }
    await recruiter.close();
  });
});
