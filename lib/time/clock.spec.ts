import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { SteadyClock, systemClock, type Clock } from './clock.js';
import type { RecruiterError } from '../recruiter/events.js';
import { Duty } from '../recruiter/job.js';
import { Recruiter } from '../recruiter/recruiter.js';

const HOUR = 3_600_000;

function steady() {
  const source = new ManualClock(1000);
  const complaints: string[] = [];
  return { source, complaints, clock: new SteadyClock(source, (error) => complaints.push(error.message)) };
}

describe('systemClock', () => {
  it('reads performance.now() and Date.now()', () => {
    expect(Math.abs(systemClock.now() - performance.now())).toBeLessThan(1000);
    expect(Math.abs(systemClock.timestamp() - Date.now())).toBeLessThan(1000);
  });

  it('calls back once, or not at all when it is called off', async () => {
    let called = 0;
    const cancel = systemClock.after(1, () => called--);
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => void called++, true);
      systemClock.after(5, resolve, true);
    });
    expect(called).toBe(1);
  });
});

describe('SteadyClock', () => {
  it('goes with its source', () => {
    const { source, clock, complaints } = steady();
    expect(clock.now()).toBe(1000);
    source.advance(25);
    expect(clock.now()).toBe(1025);
    expect(clock.timestamp()).toBe(1025);
    expect(complaints).toEqual([]);
  });

  it('stands still when its source goes back, goes on from there, and says so once', () => {
    const { source, clock, complaints } = steady();
    clock.now();
    source.jump(-400);
    expect(clock.now()).toBe(1000);
    source.advance(10);
    expect(clock.now()).toBe(1010);
    source.jump(-5);
    expect(clock.now()).toBe(1010);
    source.advance(1);
    expect(clock.now()).toBe(1011);
    expect(complaints).toEqual(['The clock went back by 400 ms; this counts as no time']);
  });

  it.each<[string, () => number, string]>([
    ['reads NaN', () => NaN, 'returned NaN from now()'],
    ['reads Infinity', () => Infinity, 'returned Infinity from now()'],
    ['reads a string', () => '5' as unknown as number, "returned '5' from now()"],
    [
      'throws',
      () => {
        throw new Error('stopped');
      },
      'threw Error: stopped',
    ],
  ])('stands still while its source %s', (_, broken, message) => {
    let reading = () => 1000;
    const complaints: string[] = [];
    const clock = new SteadyClock({ now: () => reading() }, (error) => complaints.push(error.message));
    expect(clock.now()).toBe(1000);
    reading = broken;
    expect(clock.now()).toBe(1000);
    expect(clock.now()).toBe(1000);
    reading = () => 1005;
    expect(clock.now()).toBe(1005);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(message);
  });

  it('says nothing when nobody wants to know', () => {
    expect(new SteadyClock({ now: () => NaN }).now()).toBe(0);
  });

  it('hands timers to its source, with the wish to keep the process alive', () => {
    const wishes: unknown[] = [];
    const clock = new SteadyClock({
      now: () => 0,
      after: (ms, _, keepAlive) => {
        wishes.push([ms, keepAlive]);
        return () => wishes.push('called off');
      },
    });
    clock.after(5, () => {}, true)();
    clock.after(7, () => {});
    expect(wishes).toEqual([[5, true], 'called off', [7, undefined]]);
  });

  it('uses the timers and the date of the system where its source has none', async () => {
    const clock = new SteadyClock({ now: () => 0 });
    await new Promise<void>((resolve) => clock.after(1, resolve, true));
    expect(Math.abs(clock.timestamp() - Date.now())).toBeLessThan(1000);
  });

  it('goes on when a timer is hours late, and says so once', () => {
    const { source, clock, complaints } = steady();
    const at: number[] = [];
    clock.after(50, () => at.push(clock.now()));
    source.jump(5 * HOUR);
    source.advance(0);
    expect(at).toEqual([1000 + 5 * HOUR]);
    clock.after(50, () => at.push(clock.now()));
    source.jump(5 * HOUR);
    source.advance(0);
    expect(at).toEqual([1000 + 5 * HOUR, 1000 + 10 * HOUR]);
    expect(complaints).toEqual([expect.stringContaining('jumped ahead by 17999950 ms')]);
  });

  it('takes a timer that is minutes late for late', () => {
    const { source, clock, complaints } = steady();
    const at: number[] = [];
    clock.after(50, () => at.push(clock.now()));
    source.jump(50 + 600_000);
    source.advance(0);
    expect(at).toEqual([601_050]);
    expect(complaints).toEqual([]);
  });
});

describe('SteadyClock before a source that fails', () => {
  const boom = () => {
    throw new Error('boom');
  };

  function before(broken: Partial<Clock>) {
    const complaints: string[] = [];
    const source = { now: () => 0, ...broken };
    return { complaints, clock: new SteadyClock(source, (error) => complaints.push(error.message)) };
  }

  it.each<[string, () => unknown, string]>([
    ['throws', boom, 'The clock threw Error: boom in timestamp()'],
    ['is no number', () => NaN, 'The clock returned NaN from timestamp(); Date.now() is used instead'],
    [
      'is no date',
      () => 1e16,
      'The clock returned 10000000000000000 from timestamp(); Date.now() is used instead',
    ],
  ])('takes the date of the system when its time stamp %s', (_, timestamp, message) => {
    const { clock, complaints } = before({ timestamp: timestamp as () => number });
    expect(Math.abs(clock.timestamp() - Date.now())).toBeLessThan(60_000);
    expect(complaints).toEqual([message]);
  });

  it.each<[string, (ms: number, callback: () => void) => unknown, string]>([
    ['fails to set one', boom, 'The clock threw Error: boom in after()'],
    [
      'sets none that can be called off',
      () => undefined,
      'The clock returned undefined from after(); setTimeout() is used instead',
    ],
    [
      'sets one that cannot be called off, and says nothing else',
      (ms, callback) => void setTimeout(callback, ms),
      'The clock returned undefined from after(); setTimeout() is used instead',
    ],
  ])('takes a timer of the system when it %s, and calls back once', async (_, after, message) => {
    const { clock, complaints } = before({ after: after as Required<Clock>['after'] });
    let called = 0;
    clock.after(1, () => (called += 100), true)();
    await new Promise<void>((resolve) => {
      clock.after(1, () => void called++, true);
      systemClock.after(20, resolve, true);
    });
    expect(called).toBe(1);
    expect(complaints).toEqual([message]);
  });

  it('calls a timer off though its source throws when it is to', () => {
    let timer = () => {};
    const { clock, complaints } = before({ after: (_, callback) => ((timer = callback), boom) });
    let called = 0;
    clock.after(1, () => called++)();
    timer();
    expect(called).toBe(0);
    expect(complaints).toEqual(['The clock threw Error: boom in the function that after() returned']);
  });

  it('waits no longer than a timer can, which would fire at once otherwise', () => {
    const waits: number[] = [];
    const { clock } = before({ after: (ms) => (waits.push(ms), () => {}) });
    clock.after(2 ** 31, () => {});
    clock.after(2 ** 31 - 1, () => {});
    expect(waits).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
  });
});

describe('Recruiter whose clock fails', () => {
  it('runs slices all the same, rejects and throws nothing, and reports it once', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    const clock = { now: boom, after: boom, timestamp: boom };
    const recruiter = new Recruiter('test', { clock, load: false, random: new SeededRandom(1) });
    const errors: RecruiterError[] = [];
    recruiter.on('error', (error) => errors.push(error));
    recruiter.install({ recruited: () => ({ done: 1, limit: 1 }) }, 'job', 1);
    recruiter.open();
    await expect(recruiter.enlist()).resolves.toBe(Duty.RECRUITED);
    await expect(recruiter.recruit('job')).resolves.toMatchObject({ outcome: 'full' });
    recruiter.enlistDetached();
    await recruiter.close();
    expect(recruiter.inFlight).toBe(0);
    expect(errors).toMatchObject([
      { where: 'the clock', error: { message: 'The clock threw Error: boom in now()' } },
    ]);
  });
});

describe('Recruiter whose clock is set anew', () => {
  function recruiterOf(clock: ManualClock, recruited: () => void) {
    const options = { clock, idle: false, load: false, random: new SeededRandom(1) } as const;
    const recruiter = new Recruiter('test', options);
    const errors: RecruiterError[] = [];
    recruiter.on('error', (error) => errors.push(error));
    recruiter.install({ recruited }, 'job', 1);
    recruiter.open();
    return { recruiter, errors };
  }

  it('does not rest longer for a clock that was put back', async () => {
    const clock = new ManualClock(HOUR);
    const { recruiter, errors } = recruiterOf(clock, () => clock.jump(10));
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    // Ten ms at a duty cycle of 0.05: a rest of 190.
    clock.jump(-HOUR / 2);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    clock.advance(189);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    clock.advance(1);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(errors).toMatchObject([
      { where: 'the clock', error: { message: expect.stringContaining('went back') } },
    ]);
  });

  it('gives a slice no negative duration when the clock goes back under it', async () => {
    const clock = new ManualClock(HOUR);
    const { recruiter } = recruiterOf(clock, () => clock.jump(-1000));
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'partial', duration: 0 });
  });

  it('says that a slice was late under which the clock jumped ahead, counts what it did, and recruits again after a rest', async () => {
    const clock = new ManualClock();
    let leap = HOUR;
    const { recruiter } = recruiterOf(clock, () => {
      clock.jump(leap);
      leap = 0;
    });
    expect(await recruiter.recruit('job')).toMatchObject({
      outcome: 'partial',
      overran: true,
      duration: HOUR,
    });
    clock.advance(10 * 60_000);
    while ((await recruiter.enlist()) === Duty.DISMISSED) expect(recruiter.enlistments).toBeLessThan(100);
    expect(recruiter.jobs[0]!.counts).toMatchObject({ aborted: 0, partial: 2 });
  });

  it('reports a clock that never told the time, though nobody could listen yet when it first did not', async () => {
    const clock = Object.assign(new ManualClock(), { now: () => NaN });
    const { recruiter, errors } = recruiterOf(clock, () => undefined);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(errors).toMatchObject([{ where: 'the clock' }]);
  });
});

describe('systemClock and the process', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  it('keeps the process alive by a timer only when it is told to', () => {
    const before = timers();
    const cancels = [systemClock.after(1e6, () => {}), systemClock.after(1e6, () => {}, false)];
    expect(timers()).toBe(before);
    cancels.push(systemClock.after(1e6, () => {}, true));
    expect(timers()).toBe(before + 1);
    cancels.forEach((cancel) => cancel());
    expect(timers()).toBe(before);
  });

  it('reads a time that passes', async () => {
    const before = systemClock.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(systemClock.now()).toBeGreaterThan(before);
    expect(Math.abs(systemClock.timestamp() - Date.now())).toBeLessThan(60_000);
  });
});
