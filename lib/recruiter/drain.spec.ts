import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { Drain } from './drain.js';
import { Duty } from './job.js';
import { Roster, type InstalledJob } from './roster.js';

const JOB = { recruited: () => Duty.DISMISSED };

/** Jobs of these rates that all say that more is waiting, and a drain whose random source answers the numbers in turn. */
function drainOf(rates: Record<string, number>, ...numbers: number[]) {
  const clock = new ManualClock(1000);
  const roster = new Roster('test', { budget: 50, adaptive: true });
  const jobs = Object.entries(rates).map(([id, rate]) => roster.add(JOB, id, { rate }));
  for (const job of jobs) job.control.learn('full', clock.now());
  const ran: string[] = [];
  const random = { next: () => numbers.shift() ?? 0 };
  const drain = new Drain(
    clock,
    random,
    () => roster.jobs,
    (job) => ran.push(job.id),
  );
  return { drain, clock, jobs, ran };
}

/** The job has failed for an hour and has just recovered, so it drains at a twelfth. */
function recovers({ control }: InstalledJob, now: number): void {
  control.learn('failed', now - 3_600_000);
  control.learn('full', now);
}

describe('Drain', () => {
  it('waits for the rest to end, and up to a quarter of it longer', () => {
    const { drain, clock, ran } = drainOf({ a: 0.1 }, 0.5);
    drain.arm(80);
    clock.advance(89);
    expect(ran).toEqual([]);
    clock.advance(1);
    expect(ran).toEqual(['a']);
  });

  it('sets no second timer while one is set, and does after it', () => {
    const { drain, clock } = drainOf({ a: 0.1 });
    drain.arm(80);
    drain.arm(10);
    expect(clock.pending).toBe(1);
    clock.advance(80);
    expect(clock.pending).toBe(0);
    drain.arm(10);
    expect(clock.pending).toBe(1);
  });

  it('sets no timer where no job waits', () => {
    const { drain, clock, jobs } = drainOf({ a: 0.1, b: 0.1 });
    for (const job of jobs) job.control.learn('partial', clock.now());
    drain.arm(80);
    expect(clock.pending).toBe(0);
  });

  it('is as fast as the fastest of the jobs that wait', () => {
    const { drain, clock, jobs, ran } = drainOf({ recovering: 0.1, well: 0.1 }, 0, 0.9);
    recovers(jobs[0]!, clock.now());
    drain.arm(80);
    clock.advance(80);
    expect(ran).toEqual(['well']);
  });

  it('is a twelfth as fast where all of them recover', () => {
    const { drain, clock, jobs, ran } = drainOf({ recovering: 0.1 });
    recovers(jobs[0]!, clock.now());
    drain.arm(80);
    clock.advance(12 * 80 - 1);
    expect(ran).toEqual([]);
    clock.advance(1);
    expect(ran).toEqual(['recovering']);
  });

  it.each([
    [0, 'a'],
    [0.249, 'a'],
    [0.25, 'b'],
    [0.999, 'b'],
  ])('shares by rate: at %d of the sum it is %s', (point, id) => {
    const { drain, clock, ran } = drainOf({ a: 0.125, b: 0.375 }, 0, point);
    drain.arm(0);
    clock.advance(0);
    expect(ran).toEqual([id]);
  });

  it('counts the rate of a job that recovers at its pace', () => {
    // Weights of a twelfth and 1: the first has a 13th.
    for (const [point, id] of [
      [0.07, 'recovering'],
      [0.08, 'well'],
    ] as const) {
      const { drain, clock, jobs, ran } = drainOf({ recovering: 0.1, well: 0.1 }, 0, point);
      recovers(jobs[0]!, clock.now());
      drain.arm(0);
      clock.advance(0);
      expect(ran).toEqual([id]);
    }
  });

  it('draws the last job where rounding leaves none', () => {
    const { drain, clock, ran } = drainOf({ a: 0.1, b: 0.1, c: 0.1 }, 0, 1);
    drain.arm(0);
    clock.advance(0);
    expect(ran).toEqual(['c']);
  });

  it('runs nothing when the job that waited has gone, or the drain was stopped', () => {
    const { drain, clock, jobs, ran } = drainOf({ a: 0.1 });
    drain.arm(80);
    jobs[0]!.paused = true;
    clock.advance(80);
    jobs[0]!.paused = false;
    drain.arm(80);
    drain.stop();
    clock.advance(80);
    expect(ran).toEqual([]);
    drain.arm(80);
    expect(clock.pending).toBe(1);
  });
});
