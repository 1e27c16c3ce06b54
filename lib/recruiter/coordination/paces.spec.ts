import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Duty,
  Recruiter,
  type PaceCoordinator,
  type RecruiterError,
  type RecruiterOptions,
} from 'nestjs-work-stealing';
import { deterministic, ManualClock } from 'nestjs-work-stealing/testing';
import { nodeLikeClock } from '../../../test/support/node-like-clock.js';
import { problemOf } from '../../options/option.js';
import { problemsOf } from '../../options/option-table.js';
import { JOB_OPTIONS, PER_SECOND } from '../job-options.js';

const open: Recruiter[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((recruiter) => recruiter.close()));
});

function paced(pace: PaceCoordinator, perSecond = 2, options: RecruiterOptions = {}) {
  const clock = new ManualClock();
  const recruiter = new Recruiter('test', deterministic({ clock, shutdownGrace: 0, budget: 20, ...options }));
  const errors: RecruiterError[] = [];
  let slices = 0;
  recruiter.on('error', (error) => errors.push(error));
  recruiter.install({ recruited: () => void slices++ }, 'job', { rate: 1, pace: { perSecond } });
  const undo = recruiter.useCoordinator({ pace });
  recruiter.open();
  return { recruiter, clock, errors, slices: () => slices, undo };
}

/** The same with a job that always has more to do, and an agenda. */
function working(take: PaceCoordinator['take'], options: RecruiterOptions = {}) {
  const clock = new ManualClock();
  const recruiter = new Recruiter('test', { load: false, dutyCycle: 1, clock, shutdownGrace: 0, ...options });
  open.push(recruiter);
  const told: unknown[] = [];
  recruiter.install({ recruited: () => ({ done: 1, more: true }) }, 'job', {
    rate: 1,
    pace: { perSecond: 2 },
  });
  recruiter.useCoordinator({ pace: { take } });
  recruiter.open();
  recruiter.on('rate', (rate) => told.push(rate));
  return { recruiter, clock, told };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('A job with a pace', () => {
  it('runs when its coordinator says so', async () => {
    const asked: unknown[] = [];
    const { recruiter, slices } = paced({
      take: (...args) => {
        asked.push(args);
        return Promise.resolve(0);
      },
    });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(asked).toEqual([[{ recruiter: 'test', jobId: 'job' }, 2, 20]]);
    expect(slices()).toBe(1);
  });

  it('is gated when refused, and its coordinator is not asked again before the time that it named', async () => {
    let asked = 0;
    const { recruiter, clock } = paced({ take: () => Promise.resolve(asked++ === 0 ? 500 : 0) });
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    clock.advance(499);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(asked).toBe(1);
    clock.advance(1);
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(recruiter.jobs[0]?.gatedBy).toEqual({ 'pace-spent': 2 });
    expect(recruiter.inFlight).toBe(0);
  });

  it('says nothing about work when refused: rate, known work and the time of its next run stay', async () => {
    let wait = 0;
    const { recruiter, clock, told } = working(async () => wait);
    await recruiter.recruit('job');
    expect(recruiter.jobs[0]).toMatchObject({ more: true, effectiveRate: 1 });
    wait = 700;
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'gated', reason: 'pace-spent' });
    expect(recruiter.jobs[0]).toMatchObject({
      more: true,
      effectiveRate: 1,
      lastWorkAt: new Date(0),
      failuresInARow: 0,
      nextLookAt: new Date(700),
    });
    expect(told).toEqual([]);
    wait = 0;
    clock.advance(700);
    await turn();
    expect(recruiter.jobs[0]!.counts).toMatchObject({ full: 2, gated: 1 });
  });

  it('asks no sooner than the pace allows once it was granted', async () => {
    let asked = 0;
    const { recruiter, clock } = working(async () => (asked++, 0));
    await recruiter.recruit('job');
    expect(recruiter.jobs[0]!.nextLookAt).toEqual(new Date(500));
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(recruiter.jobs[0]!.gatedBy).toEqual({ 'pace-spent': 1 });
    clock.advance(499);
    await turn();
    expect(asked).toBe(1);
    clock.advance(1);
    await turn();
    expect(asked).toBe(2);
  });

  it('works off an endless backlog at its pace, with timers as Node has them', async () => {
    const clock = nodeLikeClock(5);
    let next = 0;
    const take = async () => {
      const now = clock.now();
      if (now < next) return next - now;
      next = Math.max(now, next) + 500;
      return 0;
    };
    const { recruiter } = working(take, { clock, dutyCycle: 0.05 });
    await recruiter.recruit('job');
    for (let ms = 0; ms < 60_000; ms += 5) {
      clock.advance(5);
      await turn();
    }
    const { full, gated } = recruiter.jobs[0]!.counts;
    expect(full).toBeGreaterThan(110);
    expect(full).toBeLessThanOrEqual(121);
    expect(gated).toBeLessThan(full);
  }, 60_000);

  it.each<{ what: string; reason: string; tell: (recruiter: Recruiter, undo: () => void) => void }>([
    { what: 'paused', reason: 'paused', tell: (recruiter) => recruiter.pause('other') },
    { what: 'paused with all others', reason: 'paused', tell: (recruiter) => recruiter.pause() },
    { what: 'removed', reason: 'removed', tell: (_, undo) => undo() },
  ])('does not run where it was $what while its pace is asked for, and frees its place', async (told) => {
    for (const wait of [0, 1000]) {
      let answer = (_wait: number) => {};
      const { recruiter } = paced({ take: () => new Promise((resolve) => (answer = resolve)) });
      recruiter.setRate('job', 0.5);
      let ran = 0;
      const job = { recruited: () => void ran++ };
      const undo = recruiter.install(job, 'other', { rate: 0.5, pace: { perSecond: 1 } });
      const report = recruiter.recruit('other');
      told.tell(recruiter, undo);
      answer(wait);
      expect(await report).toMatchObject({ outcome: 'gated', reason: told.reason });
      expect([ran, recruiter.inFlight]).toEqual([0, 0]);
    }
  });

  it('does not run where its rate was set to 0 while its pace is asked for', async () => {
    let answer = (_wait: number) => {};
    const { recruiter, slices } = paced({ take: () => new Promise((resolve) => (answer = resolve)) });
    const enlisted = recruiter.enlist();
    recruiter.setRate('job', 0);
    answer(0);
    expect(await enlisted).toBe(Duty.DISMISSED);
    expect([slices(), recruiter.inFlight]).toEqual([0, 0]);
    expect(recruiter.jobs[0]!.gatedBy).toEqual({ paused: 1 });
  });

  it.each<[string, () => Promise<number>, RegExp]>([
    ['fails', () => Promise.reject(new Error('Redis is away')), /Redis is away/],
    ['answers nonsense', () => Promise.resolve(NaN), /take\(\) returned NaN/],
    [
      'throws',
      () => {
        throw new Error('thrown');
      },
      /thrown/,
    ],
  ])('runs as if it had none when the coordinator %s, and says so', async (_what, take, message) => {
    const { recruiter, errors, slices } = paced({ take });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(slices()).toBe(1);
    expect(errors.map(({ where, error }) => [where, error.message])).toEqual([
      ['asking for the pace of "job"', expect.stringMatching(message)],
    ]);
  });

  it('does not wait for an answer longer than a slice may take', async () => {
    const { recruiter, clock, errors } = paced({ take: () => new Promise(() => {}) });
    const duty = recruiter.enlist();
    clock.advance(20);
    expect(await duty).toBe(Duty.RECRUITED);
    expect(errors[0]?.error.message).toBe('no answer within 20 ms');
  });

  it('leaves a coordinator alone that failed twice, twice as long each time, for eight seconds at most', async () => {
    let asked = 0;
    const { recruiter, clock, slices } = paced({ take: () => Promise.reject(new Error(`${++asked}`)) }, 1e6);
    await recruiter.enlist();
    clock.advance(1);
    await recruiter.enlist();
    expect(asked).toBe(2);
    for (const rest of [250, 500, 1000, 2000, 4000, 8000, 8000]) {
      const before = asked;
      clock.advance(rest - 1);
      await recruiter.enlist();
      expect(asked).toBe(before);
      clock.advance(1);
      await recruiter.enlist();
      expect(asked).toBe(before + 1);
    }
    expect(slices()).toBe(16);
  });

  it('asks a coordinator that answers again as if it had never failed', async () => {
    let asked = 0;
    const fails = new Set([1, 2, 4]);
    const take = () => (fails.has(++asked) ? Promise.reject(new Error('away')) : Promise.resolve(0));
    const { recruiter, clock } = paced({ take }, 1e6);
    await recruiter.enlist();
    clock.advance(1);
    await recruiter.enlist();
    clock.advance(250);
    for (const count of [3, 4, 5]) {
      await recruiter.enlist();
      expect(asked).toBe(count);
      clock.advance(1);
    }
  });

  it('asks a new coordinator at once', async () => {
    const { recruiter, clock, undo } = paced({ take: () => Promise.reject(new Error('away')) });
    await recruiter.enlist();
    clock.advance(500);
    await recruiter.enlist();
    clock.advance(500);
    let asked = 0;
    undo();
    recruiter.useCoordinator({ pace: { take: () => Promise.resolve(asked++) } });
    await recruiter.enlist();
    expect(asked).toBe(1);
  });

  it('does not run when the application closes while its pace is asked for', async () => {
    let answer = (_wait: number) => {};
    const { recruiter, slices } = paced({ take: () => new Promise((resolve) => (answer = resolve)) });
    const report = recruiter.recruit('job');
    await Promise.resolve();
    const closed = recruiter.close();
    answer(0);
    await closed;
    expect(await report).toMatchObject({ outcome: 'gated', reason: 'closing' });
    expect(slices()).toBe(0);
  });

  it('is refused where nothing coordinates paces, or the pace is wrong', () => {
    const recruiter = new Recruiter('test', deterministic());
    const job = { recruited: () => undefined };
    recruiter.install(job, 'a', { rate: 0.1, pace: { perSecond: 5 } });
    expect(() => recruiter.open()).toThrow(/job 'a' has a pace, which nothing coordinates/);
    for (const perSecond of [0, -1, NaN, Infinity, 1e-12, '5' as unknown as number]) {
      expect(() => recruiter.install(job, 'b', { rate: 0.1, pace: { perSecond } })).toThrow(
        /pace\.perSecond is/,
      );
    }
    expect(() =>
      recruiter.install(job, 'b', { rate: 0.1, pace: 5 as unknown as { perSecond: number } }),
    ).toThrow(/pace is 5; expected { perSecond }/);
  });
});

describe('The options of a pace', () => {
  it('take any number of slices a second that are at most 2^45 ms apart', () => {
    const longest = 1000 / 2 ** 45;
    for (const perSecond of [longest, 1e-9, 1 / 86_400, 0.0009, 1, 10_001, 1e6, Number.MAX_VALUE]) {
      expect(problemOf('pace.perSecond', perSecond, PER_SECOND)).toBeUndefined();
    }
    for (const perSecond of [0, -1, longest * 0.999, Number.MIN_VALUE, NaN, Infinity, '1', null, undefined]) {
      expect(problemOf('pace.perSecond', perSecond, PER_SECOND)).toMatch(
        /^pace\.perSecond is .+; expected slices a second above 0, at most 2\^45 ms apart$/,
      );
    }
  });

  it('are an object that holds nothing else', () => {
    for (const pace of [5, null, 'x']) {
      const problems = problemsOf(JOB_OPTIONS, { rate: 0.1, pace: pace as never });
      expect(problems).toEqual([expect.stringMatching(/^pace is .+; expected \{ perSecond \}$/)]);
    }
    expect(problemsOf(JOB_OPTIONS, { rate: 0.1, pace: { perSecond: 1, burst: 2 } as never })).toEqual([
      "unknown option of pace: 'burst'; known are perSecond",
    ]);
    expect(problemsOf(JOB_OPTIONS, { rate: 0.1, lease: { ttl: 1, wait: 2 } as never })).toEqual([
      "unknown option of lease: 'wait'; known are ttl",
    ]);
  });
});
