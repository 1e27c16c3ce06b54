import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { FloorTimer } from './floor-timer.js';
import { Duty } from './job.js';
import { Roster } from './roster.js';

const INTERVAL = 120_000;
const JOB = { recruited: () => Duty.DISMISSED };
/** The exponential wait is its mean there. */
const MEAN = 1 - 1 / Math.E;

/** A timer over jobs of these rates; its random source answers the numbers in turn, the last for ever. */
function timerOf(rates: Record<string, number>, ...numbers: number[]) {
  const clock = new ManualClock();
  const roster = new Roster('test', { budget: 50, adaptive: true });
  const jobs = Object.entries(rates).map(([id, rate]) => roster.add(JOB, id, { rate }));
  const ran: string[] = [];
  const random = { next: () => (numbers.length > 1 ? numbers.shift()! : numbers[0]!) };
  const timer = new FloorTimer(
    INTERVAL,
    clock,
    random,
    () => roster.jobs,
    (job) => ran.push(job.id),
  );
  timer.start();
  return { timer, clock, jobs, ran };
}

describe('FloorTimer', () => {
  it('looks once in an interval over the number of jobs, on average', () => {
    const { clock, ran } = timerOf({ a: 0.1, b: 0.1, c: 0.1, d: 0.1 }, MEAN);
    clock.advance(INTERVAL / 4 - 1);
    expect(ran).toHaveLength(0);
    clock.advance(2);
    expect(ran).toHaveLength(1);
    clock.advance(INTERVAL / 4);
    expect(ran).toHaveLength(2);
  });

  it('looks at none that is paused or has a rate of 0, and waits as though they were not there', () => {
    const { clock, jobs, ran, timer } = timerOf({ paused: 0.1, zero: 0, a: 0.1 }, MEAN);
    jobs[0]!.paused = true;
    timer.stop();
    timer.start();
    clock.advance(INTERVAL - 1);
    expect(ran).toEqual([]);
    clock.advance(9 * INTERVAL + 10);
    expect(ran).toEqual(Array.from({ length: 10 }, () => 'a'));
  });

  it.each([
    [0, 'a'],
    [0.49, 'a'],
    [0.5, 'b'],
    [0.99, 'b'],
  ])('draws its job evenly: at %d it is %s', (point, id) => {
    const { clock, ran } = timerOf({ a: 0.01, b: 0.5 }, 0, point, MEAN);
    clock.advance(0);
    expect(ran).toEqual([id]);
  });

  it('goes on without jobs, and finds one that comes', () => {
    const { clock, jobs, ran } = timerOf({ a: 0.1 }, MEAN);
    jobs[0]!.paused = true;
    clock.advance(3 * INTERVAL);
    jobs[0]!.paused = false;
    clock.advance(INTERVAL + 10);
    expect(ran).toEqual(['a']);
  });

  it.each([
    [0, 1 / 2],
    [1, 1 / 2],
    [4, 1],
    [8, 2],
    [10, 5 / 2],
    [1000, 5 / 2],
  ])('leaves a job alone after %d fruitless slices for %d intervals', (fruitless, intervals) => {
    for (const [lastRun, times] of [
      [-intervals * INTERVAL, 1],
      [1 - intervals * INTERVAL, 0],
    ] as const) {
      // The first look comes at once.
      const { clock, jobs, ran } = timerOf({ a: 0.1 }, 0, 0, MEAN);
      for (let slice = 0; slice < fruitless; slice++) jobs[0]!.control.learn('idle', clock.now());
      jobs[0]!.lastRun = lastRun;
      clock.advance(0);
      expect(ran).toHaveLength(times);
    }
  });
});
