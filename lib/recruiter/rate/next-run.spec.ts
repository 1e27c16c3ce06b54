import { describe, expect, it } from '@jest/globals';
import { JobPeriod } from '../coordination/job-period.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { BackOff } from './back-off.js';
import { MAX_REST_MS, NextRun, restAfter, type JobAtRest } from './next-run.js';
import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';
import { FixedRate, type RateControl } from './rate-control.js';

const INTERVAL = 120_000;

/** The least that chance makes of every spread. */
const least: Random = { next: () => 0 };
/** Close to the most. */
const most: Random = { next: () => 1 - 2 ** -53 };

/** A control that has learnt these outcomes, `done` being the items of each that counted them. */
function learnt(...outcomes: (Outcome | [Outcome, number])[]): RateControl {
  const control = new BackOff();
  for (const each of outcomes) {
    if (typeof each === 'string') control.learn(each);
    else control.learn(...each);
  }
  return control;
}

function jobOf(control: RateControl, job: Partial<JobAtRest> = {}): JobAtRest {
  const rest = { isShared: false, period: undefined, budget: 50, dutyCycle: 0.05 };
  return { control, adaptive: control instanceof BackOff, ...rest, ...job };
}

const counts = { processes: () => 1, jobs: () => 1 };
const nextRun = (random = least, interval: number | false = INTERVAL) =>
  new NextRun(random, interval, counts);
const unknown = jobOf(new BackOff());

describe('restAfter()', () => {
  it.each([
    [10, 0.05, 190],
    [50, 0.5, 50],
    [50, 1, 0],
    [0, 0.05, 0],
    [0, Number.MIN_VALUE, 0],
    [1, Number.MIN_VALUE, MAX_REST_MS],
    [3_600_000, 0.05, MAX_REST_MS],
    [3_600_000, 1, 0],
  ])('of %d ms at a duty cycle of %d is %d ms', (duration, dutyCycle, rest) => {
    expect(restAfter(duration, dutyCycle)).toBeCloseTo(rest, 6);
  });

  it('is ten minutes at most', () => {
    expect(MAX_REST_MS).toBe(600_000);
  });
});

describe('The first run of a job', () => {
  it('is spread over one interval', () => {
    expect(nextRun(least).first(unknown)).toBe(0);
    expect(nextRun(most).first(unknown)).toBeCloseTo(INTERVAL, 6);
  });

  it('never comes where such jobs are not run', () => {
    expect(nextRun(least, false).first(unknown)).toBe(Infinity);
  });
});

describe('The next run of a job with known work', () => {
  it('is after its rest, 1 to 1.25 times', () => {
    const job = jobOf(learnt('full'));
    expect(nextRun(least).after('full', 10, job)).toBeCloseTo(190, 6);
    expect(nextRun(most).after('full', 10, job)).toBeCloseTo(190 * 1.25, 6);
  });

  it('is at once at a duty cycle of 1', () => {
    expect(nextRun(most).after('full', 10, jobOf(learnt('full'), { dutyCycle: 1 }))).toBe(0);
  });

  it('is after ten minutes at most, stretched or not', () => {
    for (const random of [least, most]) {
      expect(nextRun(random).after('full', 3_600_000, jobOf(learnt('full')))).toBe(MAX_REST_MS);
    }
  });

  it('is as soon where jobs without work are not run', () => {
    expect(nextRun(least, false).after('full', 10, jobOf(learnt('full')))).toBeCloseTo(190, 6);
  });

  it.each([
    [1, 1900],
    [2, 3800],
    [6, 60_800],
    [7, 60_800],
    [100, 60_800],
  ])('waits after %d empty slices in a row for %d ms, at a duty cycle of 1/20', (times, ms) => {
    const job = jobOf(learnt(...Array.from({ length: times }, (): [Outcome, number] => ['full', 0])));
    expect(nextRun(least).after('full', 0.1, job)).toBeCloseTo(ms, 6);
  });

  it('waits after empty slices at a duty cycle of 1 too', () => {
    const job = jobOf(learnt(['full', 0]), { dutyCycle: 1 });
    expect(nextRun(least).after('full', 0, job)).toBe(1900);
    expect(nextRun(most).after('full', 0, job)).toBeCloseTo(1900 * 1.25, 6);
  });
});

describe('The next run after a failure', () => {
  it.each(['failed', 'aborted'] as const)('is twice as long each time, 61 s at most: %s', (outcome) => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 50].map((times) =>
      nextRun(least).after(outcome, 1, jobOf(learnt(...Array<Outcome>(times).fill(outcome)))),
    );
    const expected = [1900, 3800, 7600, 15_200, 30_400, 60_800, 60_800, 60_800];
    waits.forEach((wait, time) => expect(wait).toBeCloseTo(expected[time]!, 6));
  });

  it('is as long at a duty cycle of 1, at which failures would spin', () => {
    const job = jobOf(learnt('failed'), { dutyCycle: 1 });
    expect(nextRun(least).after('failed', 1, job)).toBe(1900);
    expect(nextRun(least).after('failed', 1e6, job)).toBe(1900);
  });

  it('rests after a slice that took longer than its budget for as long as it took', () => {
    const job = jobOf(learnt('aborted'));
    expect(nextRun(least).after('aborted', 100, job)).toBeCloseTo(2 * 1900, 6);
    expect(nextRun(least).after('aborted', 3_600_000, job)).toBe(MAX_REST_MS);
  });

  it('follows the budget of the job: a slice of it may take that long', () => {
    const patient = jobOf(learnt('failed'), { budget: 1000 });
    expect(nextRun(least).after('failed', 1, patient)).toBeCloseTo(2 * 19_000, 6);
    const hasty = jobOf(learnt('failed'), { budget: 5 });
    expect(nextRun(least).after('failed', 1, hasty)).toBe(2 * 950);
  });

  it('comes where jobs without known work are not run only if work is known', () => {
    expect(nextRun(least, false).after('failed', 1, jobOf(learnt('failed')))).toBe(Infinity);
    expect(nextRun(least, false).after('failed', 1, jobOf(learnt('full', 'failed')))).toBeCloseTo(1900, 6);
  });

  it('is that of a job without known work where its rate is fixed', () => {
    const job = jobOf(new FixedRate());
    expect(nextRun(least).after('failed', 1, job)).toBe(INTERVAL / 2);
    expect(nextRun(least, false).after('failed', 1, job)).toBe(Infinity);
  });
});

describe('The next run of a job without known work', () => {
  it.each([
    ['partial', 1],
    ['idle', 1.5],
    ['idle idle', 2],
    ['idle idle idle idle', 3],
    ['idle idle idle idle idle idle', 3],
  ])('is after a mean of one interval, and of three where nothing turns up: %s, %d', (history, intervals) => {
    const outcomes = history.split(' ') as Outcome[];
    const job = jobOf(learnt(...outcomes));
    const at = (random: Random) => nextRun(random).after(outcomes.at(-1)!, 10, job) / INTERVAL;
    expect(at(least)).toBeCloseTo(intervals * 0.5, 9);
    expect(at(most)).toBeCloseTo(intervals * 1.5, 9);
  });

  it('never comes where such jobs are not run', () => {
    for (const outcome of ['partial', 'idle'] as const) {
      expect(nextRun(least, false).after(outcome, 10, jobOf(learnt(outcome)))).toBe(Infinity);
    }
  });

  it('is the same after any slice of a job with a fixed rate', () => {
    for (const outcome of ['full', 'partial', 'idle'] as const) {
      expect(nextRun(least).after(outcome, 10, jobOf(new FixedRate()))).toBe(INTERVAL / 2);
    }
  });
});

describe('The next run after a refusal', () => {
  it.each([
    [0, 950],
    [1, 1900],
    [6, 60_800],
    [40, 60_800],
  ])('is, after %d in a row before it, after %d ms', (refusals, ms) => {
    const job = jobOf(learnt('full'));
    expect(nextRun(least).afterRefusal(job, refusals)).toBeCloseTo(ms, 6);
    expect(nextRun(most).afterRefusal(job, refusals)).toBeCloseTo(ms * 1.25, 6);
  });

  it('is no sooner at a duty cycle of 1', () => {
    expect(nextRun(least).afterRefusal(jobOf(learnt('full'), { dutyCycle: 1 }), 0)).toBe(950);
  });
});

describe('NextRun, whatever chance says', () => {
  it('names a time from 0 to ten minutes, or to 4.5 intervals where no work is known', () => {
    const random = new SeededRandom(1);
    const next = nextRun(random);
    const outcomes: Outcome[] = ['full', 'partial', 'idle', 'failed', 'aborted'];
    const control = new BackOff();
    for (let slice = 0; slice < 10_000; slice++) {
      const outcome = outcomes[Math.floor(random.next() * 5)]!;
      control.learn(outcome, random.next() < 0.5 ? 0 : undefined);
      const job = jobOf(control, { dutyCycle: random.next() || 1 });
      const wait = next.after(outcome, random.next() * 1e5, job);
      expect(wait).toBeGreaterThanOrEqual(0);
      const isPlanned = control.more || outcome === 'failed' || outcome === 'aborted';
      expect(wait).toBeLessThanOrEqual(isPlanned ? MAX_REST_MS : 4.5 * INTERVAL);
    }
  });
});

describe('The next run of a job with every', () => {
  const period = (ms: number) => new JobPeriod(ms, true, 5000);
  const failed = (ms: number) =>
    jobOf(learnt('failed', 'failed', 'failed', 'failed', 'failed'), { period: period(ms) });

  it('is a period after a failure at the latest, and not sooner than its patience', () => {
    const doubled = 950 * 2 ** 5;
    expect(nextRun(least).after('failed', 1, failed(3_600_000))).toBe(doubled);
    expect(nextRun(least).after('failed', 1, failed(5000))).toBe(5000);
    expect(nextRun(least).after('failed', 1, failed(100))).toBe(950);
  });

  it('is spread at the start by the size of the fleet, within a twentieth of the period', () => {
    expect(nextRun(most).first(jobOf(learnt(), { period: period(3_600_000) }))).toBeCloseTo(500, 6);
    expect(nextRun(most).first(jobOf(learnt(), { period: period(1000) }))).toBeCloseTo(50, 6);
  });
});
