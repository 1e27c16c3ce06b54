import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { SteadyClock } from './clock.js';
import { Decider } from './decider.js';
import { Duty } from './job.js';
import { resolveOptions, type RecruiterOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import { Roster, type InstalledJob } from './roster.js';

const INTERVAL = 120_000;
const HOUR = 3_600_000;
const JOB = { recruited: () => Duty.DISMISSED };

/** A process whose slices take the time and have the outcome that the test says. */
class Process {
  /** Real time, by which timers run; what the clock reads leaps away from it. */
  readonly time = new ManualClock(1);
  leap = 0;
  readonly clock = new SteadyClock({
    now: () => this.time.now() + this.leap,
    after: (ms, callback) => this.time.after(ms, callback),
  });
  readonly probe = { utilization: 0 };
  readonly decider: Decider;
  readonly jobs: InstalledJob[];
  readonly runs = new Map<string, number>();
  readonly gated: GateReason[] = [];
  next: (job: InstalledJob) => { outcome: Outcome; duration: number } = () => ({
    outcome: 'idle',
    duration: 0,
  });
  inFlight = 0;
  mostInFlight = 0;
  inSlices = 0;
  longest = 0;

  constructor(rates: Record<string, number>, options: RecruiterOptions = {}, seed = 1) {
    const resolved = resolveOptions(options);
    const roster = new Roster('test', resolved);
    this.decider = new Decider(roster, resolved, {
      clock: this.clock,
      random: new SeededRandom(seed),
      probe: this.probe,
      run: (job) => this.run(job),
      gated: (_, reason) => this.gated.push(reason),
    });
    this.jobs = Object.entries(rates).map(([id, rate]) => roster.add(JOB, id, { rate }));
    this.decider.open();
  }

  get slices(): number {
    return [...this.runs.values()].reduce((sum, count) => sum + count, 0);
  }

  count(id: string): number {
    return this.runs.get(id) ?? 0;
  }

  enlist(times = 1): void {
    for (let time = 0; time < times; time++) {
      if (this.decider.lottery.skip > 0) this.decider.lottery.skip--;
      else {
        const job = this.decider.draw();
        if (job !== undefined) this.run(job);
      }
    }
  }

  run(job: InstalledJob): void {
    const { outcome, duration } = this.next(job);
    const leave = this.decider.busy.enter();
    this.runs.set(job.id, this.count(job.id) + 1);
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    const end = () => {
      this.inFlight--;
      this.inSlices += duration;
      this.longest = Math.max(this.longest, duration);
      leave();
      this.decider.ended(job, outcome, duration);
    };
    if (duration === 0) end();
    else this.clock.after(duration, end);
  }
}

const outcomes = fc.constantFrom<Outcome>('full', 'partial', 'idle', 'failed', 'aborted');

const steps = fc.array(
  fc.oneof(
    fc.record({ enlist: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ advance: fc.integer({ min: 1, max: 30_000 }) }),
    fc.record({ utilization: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ outcome: outcomes, duration: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ jump: fc.constantFrom(-5 * HOUR, -1, 5 * HOUR) }),
  ),
  { minLength: 1, maxLength: 60 },
);

type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

function take(process: Process, step: Step): void {
  if ('enlist' in step) process.enlist(step.enlist);
  else if ('advance' in step) process.time.advance(step.advance);
  else if ('utilization' in step) process.probe.utilization = step.utilization;
  else if ('jump' in step) process.leap += step.jump;
  else process.next = () => step;
}

describe('Decider through any sequence of enlistments, outcomes, loads, clock steps and clock leaps', () => {
  const settings = fc.record({
    concurrency: fc.integer({ min: 1, max: 3 }),
    dutyCycle: fc.constantFrom(0.01, 0.05, 0.5, 1),
    seed: fc.integer(),
  });

  it('never has more slices in flight than allowed, and keeps to its duty cycle', () => {
    fc.assert(
      fc.property(steps, settings, (sequence, { concurrency, dutyCycle, seed }) => {
        const process = new Process({ a: 0.5, b: 0.3, c: 0.2 }, { concurrency, dutyCycle }, seed);
        const begun = process.time.now();
        let leaps = 0;
        for (const step of sequence) {
          take(process, step);
          // A leap may end the rest that it falls into.
          if ('jump' in step) leaps++;
          const due = dutyCycle * (process.time.now() - begun);
          const beyond = concurrency * (1 + leaps) * process.longest;
          expect(process.mostInFlight).toBeLessThanOrEqual(concurrency);
          expect(process.inSlices).toBeLessThanOrEqual(due + beyond + 1e-6);
        }
        process.decider.close();
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it('is never silent for longer than its slowest look and its longest rest', () => {
    fc.assert(
      fc.property(steps, fc.integer(), (sequence, seed) => {
        const process = new Process({ a: 0.5, b: 0.3 }, {}, seed);
        for (const step of sequence) take(process, step);
        process.probe.utilization = 0;
        process.next = () => ({ outcome: 'idle', duration: 5 });
        process.time.advance(30_000);
        const before = process.slices;
        process.time.advance(40 * INTERVAL);
        expect(process.slices).toBeGreaterThan(before);
        process.decider.close();
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it('starts nothing after it was closed', () => {
    fc.assert(
      fc.property(steps, fc.integer(), (sequence, seed) => {
        const process = new Process({ a: 0.5, b: 0.3 }, {}, seed);
        for (const step of sequence) take(process, step);
        process.decider.close();
        const before = process.slices;
        process.enlist(1000);
        process.time.advance(10 * INTERVAL);
        expect(process.slices).toBe(before);
        expect(process.time.pending).toBe(0);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

describe('Decider that draws', () => {
  const drawsOnly: RecruiterOptions = { idle: false, dutyCycle: 1 };
  const enlistments = 200_000;
  const tolerance = (rate: number) => 4 * Math.sqrt(enlistments * rate * (1 - rate));

  it('runs each job at its declared rate while more is waiting', () => {
    const process = new Process({ a: 0.1, b: 0.02 }, drawsOnly);
    process.next = () => ({ outcome: 'full', duration: 0 });
    process.enlist(enlistments);
    expect(Math.abs(process.count('a') - 0.1 * enlistments)).toBeLessThan(tolerance(0.1));
    expect(Math.abs(process.count('b') - 0.02 * enlistments)).toBeLessThan(tolerance(0.02));
  });

  it('never runs a job above its declared rate, whatever comes of its slices', () => {
    const some: Outcome[] = ['full', 'partial', 'idle', 'failed'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...some), { minLength: 1, maxLength: 20 }),
        fc.integer(),
        (list, seed) => {
          const process = new Process({ a: 0.1, b: 0.02 }, drawsOnly, seed);
          let slice = 0;
          process.next = () => ({ outcome: list[slice++ % list.length]!, duration: 0 });
          process.enlist(20_000);
          expect(process.count('a')).toBeLessThan(2000 + 5 * Math.sqrt(2000));
          expect(process.count('b')).toBeLessThan(400 + 5 * Math.sqrt(400));
        },
      ),
      { numRuns: 30, seed: 4 },
    );
  });

  it('looks at an idle job at a 64th of its rate, and says that it backed off', () => {
    const process = new Process({ a: 0.1 }, drawsOnly);
    process.enlist(enlistments);
    const due = (0.1 * enlistments) / 64;
    expect(Math.abs(process.count('a') - due)).toBeLessThan(5 * Math.sqrt(due));
    expect(new Set(process.gated)).toEqual(new Set(['backed-off']));
  });

  it('looks at a job that is not adaptive at its rate, though it is idle', () => {
    const process = new Process({ a: 0.1 }, { ...drawsOnly, adaptive: false });
    process.enlist(enlistments);
    expect(Math.abs(process.count('a') - 0.1 * enlistments)).toBeLessThan(tolerance(0.1));
  });

  it('holds a draw back while it rests, and says that its duty cycle is spent', () => {
    const process = new Process({ a: 1 }, { idle: false, dutyCycle: 0.05 });
    process.next = () => ({ outcome: 'partial', duration: 10 });
    process.enlist();
    process.time.advance(10);
    process.enlist();
    expect(process.gated).toEqual(['duty-spent']);
    process.time.advance(190);
    process.enlist();
    expect(process.count('a')).toBe(2);
  });

  it('lets 2 % through under full load, and keeps at it where there are no timers', () => {
    const process = new Process({ a: 0.1 }, drawsOnly);
    process.probe.utilization = 1;
    process.next = () => ({ outcome: 'full', duration: 0 });
    process.enlist(enlistments);
    process.time.advance(100 * INTERVAL);
    process.enlist(enlistments);
    const due = 0.02 * 0.1 * 2 * enlistments;
    expect(Math.abs(process.count('a') - due)).toBeLessThan(5 * Math.sqrt(due));
    expect(new Set(process.gated)).toEqual(new Set(['loaded']));
  });
});

describe('Decider under a load that lasts', () => {
  const busy = () => {
    const process = new Process({ a: 0.1 }, { dutyCycle: 1 });
    process.probe.utilization = 1;
    process.next = () => ({ outcome: 'partial', duration: 0 });
    process.enlist(100);
    return process;
  };
  const heldOf = (process: Process, enlistments: number) => {
    process.gated.length = 0;
    process.enlist(enlistments);
    return process.gated.length / (enlistments * 0.1);
  };

  it('holds back half of the draws after 2.1 intervals, and none after three', () => {
    const process = busy();
    process.time.advance(Math.SQRT1_2 * 3 * INTERVAL);
    expect(heldOf(process, 20_000)).toBeCloseTo(0.5, 1);
    process.time.advance(INTERVAL);
    expect(heldOf(process, 20_000)).toBe(0);
  });

  it('is loaded above the low mark of its gate, and never without that gate', () => {
    const gated = new Process({ a: 0.1 }, { load: { low: 0.4, high: 0.8 } });
    const seen = [0, 0.4, 0.41, 1].map((utilization) => {
      gated.probe.utilization = utilization;
      return gated.decider.isLoaded;
    });
    expect(seen).toEqual([false, false, true, true]);
    const free = new Process({ a: 0.1 }, { load: false });
    free.probe.utilization = 1;
    expect(free.decider.isLoaded).toBe(false);
  });
});

describe('Decider between requests', () => {
  it('asks the gates before a slice of the drain or the floor timer, too', () => {
    const process = new Process({ a: 0.1 }, { concurrency: 1 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.run(process.jobs[0]!);
    process.time.advance(10);
    const leave = process.decider.busy.enter();
    process.time.advance(20 * INTERVAL);
    expect(process.slices).toBe(1);
    leave();
    process.time.advance(20 * INTERVAL);
    expect(process.slices).toBeGreaterThan(1);
  });

  it('drains at the duty cycle, and shares by rate among the jobs that wait', () => {
    const process = new Process({ a: 0.3, b: 0.1, idle: 0.4 });
    process.next = ({ id }) => ({ outcome: id === 'idle' ? 'idle' : 'full', duration: 10 });
    for (const job of process.jobs) process.run(job);
    process.time.advance(HOUR);
    // A rest is stretched by 1.125 on average.
    expect(process.inSlices / HOUR).toBeGreaterThan(0.04);
    expect(process.inSlices / HOUR).toBeLessThanOrEqual(0.05);
    expect(process.count('a') / process.count('b')).toBeCloseTo(3, 0);
    expect(process.count('idle')).toBeLessThan((HOUR / INTERVAL) * 2);
  });

  it('does not drain a job that is not adaptive, is paused or has a rate of 0', () => {
    const fixed = new Process({ a: 0.1 }, { adaptive: false });
    const paused = new Process({ a: 0.1 });
    const zero = new Process({ a: 0.1 });
    for (const process of [fixed, paused, zero]) {
      process.next = () => ({ outcome: 'full', duration: 10 });
      process.run(process.jobs[0]!);
    }
    paused.jobs[0]!.paused = true;
    zero.jobs[0]!.rate = 0;
    for (const process of [fixed, paused, zero]) process.time.advance(INTERVAL / 4);
    // The floor timer may have looked once; a drain would have run a hundred times.
    expect(fixed.slices).toBeLessThanOrEqual(2);
    expect(paused.slices + zero.slices).toBe(2);
  });

  it('recovers at a twelfth of its pace for half as long as the failure lasted, then drains fully', () => {
    const process = new Process({ a: 0.1 });
    process.next = () => ({ outcome: 'failed', duration: 10 });
    process.time.advance(HOUR);
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.time.advance(10 * INTERVAL);
    const atFirst = ratePer(process, 60_000);
    process.time.advance(HOUR);
    const later = ratePer(process, 60_000);
    expect(later / atFirst).toBeGreaterThan(9);
    expect(later / atFirst).toBeLessThan(15);
  });

  it('looks at each job without traffic, at most once an interval, and least where nothing turns up', () => {
    const process = new Process({ found: 0.1, idle: 0.1 });
    process.next = ({ id }) => ({ outcome: id === 'found' ? 'partial' : 'idle', duration: 0 });
    const intervals = 2000;
    process.time.advance(intervals * INTERVAL);
    expect(process.slices).toBeLessThan(2 * intervals);
    expect(process.count('found') / intervals).toBeCloseTo(1 / 1.5, 1);
    expect(process.count('idle') / intervals).toBeCloseTo(1 / 3.5, 1);
  });

  it('looks at a job that has not run yet without waiting for an interval', () => {
    const firstLooks = Array.from({ length: 200 }, (_, seed) => {
      const process = new Process({ a: 0.1 }, {}, seed);
      for (let looks = 0; process.slices === 0 && looks < 5000; looks++) process.time.advance(1000);
      process.decider.close();
      return process.time.now();
    });
    const mean = firstLooks.reduce((sum, at) => sum + at, 0) / firstLooks.length;
    expect(mean).toBeLessThan(1.3 * INTERVAL);
    expect(Math.min(...firstLooks)).toBeLessThan(INTERVAL / 10);
  });

  it('sets no timer with idle: false', () => {
    const process = new Process({ a: 0.5 }, { idle: false });
    process.next = () => ({ outcome: 'full', duration: 0 });
    process.enlist(100);
    expect(process.slices).toBeGreaterThan(0);
    expect(process.time.pending).toBe(0);
  });
});

function ratePer(process: Process, ms: number): number {
  const before = process.slices;
  process.time.advance(ms);
  return process.slices - before;
}
