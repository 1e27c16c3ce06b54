import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { Decider } from './decider.js';
import { Duty } from './job.js';
import { resolveOptions, type RecruiterOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import type { InstalledJob } from './installed-job.js';
import { Roster } from './roster.js';

const INTERVAL = 30_000;
const HOUR = 3_600_000;
const JOB = { recruited: () => Duty.DISMISSED };

interface Slice {
  readonly outcome: Outcome;
  readonly duration: number;
  /** Of its time, on the event loop. @default 1 */
  readonly share?: number;
  readonly done?: number;
}

/** A process whose slices take the time and have the outcome that the test says, on an exact clock. */
class Process {
  readonly clock = new ManualClock(1);
  readonly probe = { utilization: 0 };
  readonly decider: Decider;
  readonly roster: Roster;
  readonly runs = new Map<string, number>();
  /** When slices began. */
  readonly begun: number[] = [];
  readonly gated: GateReason[] = [];
  readonly looksHeldBack: GateReason[] = [];
  next: (job: InstalledJob) => Slice = () => ({ outcome: 'idle', duration: 0 });
  inSlices = 0;

  constructor(rates: Record<string, number>, options: RecruiterOptions = {}, seed = 1) {
    const resolved = resolveOptions(options);
    this.roster = new Roster('test', resolved);
    this.decider = new Decider(this.roster, resolved, {
      clock: this.clock,
      random: new SeededRandom(seed),
      probe: this.probe,
      recruiter: 'test',
      processes: () => 1,
      reportError: (error) => {
        throw error;
      },
      run: (job) => this.run(job),
      gated: (_, reason, origin) => (origin === 'agenda' ? this.looksHeldBack : this.gated).push(reason),
    });
    for (const [id, rate] of Object.entries(rates)) this.roster.add(JOB, id, { rate });
    this.decider.open();
  }

  get slices(): number {
    return this.begun.length;
  }

  job(id: string): InstalledJob {
    return this.roster.get(id);
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
    const { outcome, duration, share = 1, done } = this.next(job);
    const leave = this.decider.busy.acquire();
    this.runs.set(job.id, this.count(job.id) + 1);
    this.begun.push(this.clock.now());
    const end = () => {
      this.inSlices += duration;
      leave();
      this.decider.ended(job, { outcome, duration, busyFor: duration * share, done });
    };
    if (duration === 0) end();
    else this.clock.after(duration, end);
  }
}

describe('Decider that draws', () => {
  const drawsOnly: RecruiterOptions = { idle: false, dutyCycle: 1 };
  const enlistments = 200_000;
  const tolerance = (rate: number) => 4 * Math.sqrt(enlistments * rate * (1 - rate));

  it('runs each job at its declared rate while it finds work', () => {
    const process = new Process({ a: 0.1, b: 0.02 }, drawsOnly);
    process.next = () => ({ outcome: 'partial', duration: 0 });
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

  it('runs an idle job at a 64th of its rate, and says that it backed off', () => {
    const process = new Process({ a: 0.1 }, drawsOnly);
    process.enlist(enlistments);
    const due = (0.1 * enlistments) / 64;
    expect(Math.abs(process.count('a') - due)).toBeLessThan(5 * Math.sqrt(due));
    expect(new Set(process.gated)).toEqual(new Set(['backed-off']));
  });

  it('runs a job that is not adaptive at its rate, though it is idle', () => {
    const process = new Process({ a: 0.1 }, { ...drawsOnly, adaptive: false });
    process.enlist(enlistments);
    expect(Math.abs(process.count('a') - 0.1 * enlistments)).toBeLessThan(tolerance(0.1));
  });

  it('lets 2 % through under full load', () => {
    const process = new Process({ a: 0.1 }, drawsOnly);
    process.probe.utilization = 1;
    process.next = () => ({ outcome: 'partial', duration: 0 });
    process.enlist(enlistments);
    const due = 0.02 * 0.1 * enlistments;
    expect(Math.abs(process.count('a') - due)).toBeLessThan(5 * Math.sqrt(due));
    expect(new Set(process.gated)).toEqual(new Set(['loaded']));
  });
});

describe('A draw that comes while the process rests', () => {
  const rested = (options: RecruiterOptions = {}) => {
    const process = new Process({ a: 1e-9, b: 1 - 1e-9 }, options);
    process.next = () => ({ outcome: 'partial', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(10);
    process.enlist(3);
    expect(process.gated).toEqual(['duty-spent', 'duty-spent', 'duty-spent']);
    return process;
  };

  it('stands for the next free moment: one slice, when the rest is over', () => {
    const process = rested();
    process.clock.advance(189);
    expect(process.count('b')).toBe(0);
    process.clock.advance(2);
    expect(process.count('b')).toBe(1);
    process.clock.advance(2000);
    expect(process.count('b')).toBe(1);
  });

  it('is lost where the job itself rests, so that it takes no more than its duty cycle', () => {
    const process = new Process({ a: 1 });
    process.next = () => ({ outcome: 'partial', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(10);
    process.enlist(3);
    process.clock.advance(10_000);
    expect(process.slices).toBe(1);
  });

  it('is lost where jobs without known work are not run', () => {
    const process = rested({ idle: false });
    process.clock.advance(10_000);
    expect(process.count('b')).toBe(0);
    expect(process.clock.pending).toBe(0);
  });

  it('stands also where all places in flight were taken', () => {
    const process = new Process({ a: 1e-9, b: 1 - 1e-9 });
    process.next = () => ({ outcome: 'partial', duration: 10, share: 0 });
    process.run(process.job('a'));
    process.enlist();
    expect(process.gated).toEqual(['busy']);
    process.clock.advance(12);
    expect(process.count('b')).toBe(1);
  });

  it('lets no enlistment carry or cause more slices than its effective rate', () => {
    const process = new Process({ a: 1e-3, b: 0.5 }, { idle: { interval: 1e9 } });
    process.next = ({ id }) => ({ outcome: id === 'a' ? 'idle' : 'partial', duration: 1 });
    const enlistments = 400_000;
    for (let time = 0; time < enlistments; time++) {
      process.enlist();
      process.clock.advance(1);
    }
    // The first slices of "a" are drawn at levels 0 and 3, the rest at 6.
    const due = (enlistments * 1e-3) / 64 + 3;
    expect(process.count('a')).toBeGreaterThan(1);
    expect(process.count('a')).toBeLessThan(due + 5 * Math.sqrt(due));
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

  it('holds back half of the draws after 4 minutes and 15 seconds, and none after six', () => {
    const process = busy();
    process.clock.advance(Math.SQRT1_2 * 360_000);
    expect(heldOf(process, 20_000)).toBeCloseTo(0.5, 1);
    process.clock.advance(120_000);
    expect(heldOf(process, 20_000)).toBe(0);
  });

  it('counts the time anew after a calm moment, whoever saw it', () => {
    const process = busy();
    process.clock.advance(400_000);
    process.probe.utilization = 0.1;
    expect(process.decider.utilization).toBe(0.1);
    process.probe.utilization = 1;
    expect(heldOf(process, 20_000)).toBeCloseTo(0.98, 1);
  });

  it('comes back to a job with known work after 20 to 25 s, and says why it was held back', () => {
    const process = new Process({ a: 0.1 }, { load: { low: 0.4, high: 0.8 } });
    process.next = () => ({ outcome: 'full', duration: 10, done: 5 });
    process.run(process.job('a'));
    process.probe.utilization = 0.81;
    process.clock.advance(50_000);
    expect(process.looksHeldBack).toEqual(['loaded', 'loaded', 'loaded']);
    expect(process.gated).toEqual([]);
    process.probe.utilization = 0;
    process.clock.advance(25_000);
    expect(process.slices).toBeGreaterThan(10);
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

describe('Decider without traffic', () => {
  it('works off what waits at the duty cycle, in turns among the jobs that have more', () => {
    const process = new Process({ a: 0.3, b: 0.1, idle: 0.4 });
    process.next = ({ id }) => ({ outcome: id === 'idle' ? 'idle' : 'full', duration: 10 });
    for (const id of ['a', 'b', 'idle']) {
      process.run(process.job(id));
      process.clock.advance(10);
    }
    process.clock.advance(HOUR);
    expect(process.inSlices / HOUR).toBeGreaterThan(0.045);
    expect(process.inSlices / HOUR).toBeLessThanOrEqual(0.0501);
    expect(process.count('a') / process.count('b')).toBeCloseTo(1, 1);
    expect(process.count('idle')).toBeLessThan(HOUR / INTERVAL);
  });

  it('lets a job that waits for something outside the process keep it from nothing but itself', () => {
    const process = new Process({ waits: 0.1, works: 0.1 });
    process.next = ({ id }) =>
      id === 'waits'
        ? { outcome: 'full', duration: 40, share: 0.01 }
        : { outcome: 'full', duration: 1, share: 1 };
    for (const id of ['waits', 'works']) {
      process.run(process.job(id));
      process.clock.advance(1000);
    }
    const begun = process.count('works');
    process.clock.advance(60_000);
    // At 1 ms each the duty cycle allows 50 a second; the other job takes place and some rest.
    expect((process.count('works') - begun) / 60).toBeGreaterThan(25);
    expect(process.count('waits') / 60).toBeLessThan(1.4);
  });

  it('takes the duty cycle of the job for its own rest', () => {
    const process = new Process({}, {});
    process.decider.rosterChanged(process.roster.add(JOB, 'a', { rate: 0.1, dutyCycle: 0.5 }));
    process.next = () => ({ outcome: 'full', duration: 40, share: 0.01 });
    process.run(process.job('a'));
    process.clock.advance(60_000);
    expect(process.inSlices / 60_000).toBeGreaterThan(0.4);
    expect(process.inSlices / 60_000).toBeLessThanOrEqual(0.51);
  });

  it('is woken by a place that becomes free', () => {
    const process = new Process({ a: 0.1 }, { concurrency: 1 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(10);
    const leave = process.decider.busy.acquire();
    process.clock.advance(20 * INTERVAL);
    expect(process.slices).toBe(1);
    leave();
    process.decider.agenda.arm();
    process.clock.advance(1000);
    expect(process.slices).toBeGreaterThan(1);
  });

  it.each(['the job', 'all jobs'])('goes on at once where %s was paused and is resumed', (what) => {
    const process = new Process({ a: 0.1 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    const job = process.job('a');
    process.run(job);
    const whom = what === 'the job' ? job : undefined;
    process.decider.setPaused(whom, true);
    process.clock.advance(HOUR);
    expect(process.slices).toBe(1);
    expect(process.clock.pending).toBe(0);
    process.decider.setPaused(whom, false);
    process.clock.advance(1);
    expect(process.slices).toBe(2);
  });

  it('leaves a job with a rate of 0 alone until it has one', () => {
    const process = new Process({ a: 0 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(HOUR);
    expect(process.slices).toBe(1);
    process.roster.setRate('a', 0.001);
    process.decider.rosterChanged();
    process.clock.advance(1000);
    expect(process.slices).toBeGreaterThan(1);
  });

  it('does not work off what a job says waits whose rate is fixed', () => {
    const process = new Process({ a: 0.1 }, { adaptive: false });
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(INTERVAL / 4);
    expect(process.slices).toBe(1);
  });

  it('comes back to a job that fails after 1.9 s, twice as long each time, a minute at the latest', () => {
    const process = new Process({ a: 0.1 }, {}, 3);
    process.next = () => ({ outcome: 'failed', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(600_000);
    const waits = process.begun.slice(1).map((at, index) => at - process.begun[index]! - 10);
    waits.forEach((wait, index) => {
      const due = 950 * 2 ** Math.min(6, index + 1);
      expect(wait).toBeGreaterThanOrEqual(due);
      expect(wait).toBeLessThanOrEqual(1.25 * due + 1);
    });
    expect(waits.length).toBeGreaterThan(8);
  });

  it('goes on with known work as before after a failure', () => {
    const process = new Process({ a: 0.1 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(10);
    process.next = () => ({ outcome: 'failed', duration: 10 });
    process.clock.advance(300);
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.clock.advance(2500);
    const before = process.slices;
    process.clock.advance(10_000);
    expect(process.slices - before).toBeGreaterThan(40);
  });

  it('runs each job about once an interval, and least where nothing turns up', () => {
    const process = new Process({ found: 0.1, idle: 0.1 });
    process.next = ({ id }) => ({ outcome: id === 'found' ? 'partial' : 'idle', duration: 0 });
    const intervals = 2000;
    process.clock.advance(intervals * INTERVAL);
    expect(process.count('found') / intervals).toBeCloseTo(1, 1);
    expect(process.count('idle') / intervals).toBeCloseTo(1 / 3, 1);
  });

  it('runs a job for the first time within an interval, at a time drawn evenly from it', () => {
    const firstLooks = Array.from({ length: 200 }, (_, seed) => {
      const process = new Process({ a: 0.1 }, {}, seed);
      process.clock.advance(INTERVAL + 1);
      process.decider.close();
      return process.begun[0]!;
    });
    const mean = firstLooks.reduce((sum, at) => sum + at, 0) / firstLooks.length;
    expect(mean / INTERVAL).toBeCloseTo(0.5, 0.9);
    expect(Math.min(...firstLooks)).toBeLessThan(INTERVAL / 20);
  });

  it('runs a job that is installed late, too', () => {
    const process = new Process({});
    expect(process.clock.pending).toBe(0);
    process.decider.rosterChanged(process.roster.add(JOB, 'late', { rate: 0.1 }));
    process.clock.advance(INTERVAL + 1);
    expect(process.count('late')).toBe(1);
  });

  it('sets no timer with idle: false but for work that it knows of', () => {
    const process = new Process({ a: 0.5 }, { idle: false });
    process.next = () => ({ outcome: 'partial', duration: 10 });
    process.enlist(100);
    process.clock.advance(HOUR);
    expect(process.slices).toBe(1);
    expect(process.clock.pending).toBe(0);
    process.next = () => ({ outcome: process.slices < 9 ? 'full' : 'idle', duration: 10 });
    process.enlist(100);
    process.clock.advance(HOUR);
    expect(process.slices).toBe(10);
    expect(process.clock.pending).toBe(0);
  });
});

describe('A job that the fleet refuses a slice', () => {
  const withMore = () => {
    const process = new Process({ a: 0.1 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    const job = process.job('a');
    process.run(job);
    process.clock.advance(11);
    return { process, job };
  };

  it('is left alone for as long as its pace says, and then goes on', () => {
    const { process, job } = withMore();
    process.decider.refused(job, { reason: 'pace-spent', wait: 5000 });
    process.clock.advance(300);
    process.enlist(1000);
    expect(process.gated.length).toBeGreaterThan(0);
    expect(new Set(process.gated)).toEqual(new Set(['pace-spent']));
    process.clock.advance(4699);
    expect(process.slices).toBe(1);
    process.clock.advance(2);
    expect(process.slices).toBe(2);
    expect(job.control.factor).toBe(1);
  });

  it('is not asked for before the next slice fits the pace that was granted', () => {
    const { process, job } = withMore();
    process.decider.paceGranted(job, 0.5);
    process.clock.advance(1998);
    expect(process.slices).toBe(1);
    process.clock.advance(4);
    expect(process.slices).toBe(2);
  });

  it('waits ever longer for a lease that others hold, and knows no less of its work', () => {
    const { process, job } = withMore();
    const waits: number[] = [];
    for (let refusal = 0; refusal < 8; refusal++) {
      process.decider.refused(job, { reason: 'lease-held' });
      waits.push(job.notBefore - process.clock.now());
      process.clock.jump(job.notBefore - process.clock.now());
    }
    waits.forEach((wait, refusal) => {
      const due = 950 * 2 ** Math.min(6, refusal);
      expect(wait).toBeGreaterThanOrEqual(due);
      expect(wait).toBeLessThanOrEqual(1.25 * due);
    });
    expect(job.control.more).toBe(true);
    expect(job.control.factor).toBe(1);
  });

  it('waits for the longer of two refusals', () => {
    const { process, job } = withMore();
    process.decider.refused(job, { reason: 'pace-spent', wait: 5000 });
    process.decider.refused(job, { reason: 'lease-held', wait: 10 });
    expect(job.notBefore - process.clock.now()).toBe(5000);
  });
});

describe('Decider that closes', () => {
  it('starts nothing more and leaves no timer', () => {
    const process = new Process({ a: 0.5 });
    process.next = () => ({ outcome: 'full', duration: 10 });
    process.run(process.job('a'));
    process.clock.advance(1000);
    process.decider.close();
    const before = process.slices;
    process.enlist(1000);
    process.clock.advance(10 * INTERVAL);
    expect(process.slices).toBe(before);
    expect(process.clock.pending).toBe(0);
  });

  it('learns nothing from a slice that it cut off', () => {
    const process = new Process({ a: 0.1 });
    process.decider.close();
    process.decider.ended(process.job('a'), { outcome: 'aborted', duration: 10 });
    expect(process.job('a').control.factor).toBe(1);
  });
});

describe('Decider that is told what a late slice left behind', () => {
  it('comes back for it, and rests for the time that it took', () => {
    const process = new Process({ a: 0.1 });
    const job = process.job('a');
    process.decider.ended(job, { outcome: 'aborted', duration: 100 });
    process.clock.advance(50);
    process.decider.settledLate(job, true, 150, 50, 50);
    expect(job.control.more).toBe(true);
    expect(job.restUntil - process.clock.now()).toBeCloseTo(100 * 19 - 50 + 50 * 19, 6);
    // Its rate is halved, since it was late.
    process.clock.advance(2 * 150 * 19 * 1.25 + 1);
    expect(process.slices).toBe(1);
  });
});
