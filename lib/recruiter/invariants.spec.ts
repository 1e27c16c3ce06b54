import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { SteadyClock } from './clock.js';
import { Decider } from './decider.js';
import type { SliceOrigin } from './instruments.js';
import { Duty } from './job.js';
import { resolveOptions, type RecruiterOptions } from './options.js';
import type { Outcome } from './outcome.js';
import { Roster, type InstalledJob } from './roster.js';

const INTERVAL = 120_000;
const HOUR = 3_600_000;
const LONGEST_REST = 600_000;
const JOB = { recruited: () => Duty.DISMISSED };

/** What the algorithm is to do, written down a second time: it says of each slice whether it may begin. */
class Model {
  inFlight = 0;
  isClosed = false;
  #restUntil = -Infinity;
  readonly #levels = new Map<string, number>();
  readonly #more = new Set<string>();
  readonly #ended = new Map<string, number>();

  constructor(
    private readonly concurrency: number,
    private readonly dutyCycle: number,
  ) {}

  begin(job: InstalledJob, origin: SliceOrigin, now: number): void {
    expect(this.isClosed).toBe(false);
    expect(job.paused).toBe(false);
    expect(job.rate).toBeGreaterThan(0);
    expect(this.inFlight).toBeLessThan(this.concurrency);
    expect(now).toBeGreaterThanOrEqual(this.#restUntil);
    if (origin === 'drain') expect(this.#more).toContain(job.id);
    const quiet = now - (this.#ended.get(job.id) ?? -Infinity);
    if (origin === 'floor-timer') expect(quiet).toBeGreaterThanOrEqual(INTERVAL / 2);
    this.inFlight++;
  }

  end(job: InstalledJob, outcome: Outcome, duration: number, now: number): void {
    this.inFlight--;
    this.#ended.set(job.id, now);
    const rest = duration / this.dutyCycle - duration;
    this.#restUntil = Math.min(now + LONGEST_REST, Math.max(now, this.#restUntil) + rest);
    if (outcome === 'full') this.#more.add(job.id);
    else this.#more.delete(job.id);
    const level = this.#levels.get(job.id) ?? 0;
    const next = { full: 0, partial: Math.max(0, level - 1) }[outcome as string] ?? Math.min(6, level + 3);
    this.#levels.set(job.id, next);
  }

  /** Effective rate over declared rate. */
  factor({ id }: InstalledJob): number {
    return 1 / 2 ** (this.#levels.get(id) ?? 0);
  }
}

interface Slice {
  readonly outcome: Outcome;
  readonly duration: number;
}

/** A decider whose slices take the time and have the outcome that the test says. */
class Process {
  readonly clock: SteadyClock;
  readonly probe = { utilization: 0 };
  readonly jobs: InstalledJob[];
  readonly begun: { readonly job: InstalledJob; readonly origin: SliceOrigin }[] = [];
  next: (job: InstalledJob) => Slice = () => ({ outcome: 'idle', duration: 0 });
  /** What the clock reads leaps away from the time by which timers run. */
  leap = 0;
  model: Model | undefined;
  readonly decider: Decider;

  constructor(
    readonly time: ManualClock,
    rates: readonly number[],
    options: RecruiterOptions,
    seed: number,
  ) {
    this.clock = new SteadyClock({
      now: () => time.now() + this.leap,
      after: (ms, callback) => time.after(ms, callback),
    });
    const resolved = resolveOptions(options);
    const roster = new Roster('test', resolved);
    this.decider = new Decider(roster, resolved, {
      clock: this.clock,
      random: new SeededRandom(seed),
      probe: this.probe,
      run: (job, origin) => this.run(job, origin),
      gated: () => {},
    });
    this.jobs = rates.map((rate, index) => roster.add(JOB, `job ${index}`, { rate }));
    this.decider.open();
  }

  count(job: number): number {
    return this.begun.filter(({ job: { id } }) => id === `job ${job}`).length;
  }

  enlist(times: number): void {
    for (let time = 0; time < times; time++) {
      if (this.decider.lottery.skip > 0) this.decider.lottery.skip--;
      else {
        const job = this.decider.draw();
        if (job !== undefined) this.run(job, 'enlistment');
      }
    }
  }

  run(job: InstalledJob, origin: SliceOrigin): void {
    const { outcome, duration } = this.next(job);
    this.model?.begin(job, origin, this.clock.now());
    this.begun.push({ job, origin });
    const leave = this.decider.busy.enter();
    const end = () => {
      leave();
      this.decider.ended(job, outcome, duration);
      this.model?.end(job, outcome, duration, job.lastRun);
      if (this.model !== undefined) expect(job.control.factor).toBe(this.model.factor(job));
    };
    if (duration === 0) end();
    else this.clock.after(duration, end);
  }
}

const index = fc.nat({ max: 2 });
const step = fc.oneof(
  fc.record({ enlist: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ advance: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60_000 })) }),
  fc.record({ utilization: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    outcome: fc.constantFrom<Outcome>('full', 'partial', 'idle', 'failed', 'aborted', 'gated'),
    duration: fc.integer({ min: 0, max: 2000 }),
  }),
  fc.record({ leap: fc.constantFrom(-5 * HOUR, -1, 5 * HOUR) }),
  fc.record({ pause: index }),
  fc.record({ resume: index }),
  fc.record({ job: index, rate: fc.constantFrom(0, 0.001, 0.3) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(process: Process, each: Step): void {
  if ('enlist' in each) process.enlist(each.enlist);
  else if ('advance' in each) process.time.advance(each.advance);
  else if ('utilization' in each) process.probe.utilization = each.utilization;
  else if ('leap' in each) process.leap += each.leap;
  else if ('pause' in each) process.jobs[each.pause]!.paused = true;
  else if ('resume' in each) process.jobs[each.resume]!.paused = false;
  else if ('rate' in each) {
    process.jobs[each.job]!.rate = each.rate;
    process.decider.lottery.invalidate();
  } else process.next = () => each;
}

describe('A process beside its model, through any sequence of what may happen to it', () => {
  it('begins no slice that the model forbids, and backs off as the model does', () => {
    const settings = fc.record({
      concurrency: fc.integer({ min: 1, max: 3 }),
      dutyCycle: fc.constantFrom(0.01, 0.05, 0.5, 1),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), settings, (steps, { concurrency, dutyCycle, seed }) => {
        const process = new Process(new ManualClock(1), [0.5, 0.3, 0.2], { concurrency, dutyCycle }, seed);
        process.model = new Model(concurrency, dutyCycle);
        for (const each of steps) {
          take(process, each);
          expect(process.decider.busy.inFlight).toBe(process.model.inFlight);
        }
        process.decider.close();
        process.model.isClosed = true;
        process.enlist(1000);
        process.time.advance(10 * INTERVAL);
        expect(process.time.pending).toBe(0);
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});

describe('A process without traffic', () => {
  it('drains at its duty cycle over the time of a slice, at most', () => {
    const settings = [fc.integer({ min: 1, max: 500 }), fc.constantFrom(0.01, 0.05, 0.3, 0.9)] as const;
    fc.assert(
      fc.property(...settings, fc.integer(), (duration, dutyCycle, seed) => {
        const process = new Process(new ManualClock(), [0.5, 0.3], { dutyCycle }, seed);
        process.next = () => ({ outcome: 'full', duration });
        process.run(process.jobs[0]!, 'operator');
        process.time.advance(HOUR / 4);
        const most = (dutyCycle * (HOUR / 4)) / duration + 1;
        expect(process.begun.length).toBeLessThanOrEqual(most);
        expect(process.begun.length).toBeGreaterThan(0.7 * most - 2);
        process.decider.close();
      }),
      { numRuns: 40, seed: 4 },
    );
  });

  it('looks at its jobs no more than once an interval each, on average, whatever it finds', () => {
    const outcomes = fc.array(fc.constantFrom<Outcome>('partial', 'idle', 'failed', 'aborted'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), outcomes, fc.integer(), (jobs, list, seed) => {
        const rates = Array.from({ length: jobs }, () => 1 / jobs);
        const process = new Process(new ManualClock(), rates, {}, seed);
        let slice = 0;
        process.next = () => ({ outcome: list[slice++ % list.length]!, duration: 0 });
        const intervals = 300;
        process.time.advance(intervals * INTERVAL);
        const most = jobs * intervals;
        expect(process.begun.length).toBeLessThan(most + 5 * Math.sqrt(most));
        process.decider.close();
      }),
      { numRuns: 40, seed: 4 },
    );
  });

  it('shares what it drains among the waiting jobs by their rates', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(parts, fc.integer(), (weights, seed) => {
        const sum = weights.reduce((total, weight) => total + weight, 0);
        const rates = weights.map((weight) => weight / sum / 2);
        const process = new Process(new ManualClock(), rates, {}, seed);
        process.next = () => ({ outcome: 'full', duration: 10 });
        for (const job of process.jobs) process.run(job, 'operator');
        process.time.advance(HOUR / 2);
        const total = process.begun.length;
        weights.forEach((weight, job) => {
          const due = (total * weight) / sum;
          expect(Math.abs(process.count(job) - due)).toBeLessThan(5 * Math.sqrt(due) + 1);
        });
        process.decider.close();
      }),
      { numRuns: 20, seed: 4 },
    );
  });

  it('finds after a restart what waits, and works it off, though all that it knew is gone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 20 * INTERVAL }), (seed, restartAt) => {
        const time = new ManualClock();
        let waiting = 0;
        const start = (number: number) => {
          const process = new Process(time, [0.1], {}, seed + number);
          process.next = () => {
            const done = Math.min(50, waiting);
            waiting -= done;
            return { outcome: done === 0 ? 'idle' : done < 50 ? 'partial' : 'full', duration: 10 };
          };
          return process;
        };
        const before = start(0);
        time.advance(restartAt);
        waiting = 1000;
        before.decider.close();
        const after = start(1);
        time.advance(30 * INTERVAL);
        expect(waiting).toBe(0);
        after.decider.close();
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

describe('Twenty processes of equal traffic and one backlog', () => {
  it('stay alike: none does much more or less of the work than the others', () => {
    const time = new ManualClock();
    let waiting = 0;
    const fleet = Array.from({ length: 20 }, (_, number) => new Process(time, [0.01], {}, number));
    for (const process of fleet) {
      process.next = () => {
        const done = Math.min(20, waiting);
        waiting -= done;
        return { outcome: done === 0 ? 'idle' : done < 20 ? 'partial' : 'full', duration: 10 };
      };
    }
    for (let second = 0; second < 4 * 3600; second++) {
      waiting += 40;
      for (const process of fleet) process.enlist(20);
      time.advance(1000);
    }
    const counts = fleet.map(({ begun }) => begun.length);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(mean).toBeGreaterThan(1000);
    // Who finds more drains for a while, so the counts scatter more than those of a lottery would: 0.1 is their deviation.
    for (const count of counts) expect(Math.abs(count / mean - 1)).toBeLessThan(0.3);
    for (const process of fleet) process.decider.close();
  });
});
