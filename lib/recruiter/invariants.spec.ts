import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nodeLikeClock } from '../../test/support/node-like-clock.js';
import type { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { SteadyClock } from '../time/clock.js';
import { Decider } from './decider.js';
import type { SliceOrigin } from './slice/slice.js';
import { Duty } from './job.js';
import { resolveOptions, type RecruiterOptions } from './options.js';
import type { Outcome } from './outcome.js';
import type { InstalledJob } from './installed-job.js';
import { Roster } from './roster.js';

/** `INVARIANT_RUNS=100000 npm test -- invariants` searches further. */
const RUNS = Number(process.env['INVARIANT_RUNS'] ?? 300);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const JOB = { recruited: () => Duty.DISMISSED };

/** What a slice comes to: it is refused by the fleet, turned away, or runs for some time, part of it on the event loop. */
type Course =
  | { readonly refusedBy: 'pace-spent' | 'lease-held'; readonly wait: number }
  | { readonly discarded: true }
  | Run;

interface Run {
  readonly outcome: Outcome;
  readonly duration: number;
  readonly share: number;
  readonly done?: number;
}

type Call =
  | { readonly pause: number | undefined }
  | { readonly resume: number | undefined }
  | { readonly rate: number; readonly of: number }
  | { readonly install: number }
  | { readonly remove: number }
  | { readonly operate: number }
  | { readonly close: true };

interface Timer {
  readonly dueAt: number;
  readonly earliest: number;
}

/** As `expect()`, at a thousandth of its price: there are millions of these. */
function must(holds: boolean, what: string, ...values: unknown[]): void {
  if (!holds) throw new Error(`${what}: ${values.map(String).join(', ')}`);
}

/** What of a job only the end of a slice may change. */
const learnt = ({ control: { level, more, fruitless, empty } }: InstalledJob) =>
  JSON.stringify([level, more, fruitless, empty]);

/**
 * A decider on a clock whose timers come early and late, with all that may happen to it, and the invariants of the
 * algorithm, which it checks after each step.
 */
class Process {
  readonly time: ManualClock;
  readonly clock: SteadyClock;
  readonly probe = { utilization: 0 };
  readonly roster: Roster;
  readonly decider: Decider;
  /** Those of the agenda: it is the only one that sets timers by the decider's clock. */
  readonly timers = new Set<Timer>();
  readonly begun: { readonly job: InstalledJob; readonly origin: SliceOrigin; readonly at: number }[] = [];
  course: (job: InstalledJob) => Course = () => ({ outcome: 'idle', duration: 0, share: 1 });
  /** Calls made in the middle of the next slices. */
  inside: Call[] = [];
  isClosed = false;
  inFlight = 0;
  longest = 0;
  /** Of slices that passed the duty cycle: those of operators do not. */
  onLoop = 0;
  readonly wall = new Map<InstalledJob, number>();
  #installed = 0;

  constructor(
    seed: number,
    readonly options: RecruiterOptions,
    rates: readonly number[],
  ) {
    this.time = nodeLikeClock(seed, 1);
    this.clock = new SteadyClock({
      now: () => this.time.now(),
      after: (ms, callback) => this.time.after(ms, callback),
    });
    const resolved = resolveOptions(options);
    this.roster = new Roster('test', resolved);
    this.decider = new Decider(this.roster, resolved, {
      clock: {
        now: () => this.clock.now(),
        timestamp: () => this.clock.timestamp(),
        after: (ms, callback) => this.#after(ms, callback),
      },
      random: new SeededRandom(seed),
      probe: this.probe,
      recruiter: 'test',
      processes: () => 1,
      reportError: (error) => must(false, 'an error', error),
      run: (job) => this.begin(job, 'agenda'),
      gated: () => {},
    });
    for (const rate of rates) this.install(rate);
    this.decider.open();
    this.check();
  }

  get jobs(): InstalledJob[] {
    return [...this.roster.jobs];
  }

  install(rate: number): InstalledJob {
    const job = this.roster.add(JOB, `job ${this.#installed++}`, { rate });
    this.decider.rosterChanged(job);
    return job;
  }

  enlist(times: number): void {
    for (let time = 0; time < times; time++) {
      if (this.decider.lottery.skip > 0) this.decider.lottery.skip--;
      else {
        const job = this.decider.draw();
        if (job !== undefined) this.begin(job, 'enlistment');
      }
    }
  }

  call(call: Call): void {
    const jobs = this.jobs;
    const at = (index: number) => jobs[index % Math.max(1, jobs.length)];
    if ('pause' in call) this.decider.setPaused(call.pause === undefined ? undefined : at(call.pause), true);
    else if ('resume' in call) {
      this.decider.setPaused(call.resume === undefined ? undefined : at(call.resume), false);
    } else if ('rate' in call) {
      const job = at(call.of);
      if (job !== undefined) this.roster.setRate(job.id, call.rate);
      this.decider.rosterChanged();
    } else if ('install' in call) {
      if (jobs.length < 6) this.install(call.install);
    } else if ('remove' in call) {
      const job = at(call.remove);
      if (job !== undefined) this.roster.remove(job);
      this.decider.rosterChanged();
    } else if ('operate' in call) {
      const job = at(call.operate);
      if (job !== undefined && this.decider.reasonAgainstOperator(job) === undefined)
        this.begin(job, 'operator');
    } else {
      this.isClosed = true;
      this.decider.close();
    }
  }

  begin(job: InstalledJob, origin: SliceOrigin): void {
    this.#checkStart(job, origin);
    this.begun.push({ job, origin, at: this.clock.now() });
    this.inFlight++;
    const leave = this.decider.busy.acquire();
    const course = this.course(job);
    const call = this.inside.pop();
    if (call !== undefined) this.call(call);
    const before = learnt(job);
    if ('outcome' in course) this.#run(job, origin, leave, course);
    else {
      this.#leave(leave);
      if ('discarded' in course) this.decider.discarded(job);
      else {
        const { refusedBy: reason, wait } = course;
        if (reason === 'pace-spent') this.decider.refused(job, { reason, wait: Math.max(1, wait) });
        else this.decider.refused(job, { reason, wait: wait === 0 ? undefined : wait });
        must(job.notBefore < Infinity, 'a refusal that never ends', job.notBefore);
      }
      must(learnt(job) === before, 'a refusal taught the job something', before, learnt(job));
    }
  }

  /** While a place is free: one timer for the earliest due time if anything is due, otherwise none. Never two. */
  check(): void {
    const timers = [...this.timers];
    must(timers.length <= 1, 'two timers', timers.length);
    if (this.decider.busy.isShut() || this.isClosed) return;
    const earliest = Math.min(Infinity, ...this.jobs.map((job) => this.dueAt(job)));
    must(timers.length === (earliest === Infinity ? 0 : 1), 'timers', timers.length, earliest);
    if (timers[0] !== undefined)
      must(timers[0].earliest === earliest, 'armed for', timers[0].earliest, earliest);
  }

  /** Written down a second time. */
  dueAt(job: InstalledJob): number {
    if (job.hasAgendaRun || this.decider.isPaused(job) || job.rate === 0) return Infinity;
    return Math.max(job.nextRunAt, this.#processRest, job.restUntil, job.notBefore);
  }

  #processRest = -Infinity;

  #checkStart(job: InstalledJob, origin: SliceOrigin): void {
    const now = this.clock.now();
    must(!this.isClosed && this.roster.has(job), 'begun after the end');
    must(!this.decider.isPaused(job), 'begun while paused');
    must(this.inFlight < (this.options.concurrency ?? 1), 'begun without a place', this.inFlight);
    if (origin === 'operator') return;
    must(job.rate > 0, 'begun at a rate of 0');
    const notBefore = Math.max(this.#processRest, job.restUntil, job.notBefore);
    must(now >= notBefore, 'begun in a rest', now, notBefore);
    if (origin === 'agenda') must(now >= job.nextRunAt, 'run before its time', now, job.nextRunAt);
  }

  #run(job: InstalledJob, origin: SliceOrigin, leave: () => void, course: Run): void {
    const end = () => {
      const { outcome, duration, share, done } = course;
      const busyFor = duration * share;
      if (origin !== 'operator') {
        this.longest = Math.max(this.longest, duration);
        this.onLoop += busyFor;
        this.wall.set(job, (this.wall.get(job) ?? 0) + duration);
      }
      this.#leave(leave);
      const now = this.clock.now();
      const dutyCycle = this.options.dutyCycle ?? 0.05;
      const rest = busyFor === 0 ? 0 : Math.min(600_000, busyFor / dutyCycle - busyFor);
      this.#processRest = Math.min(now + 600_000, Math.max(now, this.#processRest) + rest);
      this.decider.ended(job, { outcome, duration, busyFor, done });
      must(job.nextRunAt >= now, 'the next run is in the past', job.nextRunAt, now);
    };
    if (course.duration === 0) end();
    else this.clock.after(course.duration, end);
  }

  #leave(leave: () => void): void {
    this.inFlight--;
    leave();
  }

  #after(ms: number, callback: () => void): () => void {
    must(Number.isInteger(ms), 'a timer that Node would cut', ms);
    const timer = { dueAt: this.clock.now() + ms, earliest: this.decider.agenda.armedFor };
    this.timers.add(timer);
    const cancel = this.clock.after(ms, () => {
      this.timers.delete(timer);
      callback();
    });
    return () => {
      this.timers.delete(timer);
      cancel();
    };
  }
}

const index = fc.nat({ max: 5 });
const anyOrAll = fc.option(index, { nil: undefined });
const call: fc.Arbitrary<Call> = fc.oneof(
  { arbitrary: fc.record({ pause: anyOrAll }), weight: 3 },
  { arbitrary: fc.record({ resume: anyOrAll }), weight: 4 },
  { arbitrary: fc.record({ rate: fc.constantFrom(0, 0.001, 0.1), of: index }), weight: 3 },
  { arbitrary: fc.record({ install: fc.constantFrom(0, 0.01, 0.1) }), weight: 2 },
  { arbitrary: fc.record({ remove: index }), weight: 1 },
  { arbitrary: fc.record({ operate: index }), weight: 2 },
  { arbitrary: fc.constant({ close: true } as const), weight: 1 },
);
const course: fc.Arbitrary<Course> = fc.oneof(
  {
    arbitrary: fc.record({
      outcome: fc.constantFrom<Outcome>('full', 'partial', 'idle', 'failed', 'aborted'),
      duration: fc.oneof(
        fc.constant(0),
        fc.double({ min: 0.01, max: 60, noNaN: true }),
        fc.nat({ max: 5000 }),
      ),
      share: fc.constantFrom(0, 0.1, 1),
      done: fc.constantFrom(0, 5),
    }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      refusedBy: fc.constantFrom('pace-spent' as const, 'lease-held' as const),
      wait: fc.constantFrom(0, 1, 700, 60_000),
    }),
    weight: 1,
  },
  { arbitrary: fc.constant({ discarded: true } as const), weight: 1 },
);
const step = fc.oneof(
  fc.record({ enlist: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    advance: fc.oneof(
      fc.double({ min: 0, max: 30, noNaN: true }),
      fc.nat({ max: 1000 }),
      fc.nat({ max: 600_000 }),
    ),
  }),
  fc.record({ block: fc.nat({ max: 2000 }) }),
  fc.record({ utilization: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ courses: fc.array(course, { minLength: 1, maxLength: 4 }) }),
  fc.record({ call }),
  fc.record({ inside: call }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function take(process: Process, each: Step): void {
  if ('enlist' in each) process.enlist(each.enlist);
  else if ('advance' in each) process.time.advance(each.advance);
  else if ('block' in each) process.time.jump(each.block);
  else if ('utilization' in each) process.probe.utilization = each.utilization;
  else if ('courses' in each) {
    let slice = 0;
    process.course = () => each.courses[slice++ % each.courses.length]!;
  } else if ('inside' in each) process.inside.push(each.inside);
  else process.call(each.call);
}

const settings = fc.record({
  concurrency: fc.integer({ min: 1, max: 3 }),
  dutyCycle: fc.constantFrom(0.01, 0.05, 0.5, 1),
  idle: fc.constantFrom(false as const, { interval: 120_000 }, { interval: 5000 }),
  adaptive: fc.boolean(),
});
const world = fc.tuple(fc.array(step, { maxLength: 60 }), settings, fc.integer());

describe('A process whose timers come early and late, through any sequence of what may happen to it', () => {
  it('has one timer at the earliest time that anything is due, and begins no slice before its time', () => {
    fc.assert(
      fc.property(world, ([steps, options, seed]) => {
        const process = new Process(seed, options, [0.3, 0.2, 0.1]);
        for (const each of steps) {
          take(process, each);
          process.check();
        }
        process.decider.close();
        process.time.advance(HOUR);
        expect(process.timers.size).toBe(0);
      }),
      { numRuns: RUNS, seed: 4 },
    );
  });

  it('learns in the end of a slice and nowhere else', () => {
    fc.assert(
      fc.property(world, ([steps, options, seed]) => {
        const process = new Process(seed, options, [0.3, 0.2, 0.1]);
        const { decider } = process;
        const ended = decider.ended.bind(decider);
        const known = new Map<InstalledJob, string>();
        decider.ended = (job, slice) => {
          ended(job, slice);
          known.set(job, learnt(job));
        };
        for (const each of steps) {
          take(process, each);
          for (const job of process.jobs) {
            must(learnt(job) === (known.get(job) ?? '[0,false,0,0]'), 'learnt elsewhere', learnt(job));
          }
        }
        decider.close();
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('keeps slices within the duty cycle: of the event loop for all, of the clock for each job', () => {
    fc.assert(
      fc.property(world, ([steps, options, seed]) => {
        const process = new Process(seed, options, [0.3, 0.2, 0.1]);
        const begun = process.time.now();
        // A slice that overlaps another takes its share of the loop; together they take no more than the time.
        const { concurrency, dutyCycle } = options;
        for (const each of steps) {
          take(process, each);
          const due = dutyCycle * (process.time.now() - begun);
          const oneEach = concurrency * process.longest;
          must(
            process.onLoop <= due + oneEach + 1e-6,
            'event-loop time in slices',
            process.onLoop,
            due,
            oneEach,
          );
          for (const wall of process.wall.values()) {
            must(wall <= due + oneEach + 1e-6, 'time in slices of one job', wall, due, oneEach);
          }
        }
        process.decider.close();
      }),
      { numRuns: RUNS, seed: 6 },
    );
  });

  it('comes back to every job that nothing holds, whatever it was refused before', () => {
    fc.assert(
      fc.property(world, ([steps, options, seed]) => {
        const process = new Process(seed, { ...options, idle: { interval: 120_000 } }, [0.3, 0.2, 0.1]);
        for (const each of steps) if (!('call' in each && 'close' in each.call)) take(process, each);
        if (process.isClosed) return;
        process.inside = [];
        process.course = () => ({ outcome: 'idle', duration: 1, share: 1 });
        process.probe.utilization = 0;
        process.call({ resume: undefined });
        for (const job of process.jobs) process.decider.setPaused(job, false);
        // The longest rest, the longest wait of a refusal, and the latest run: 3 intervals, one and a half times.
        process.time.advance(HOUR);
        const before = process.begun.length;
        process.time.advance(HOUR);
        const seen = new Set(process.begun.slice(before).map(({ job }) => job));
        for (const job of process.jobs) if (job.rate > 0) expect(seen).toContain(job);
        process.decider.close();
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

/** Runs one job for ten minutes without traffic; how many slices began in the busiest second of them. */
function busiestSecond(course: Course, options: RecruiterOptions, seed: number): number {
  const process = new Process(seed, options, [0.1]);
  process.course = () => course;
  process.begin(process.jobs[0]!, 'operator');
  process.time.advance(600_000);
  process.decider.close();
  const times = process.begun.map(({ at }) => at);
  return Math.max(
    ...times.map((at, first) => times.slice(first).filter((other) => other < at + 1000).length),
  );
}

describe('A job that achieves nothing, at a duty cycle of 1', () => {
  it.each<[string, Course]>([
    ['fails', { outcome: 'failed', duration: 0, share: 1 }],
    ['is cut short', { outcome: 'aborted', duration: 0.5, share: 1 }],
    ['says that more is waiting and does none of it', { outcome: 'full', duration: 0, share: 1, done: 0 }],
    ['is refused its lease', { refusedBy: 'lease-held', wait: 0 }],
  ])('starts at most twice a second where it %s', (_, each) => {
    for (let seed = 0; seed < 10; seed++) {
      expect(busiestSecond(each, { dutyCycle: 1 }, seed)).toBeLessThanOrEqual(2);
    }
  });
});

describe('A job that is late each time and says that more is waiting, at a duty cycle of 1', () => {
  it('starts at most twice a second', () => {
    for (let seed = 0; seed < 10; seed++) {
      const process = new Process(seed, { dutyCycle: 1 }, [0.1]);
      const [job] = process.jobs as [InstalledJob];
      process.course = () => {
        // It is over after 20 ms, and settles 15 ms later.
        process.clock.after(36, () => process.decider.settledLate(job, true, 35, 0, 15));
        return { outcome: 'aborted', duration: 20, share: 0 };
      };
      process.begin(job, 'operator');
      process.time.advance(60_000);
      process.decider.close();
      const times = process.begun.map(({ at }) => at);
      expect(times.length).toBeGreaterThan(5);
      for (const at of times) {
        expect(times.filter((other) => other >= at && other < at + 1000).length).toBeLessThanOrEqual(2);
      }
    }
  });
});

describe('A process without traffic', () => {
  // The clock takes a millisecond for the shortest slice, and makes half of the timers late by 2 ms on average.
  it.each([
    [0.2, 0.45],
    [1, 0.7],
    [5, 0.8],
    [20, 0.8],
  ])('drains slices of %d ms at a share of %d of its duty cycle or more', (duration, share) => {
    const process = new Process(1, {}, [0.1]);
    process.course = () => ({ outcome: 'full', duration, share: 1, done: 5 });
    process.begin(process.jobs[0]!, 'operator');
    process.time.advance(MINUTE);
    process.decider.close();
    expect((process.onLoop / MINUTE) * 20).toBeGreaterThan(share);
  });

  it('runs a small job within one turn of each that always has more to do', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, endless) => {
        const process = new Process(seed, { idle: { interval: 10_000 } }, Array(endless + 1).fill(0.1));
        const [small, ...others] = process.jobs;
        process.course = (job) => ({
          outcome: job === small ? 'idle' : 'full',
          duration: 10,
          share: 1,
          done: 5,
        });
        for (const job of others) {
          process.begin(job, 'operator');
          process.time.advance(20);
        }
        let from = 0;
        for (let moment = 0; moment < 600; moment++) {
          if (small!.nextRunAt > process.clock.now()) from = process.begun.length;
          process.time.advance(500);
          const since = process.begun.slice(from);
          const until = since.findIndex(({ job }) => job === small);
          const waited = until === -1 ? since : since.slice(0, until);
          for (const job of others) expect(waited.filter((each) => each.job === job).length).toBeLessThan(4);
          if (until !== -1) from = process.begun.length;
        }
        process.decider.close();
      }),
      { numRuns: 20, seed: 8 },
    );
  });
});

describe('Twenty processes of equal traffic and one backlog', () => {
  it('stay alike: none does much more or less of the work than the others', () => {
    let waiting = 0;
    const fleet = Array.from({ length: 20 }, (_, number) => new Process(number, {}, [0.01]));
    for (const process of fleet) {
      process.course = () => {
        const done = Math.min(20, waiting);
        waiting -= done;
        const outcome = done === 0 ? 'idle' : done < 20 ? 'partial' : 'full';
        return { outcome, duration: 10, share: 1, done };
      };
    }
    for (let second = 0; second < 4 * 3600; second++) {
      waiting += 40;
      // Each is the first in its turn.
      for (let place = 0; place < fleet.length; place++) {
        const process = fleet[(place + second) % fleet.length]!;
        process.enlist(20);
        process.time.advance(1000);
      }
    }
    const counts = fleet.map(({ begun }) => begun.length);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    expect(mean).toBeGreaterThan(1000);
    // Who finds more works on for a while, so the counts scatter more than those of a lottery would.
    for (const count of counts) expect(Math.abs(count / mean - 1)).toBeLessThan(0.3);
    for (const process of fleet) process.decider.close();
  });
});
