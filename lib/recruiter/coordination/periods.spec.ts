import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { MemoryCoordinator } from '../../testing/memory-coordinator.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import { Duty, type Slice, type SliceResult } from '../job.js';
import type { JobOptions } from '../job-options.js';
import { Recruiter } from '../recruiter.js';
import type { Coordinator, PeriodCoordinator } from './coordinator.js';

const EVERY = 60_000;

/** Turns of the event loop, in which promises settle and what was queued runs. */
async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** A process of a fleet, whose job has one pass a period. */
function processOf(
  coordinator: Coordinator,
  clock: ManualClock,
  options: Partial<JobOptions> = {},
  seed = 1,
) {
  const recruiter = new Recruiter('test', { clock, load: false, random: new SeededRandom(seed) });
  const slices: { at: number; slice: Slice }[] = [];
  const errors: { where: string; message: string }[] = [];
  let next: () => SliceResult | Promise<SliceResult> = () => ({ done: 1 });
  recruiter.useCoordinator(coordinator);
  recruiter.on('error', ({ where, error }) => void errors.push({ where, message: error.message }));
  const undo = recruiter.install(
    {
      recruited: (slice) => {
        slices.push({ at: clock.now(), slice });
        return next();
      },
    },
    'job',
    { every: EVERY, ...options },
  );
  return {
    recruiter,
    slices,
    errors,
    undo,
    set: (result: typeof next) => void (next = result),
    get snapshot() {
      return recruiter.jobs[0]!;
    },
  };
}

/** Lets time pass as it does: in steps, with turns of the event loop between them. */
async function pass(clock: ManualClock, ms: number, step = 50): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step);
    await turns(3);
  }
}

describe('A job with every', () => {
  it('runs once a period, at its due time, without an enlistment', async () => {
    const clock = new ManualClock();
    const process = processOf(new MemoryCoordinator(clock), clock);
    process.recruiter.open();
    await pass(clock, 5 * EVERY);
    expect(process.slices.length).toBeGreaterThanOrEqual(5);
    expect(process.slices.length).toBeLessThanOrEqual(6);
    const dues = process.slices.map(({ slice }) => slice.pass!.dueAt.getTime());
    dues.slice(1).forEach((due, index) => {
      expect(due - dues[index]!).toBe(EVERY);
      const late = process.slices[index + 1]!.at - due;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(100);
    });
    expect(process.slices.every(({ slice }) => slice.pass!.isFirst)).toBe(true);
    expect(process.errors).toEqual([]);
    await process.recruiter.close();
  });

  it('goes on while slices are full, and ends with the first that is not', async () => {
    const clock = new ManualClock();
    const process = processOf(new MemoryCoordinator(clock), clock);
    let left = 4;
    process.set(() => ({ done: 10, more: --left > 0 }));
    process.recruiter.open();
    await pass(clock, EVERY / 2);
    expect(process.slices.map(({ slice }) => slice.pass!.isFirst)).toEqual([true, false, false, false]);
    const [first] = process.slices;
    for (const { slice } of process.slices) {
      expect(slice.pass!.dueAt).toEqual(first!.slice.pass!.dueAt);
      expect(slice.fencingToken).toEqual(expect.any(Number));
    }
    expect(process.snapshot.period).toMatchObject({
      every: EVERY,
      scope: 'fleet',
      lastPass: { slices: 4, done: 40, skipped: 0, endedAt: expect.any(Date) },
      overdueBy: 0,
    });
    expect(process.snapshot.period!.dueAt!.getTime()).toBeCloseTo(
      first!.slice.pass!.dueAt.getTime() + EVERY,
      -1,
    );
    await process.recruiter.close();
  });

  it('is not in the lottery between passes: no draw, no gate, no question', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    let claims = 0;
    const period: PeriodCoordinator = {
      ...bound(memory.period),
      claim: (...args) => (claims++, memory.period.claim(...args)),
    };
    const process = processOf({ period }, clock, { rate: 1 });
    process.recruiter.open();
    expect(await process.recruiter.enlist()).toBe(Duty.RECRUITED);
    for (let each = 0; each < 1000; each++) expect(await process.recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(claims).toBe(1);
    expect(process.snapshot.counts).toMatchObject({ partial: 1, gated: 0 });
    expect(process.snapshot.effectiveRate).toBe(0);
    clock.advance(EVERY - 1);
    expect(await process.recruiter.enlist()).toBe(Duty.DISMISSED);
    clock.advance(1);
    await turns();
    expect(process.snapshot.counts.partial).toBe(2);
    await process.recruiter.close();
  });

  it('is done once a period by all processes together, one slice at a time', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const fleet = [1, 2, 3, 4].map((seed) => processOf(memory, clock, {}, seed));
    for (const { recruiter } of fleet) recruiter.open();
    await pass(clock, 10 * EVERY, 500);
    const dues = fleet.flatMap(({ slices }) => slices.map(({ slice }) => slice.pass!.dueAt.getTime()));
    expect(new Set(dues).size).toBe(dues.length);
    expect(dues.length).toBeGreaterThanOrEqual(10);
    expect(dues.length).toBeLessThanOrEqual(11);
    for (const { recruiter, snapshot } of fleet) {
      expect(snapshot.counts.failed).toBe(0);
      await recruiter.close();
    }
  });

  it('skips periods that were missed, counts them, and keeps the phase', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const first = processOf(memory, clock);
    first.recruiter.open();
    await pass(clock, EVERY / 2);
    const { slice } = first.slices[0]!;
    await first.recruiter.close();
    clock.advance(3.25 * EVERY);
    const second = processOf(memory, clock);
    second.recruiter.open();
    await pass(clock, 100 + EVERY / 20, 50);
    const due = second.slices[0]!.slice.pass!.dueAt.getTime();
    expect(due).toBe(slice.pass!.dueAt.getTime() + EVERY);
    expect(second.slices).toHaveLength(1);
    expect(second.snapshot.period).toMatchObject({ lastPass: { skipped: 2 }, overdueBy: 0 });
    expect((second.snapshot.period!.dueAt!.getTime() - due) / EVERY).toBeCloseTo(3, 2);
    await second.recruiter.close();
  });

  it('stays due after a failure, and waits ever longer, at most a period', async () => {
    const clock = new ManualClock();
    const process = processOf(new MemoryCoordinator(clock), clock);
    process.set(() => {
      throw new Error('away');
    });
    process.recruiter.open();
    await pass(clock, 90_000, 100);
    const gaps = process.slices.slice(1).map(({ at }, index) => at - process.slices[index]!.at);
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    expect(gaps.length).toBeLessThanOrEqual(8);
    expect(gaps[2]!).toBeGreaterThan(gaps[0]!);
    expect(process.slices.every(({ slice }) => slice.pass!.isFirst)).toBe(true);
    process.set(() => ({ done: 0 }));
    await pass(clock, 61_000, 100);
    expect(process.snapshot.counts.idle).toBeGreaterThanOrEqual(1);
    await process.recruiter.close();
  });

  it('runs at once by an operator, and leaves the phase as it is', async () => {
    const clock = new ManualClock();
    const process = processOf(new MemoryCoordinator(clock), clock);
    process.recruiter.open();
    await pass(clock, EVERY / 20 + 100);
    const due = process.snapshot.period!.dueAt!.getTime();
    const before = process.slices.length;
    expect(await process.recruiter.recruit('job')).toMatchObject({ outcome: 'partial' });
    expect(process.slices).toHaveLength(before + 1);
    expect(process.slices.at(-1)!.slice.pass).toMatchObject({ isFirst: true, dueAt: new Date(clock.now()) });
    expect(process.snapshot.period!.dueAt!.getTime()).toBe(due);
    await process.recruiter.close();
  });

  it('is gated for an operator where another process holds the pass', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const [one, other] = [processOf(memory, clock), processOf(memory, clock)];
    let end!: (result: SliceResult) => void;
    one.set(() => new Promise((resolve) => (end = resolve)));
    one.recruiter.open();
    other.recruiter.open();
    const running = one.recruiter.recruit('job');
    await turns();
    expect(await other.recruiter.recruit('job')).toMatchObject({ outcome: 'gated', reason: 'lease-held' });
    end({ done: 1 });
    expect(await running).toMatchObject({ outcome: 'partial' });
    await one.recruiter.close();
    await other.recruiter.close();
  });

  it('holds the pass while a slice has not settled, and counts what it returns then', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const [one, other] = [processOf(memory, clock), processOf(memory, clock)];
    let end!: (result: SliceResult) => void;
    one.set(() => new Promise((resolve) => (end = resolve)));
    one.recruiter.open();
    const running = one.recruiter.recruit('job');
    await pass(clock, 30_000, 500);
    expect(await running).toMatchObject({ outcome: 'aborted', settled: false });
    other.recruiter.open();
    expect(await other.recruiter.recruit('job')).toMatchObject({ reason: 'lease-held' });
    end({ done: 3, more: false });
    await turns();
    expect(one.snapshot).toMatchObject({ items: 3, period: { lastPass: { slices: 1, done: 3 } } });
    expect(one.snapshot.period!.dueAt).toBeInstanceOf(Date);
    expect(other.slices).toHaveLength(0);
    await one.recruiter.close();
    await other.recruiter.close();
  });

  it('is taken over when its runner is gone and the hold is over', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    await memory.period.claim({ recruiter: 'test', jobId: 'job' }, EVERY, 5000);
    const process = processOf(memory, clock);
    process.recruiter.open();
    await pass(clock, 4900);
    expect(process.slices).toHaveLength(0);
    await pass(clock, 1100);
    expect(process.slices).toHaveLength(1);
    expect(process.slices[0]!.slice.pass!.isFirst).toBe(true);
    await process.recruiter.close();
  });

  it('gives the pass back when the application closes while a slice is claimed', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const process = processOf(memory, clock);
    process.recruiter.open();
    const running = process.recruiter.recruit('job');
    const closed = process.recruiter.close();
    expect(await running).toMatchObject({ outcome: 'gated', reason: 'closing' });
    await closed;
    const claim = await memory.period.claim({ recruiter: 'test', jobId: 'job' }, EVERY, 5000);
    expect(claim).toMatchObject({ isFirst: true });
  });

  it('goes by the longer state in a rolling deploy, and by its own from the next pass on', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const [old, deployed] = [processOf(memory, clock), processOf(memory, clock, { every: EVERY / 2 })];
    old.recruiter.open();
    await old.recruiter.recruit('job');
    const due = old.snapshot.period!.dueAt!.getTime();
    await old.recruiter.close();
    deployed.recruiter.open();
    await pass(clock, EVERY + 5000, 100);
    expect(deployed.slices[0]!.slice.pass!.dueAt.getTime()).toBe(due);
    expect(deployed.errors).toMatchObject([{ where: 'the period of "job"' }]);
    await pass(clock, EVERY, 100);
    expect(deployed.slices[1]!.slice.pass!.dueAt.getTime()).toBe(due + EVERY / 2);
    expect(deployed.errors).toHaveLength(1);
    await deployed.recruiter.close();
  });

  it('fails without an answer of the coordinator, and runs nothing unclaimed', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const period = { ...bound(memory.period), claim: () => new Promise<never>(() => {}) };
    const process = processOf({ period }, clock);
    process.recruiter.open();
    const running = process.recruiter.recruit('job');
    await pass(clock, 100);
    expect(await running).toMatchObject({ outcome: 'failed' });
    expect(process.slices).toHaveLength(0);
    expect(process.snapshot.lastError!.message).toMatch(/Claiming a slice of "job": no answer within 50 ms/);
    const closed = process.recruiter.close();
    await pass(clock, 6000, 500);
    await closed;
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 5],
    ['a token that is none', { token: 'x', dueAt: new Date(), isFirst: true }],
    ['a time that is none', { token: 1, dueAt: new Date(NaN), isFirst: true }],
    ['a negative wait', { notDueFor: -1 }],
    ['an endless wait', { heldFor: Infinity }],
  ])('fails where the coordinator answers nonsense: %s', async (_, answer) => {
    const clock = new ManualClock();
    const period = { ...bound(new MemoryCoordinator(clock).period), claim: async () => answer as never };
    const process = processOf({ period }, clock);
    process.recruiter.open();
    expect(await process.recruiter.recruit('job')).toMatchObject({ outcome: 'failed', reason: 'error' });
    expect(process.snapshot.lastError!.message).toMatch(/claim\(\) of the period coordinator returned/);
    expect(process.slices).toHaveLength(0);
    await process.recruiter.close();
  });

  it('reports a report that was lost, and asks again instead of guessing', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    let isAway = true;
    const report: PeriodCoordinator['report'] = async (...args) => {
      if (isAway) throw new Error('away');
      return memory.period.report(...args);
    };
    const process = processOf({ period: { ...bound(memory.period), report } }, clock);
    process.recruiter.open();
    await process.recruiter.recruit('job');
    expect(process.errors).toMatchObject([{ where: 'reporting a slice of "job"', message: 'away' }]);
    isAway = false;
    await pass(clock, 8000, 100);
    // The claim ended by itself, and the slice was repeated: at least once.
    expect(process.slices).toHaveLength(2);
    expect(process.snapshot.period!.dueAt).toBeInstanceOf(Date);
    await process.recruiter.close();
  });

  it('says that a pass is more than two periods overdue', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const process = processOf(memory, clock);
    await process.recruiter.recruit('job');
    clock.advance(4 * EVERY);
    process.set(() => Promise.reject(new Error('no')));
    await process.recruiter.recruit('job');
    expect(process.snapshot.period!.overdueBy).toBe(3 * EVERY);
    await process.recruiter.close();
  });

  it('surveys the state of the fleet', async () => {
    const clock = new ManualClock();
    const memory = new MemoryCoordinator(clock);
    const [one, other] = [processOf(memory, clock), processOf(memory, clock)];
    expect(await other.recruiter.survey('job')).toEqual({});
    await one.recruiter.recruit('job');
    expect(await other.recruiter.survey('job')).toMatchObject({
      period: { dueAt: new Date(EVERY), lastPass: { slices: 1, done: 1 } },
    });
  });

  it('runs once a period in each process, without a coordinator, where that is its scope', async () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const recruiter = new Recruiter('test', { clock, load: false, idle: false, adaptive: false });
    const job = { recruited: () => (ran.push(clock.now()), { done: 1 }) };
    recruiter.install(job, 'job', { every: { ms: 1000, scope: 'process' } });
    recruiter.open();
    await pass(clock, 5000);
    expect(ran.length).toBeGreaterThanOrEqual(5);
    expect(ran.length).toBeLessThanOrEqual(6);
    expect(recruiter.jobs[0]!.period).toMatchObject({ scope: 'process', every: 1000 });
    await recruiter.close();
  });
});

describe('every, declared wrongly', () => {
  const problem = (options: JobOptions): string => {
    try {
      new Recruiter('test').install({ recruited: () => undefined }, 'job', options);
    } catch (error) {
      expect(error).toBeInstanceOf(WorkStealingConfigError);
      return (error as Error).message;
    }
    return '';
  };

  it.each([0, -1, 99, NaN, Infinity, 2 ** 46, '5' as never, null as never])('refuses %p', (every) => {
    expect(problem({ every })).toMatch(/every is .+; expected milliseconds from 100 to 2\^45/);
    expect(problem({ every: { ms: every } })).toMatch(/every\.ms is .+; expected milliseconds from 100/);
  });

  it('refuses an unknown scope, a lease, a pace and a rate of 0 beside it, all at once', () => {
    expect(problem({ every: { ms: 1000, scope: 'world' as never } })).toMatch(/every\.scope is 'world'/);
    const all = problem({ every: 1000, rate: 0, lease: { ttl: 5 }, pace: { perSecond: 1 } });
    expect(all).toMatch(/lease is set beside every.*pace is set beside every.*rate is 0 beside every/s);
  });

  it('refuses to open without a coordinator, and names the remedy', () => {
    const recruiter = new Recruiter('test');
    recruiter.install({ recruited: () => undefined }, 'purge', { every: 1000 });
    expect(() => recruiter.open()).toThrow(
      /job 'purge' has `every`.*WorkStealingRedisModule.*scope: 'process'/,
    );
  });

  it('refuses a rate of 0 that is set later', () => {
    const recruiter = new Recruiter('test');
    recruiter.install({ recruited: () => undefined }, 'purge', { every: 1000 });
    expect(() => recruiter.setRate('purge', 0)).toThrow(/rate is 0.*pause the job/);
    recruiter.setRate('purge', 0.5);
    expect(recruiter.jobs[0]).toMatchObject({ rate: 0.5, isDefaultRate: false });
  });
});

function bound(period: PeriodCoordinator): PeriodCoordinator {
  return {
    claim: (...args) => period.claim(...args),
    report: (...args) => period.report(...args),
    renew: (...args) => period.renew(...args),
    inspect: (job) => period.inspect!(job),
  };
}
