import { describe, expect, it } from '@jest/globals';
import { nodeLikeClock } from '../../test/support/node-like-clock.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Agenda } from './agenda.js';
import { SteadyClock, systemClock } from '../time/clock.js';
import type { InstalledJob } from './installed-job.js';
import { Roster } from './roster.js';

/** An agenda of jobs by their times; a run sets the job no new time unless `onRun` does. */
function agendaOf(times: Record<string, number>, clock = new ManualClock()) {
  const roster = new Roster('test', { budget: 50, adaptive: true, dutyCycle: 0.05 });
  const jobs: Record<string, InstalledJob> = {};
  for (const [id, nextRunAt] of Object.entries(times)) {
    jobs[id] = Object.assign(roster.add({ recruited: () => undefined }, id, { rate: 0.01 }), { nextRunAt });
  }
  const runs: [string, number][] = [];
  let onRun: (job: InstalledJob) => void = (job) => (job.nextRunAt = Infinity);
  let freeAt = -Infinity;
  const agenda = new Agenda(
    clock,
    () => roster.jobs,
    () => freeAt,
    (job) => {
      runs.push([job.id, clock.now()]);
      onRun(job);
    },
  );
  return {
    agenda,
    clock,
    jobs,
    runs,
    onRun: (next: typeof onRun) => (onRun = next),
    /** The process is free from then on. */
    freeFrom: (time: number) => (freeAt = time),
  };
}

describe('Agenda', () => {
  it('runs each job at its time, one timer at a time', () => {
    const { agenda, clock, runs } = agendaOf({ a: 300, b: 100, c: 200 });
    expect(clock.pending).toBe(0);
    agenda.start();
    expect([agenda.armedFor, clock.pending]).toEqual([100, 1]);
    clock.advance(250);
    expect(runs).toEqual([
      ['b', 100],
      ['c', 200],
    ]);
    expect([agenda.armedFor, clock.pending]).toEqual([300, 1]);
    clock.advance(1000);
    expect(runs).toHaveLength(3);
    expect([agenda.armedFor, clock.pending]).toEqual([Infinity, 0]);
  });

  it('sets no timer where no job is due at any time, or there is none', () => {
    for (const times of [{}, { a: Infinity }]) {
      const { agenda, clock } = agendaOf(times);
      agenda.start();
      expect([agenda.armedFor, clock.pending]).toEqual([Infinity, 0]);
    }
  });

  it('waits whole milliseconds, rounded up, and no less than 0', () => {
    const waits: number[] = [];
    const clock = Object.assign(new ManualClock(1000), {
      after: (ms: number) => (waits.push(ms), () => undefined),
    });
    for (const nextRunAt of [1000.2, 1012.7, 1013, 0, -Infinity])
      agendaOf({ a: nextRunAt }, clock).agenda.start();
    expect(waits).toEqual([1, 13, 13, 0, 0]);
  });

  it('runs first the job that has waited longest, of those that are due', () => {
    const { agenda, clock, jobs, runs } = agendaOf({ young: 90, old: 10, resting: 1 });
    jobs.resting!.restUntil = 200;
    jobs.young!.restUntil = jobs.old!.restUntil = 100;
    agenda.start();
    clock.advance(100);
    expect(runs.map(([id]) => id)).toEqual(['old', 'young']);
    clock.advance(100);
    expect(runs.map(([id]) => id)).toEqual(['old', 'young', 'resting']);
  });

  it.each<[string, (job: InstalledJob) => unknown]>([
    ['is run by the agenda already', (job) => (job.hasAgendaRun = true)],
    ['is paused', (job) => (job.paused = true)],
    ['has a rate of 0', (job) => (job.declaredRate = 0)],
  ])('runs no job that %s, nor waits for it', (_, holdBack) => {
    const { agenda, clock, jobs, runs } = agendaOf({ held: 10, other: 50 });
    holdBack(jobs.held!);
    expect(agenda.dueAt(jobs.held!)).toBe(Infinity);
    agenda.start();
    expect(agenda.armedFor).toBe(50);
    clock.advance(100);
    expect(runs).toEqual([['other', 50]]);
  });

  it('runs a job when all times before which it must not have passed, and the process is free', () => {
    const { agenda, clock, jobs, runs, freeFrom } = agendaOf({ a: 10 });
    jobs.a!.notBefore = 40;
    expect(agenda.dueAt(jobs.a!)).toBe(40);
    jobs.a!.restUntil = 60;
    expect(agenda.dueAt(jobs.a!)).toBe(60);
    freeFrom(75);
    expect(agenda.dueAt(jobs.a!)).toBe(75);
    agenda.start();
    clock.advance(100);
    expect(runs).toEqual([['a', 75]]);
  });

  it('sets no timer while the process is not free at any time, and is armed when it is', () => {
    const { agenda, clock, runs, freeFrom } = agendaOf({ a: 10 });
    freeFrom(Infinity);
    agenda.start();
    expect([agenda.armedFor, clock.pending]).toEqual([Infinity, 0]);
    clock.advance(100);
    freeFrom(50);
    agenda.arm();
    clock.advance(0);
    expect(runs).toEqual([['a', 100]]);
  });

  it('lets a job that is always due take turns with the others', () => {
    const { agenda, clock, runs, onRun } = agendaOf({ endless: 0, small: 5 });
    onRun((job) => (job.nextRunAt = clock.now() + (job.id === 'endless' ? 1 : 20)));
    agenda.start();
    clock.advance(100);
    const gaps = runs.filter(([id]) => id === 'small').map(([, at]) => at);
    expect(gaps.length).toBeGreaterThanOrEqual(5);
  });

  it('arms again for what changed when it is told to, earlier or later, and leaves one timer', () => {
    const { agenda, clock, jobs } = agendaOf({ a: 100, b: 200 });
    agenda.start();
    jobs.a!.nextRunAt = 300;
    agenda.arm();
    expect([agenda.armedFor, clock.pending]).toEqual([200, 1]);
    jobs.a!.nextRunAt = 50;
    agenda.arm();
    expect([agenda.armedFor, clock.pending]).toEqual([50, 1]);
    jobs.a!.paused = jobs.b!.paused = true;
    agenda.arm();
    expect([agenda.armedFor, clock.pending]).toEqual([Infinity, 0]);
    jobs.a!.paused = jobs.b!.paused = false;
    agenda.arm();
    expect([agenda.armedFor, clock.pending]).toEqual([50, 1]);
  });

  it('sets no timer anew where nothing has changed', () => {
    let set = 0;
    const clock = new ManualClock();
    const counting = Object.assign(Object.create(clock) as ManualClock, {
      now: () => clock.now(),
      after: (ms: number, callback: () => void) => (set++, clock.after(ms, callback)),
    });
    const { agenda } = agendaOf({ a: 100 }, counting);
    agenda.start();
    agenda.arm();
    agenda.arm();
    expect(set).toBe(1);
  });

  it('brings a job forward, and never puts the others off for it', () => {
    const { agenda, clock, jobs } = agendaOf({ a: 100, b: 200 });
    agenda.start();
    jobs.b!.nextRunAt = 30;
    agenda.bringForward(jobs.b!);
    expect([agenda.armedFor, clock.pending]).toEqual([30, 1]);
    jobs.a!.nextRunAt = 50;
    agenda.bringForward(jobs.a!);
    expect(agenda.armedFor).toBe(30);
  });

  it('does nothing until it is started and after it is stopped', () => {
    const { agenda, clock, jobs, runs } = agendaOf({ a: 100 });
    agenda.arm();
    agenda.bringForward(jobs.a!);
    expect(clock.pending).toBe(0);
    agenda.start();
    expect(clock.pending).toBe(1);
    agenda.stop();
    expect([agenda.armedFor, clock.pending]).toEqual([Infinity, 0]);
    agenda.arm();
    agenda.bringForward(jobs.a!);
    clock.advance(1000);
    expect([runs, clock.pending]).toEqual([[], 0]);
  });

  it('leaves one timer where a run arms it, pauses the job or brings another forward', () => {
    const { agenda, clock, jobs, runs, onRun } = agendaOf({ a: 10, b: 1000 });
    onRun(() => {
      jobs.a!.paused = true;
      agenda.arm();
      jobs.b!.nextRunAt = 20;
      agenda.bringForward(jobs.b!);
      onRun((job) => void (job.nextRunAt = Infinity));
    });
    agenda.start();
    clock.advance(10);
    expect([agenda.armedFor, clock.pending]).toEqual([20, 1]);
    clock.advance(10);
    expect([runs.map(([id]) => id), clock.pending]).toEqual([['a', 'b'], 0]);
  });

  it('stays stopped when a run stops it', () => {
    const { agenda, clock, runs, onRun } = agendaOf({ a: 10, b: 10 });
    onRun(() => agenda.stop());
    agenda.start();
    clock.advance(1000);
    expect([runs.length, clock.pending]).toEqual([1, 0]);
  });
});

describe('Agenda whose timers fire early and late, as those of Node do', () => {
  it('runs no job before it is due, and every job', () => {
    for (let seed = 0; seed < 50; seed++) {
      const clock = nodeLikeClock(seed);
      const { agenda, jobs, runs, onRun } = agendaOf({ a: 12.7, b: 13.1, c: 0.4 }, clock);
      const dueAt = new Map(Object.values(jobs).map((job) => [job.id, job.nextRunAt]));
      onRun((job) => {
        expect(clock.now()).toBeGreaterThanOrEqual(dueAt.get(job.id)!);
        job.nextRunAt = clock.now() + 7.3;
        dueAt.set(job.id, job.nextRunAt);
      });
      agenda.start();
      clock.advance(1000);
      // Each time late by 2 ms on average, after up to two timers that were early.
      for (const id of ['a', 'b', 'c']) {
        expect(runs.filter((run) => run[0] === id).length).toBeGreaterThan(60);
      }
      expect(clock.pending).toBe(1);
    }
  });
});

describe('Agenda on the real event loop', () => {
  it('never runs a job too early and never falls silent, whatever fraction of a millisecond it waits for', async () => {
    const clock = new SteadyClock(systemClock);
    const roster = new Roster('test', { budget: 50, adaptive: true, dutyCycle: 0.05 });
    const job = roster.add({ recruited: () => undefined }, 'job', { rate: 0.01 });
    job.nextRunAt = clock.now() + 0.7;
    let runs = 0;
    await new Promise<void>((resolve) => {
      const agenda = new Agenda(
        clock,
        () => roster.jobs,
        () => -Infinity,
        () => {
          expect(clock.now()).toBeGreaterThanOrEqual(job.nextRunAt);
          job.nextRunAt = clock.now() + 0.7 + (runs % 10) / 7;
          if (++runs < 300) return;
          agenda.stop();
          resolve();
        },
      );
      agenda.start();
      const alive = setInterval(() => runs < 300 || clearInterval(alive), 10);
    });
    expect(runs).toBe(300);
  }, 60_000);
});
