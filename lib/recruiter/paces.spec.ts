import { afterEach, describe, expect, it } from '@jest/globals';
import { Duty, Recruiter, type PaceKeeper, type RecruiterError } from 'nestjs-work-stealing';
import { deterministic, ManualClock } from 'nestjs-work-stealing/testing';
import { jobOptionProblems } from './job-options.js';
import { paceProblem } from './pace.js';

const open: Recruiter[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((recruiter) => recruiter.close()));
});

function paced(keeper: PaceKeeper, clock = new ManualClock()) {
  const recruiter = new Recruiter('test', deterministic({ clock, shutdownGrace: 0, budget: 20 }));
  const errors: RecruiterError[] = [];
  let slices = 0;
  recruiter.on('error', (error) => errors.push(error));
  recruiter.install({ recruited: () => void slices++ }, 'job', { rate: 1, pace: { perSecond: 2 } });
  recruiter.usePaces(keeper);
  recruiter.open();
  return { recruiter, clock, errors, slices: () => slices };
}

describe('A job with a pace', () => {
  it('runs when its keeper says so', async () => {
    const asked: unknown[] = [];
    const { recruiter, slices } = paced({
      take: (...args) => {
        asked.push(args);
        return Promise.resolve(0);
      },
    });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(asked).toEqual([['job', 2, 20]]);
    expect(slices()).toBe(1);
  });

  it('is gated when refused, and its keeper is not asked again before the time that it named', async () => {
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
  ])('runs as if it had none when the keeper %s, and says so', async (_what, take, message) => {
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

  it('leaves a keeper alone that failed twice, twice as long each time, for eight seconds at most', async () => {
    let asked = 0;
    const { recruiter, clock, slices } = paced({ take: () => Promise.reject(new Error(`${++asked}`)) });
    await recruiter.enlist();
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

  it('asks a keeper that answers again as if it had never failed', async () => {
    let asked = 0;
    const fails = new Set([1, 2, 4]);
    const take = () => (fails.has(++asked) ? Promise.reject(new Error('away')) : Promise.resolve(0));
    const { recruiter, clock } = paced({ take });
    await recruiter.enlist();
    await recruiter.enlist();
    clock.advance(250);
    for (const count of [3, 4, 5]) {
      await recruiter.enlist();
      expect(asked).toBe(count);
    }
  });

  it('asks a new keeper at once', async () => {
    const { recruiter } = paced({ take: () => Promise.reject(new Error('away')) });
    await recruiter.enlist();
    await recruiter.enlist();
    let asked = 0;
    recruiter.usePaces({ take: () => Promise.resolve(asked++) });
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

  it('is refused where nobody keeps paces, or the pace is wrong', () => {
    const recruiter = new Recruiter('test', deterministic());
    const job = { recruited: () => undefined };
    recruiter.install(job, 'a', { rate: 0.1, pace: { perSecond: 5 } });
    expect(() => recruiter.open()).toThrow(/job 'a' has a pace, which nobody keeps/);
    for (const perSecond of [0, -1, NaN, Infinity, 1e6, '5' as unknown as number]) {
      expect(() => recruiter.install(job, 'b', { rate: 0.1, pace: { perSecond } })).toThrow(
        /pace\.perSecond is/,
      );
    }
    expect(() =>
      recruiter.install(job, 'b', { rate: 0.1, pace: 5 as unknown as { perSecond: number } }),
    ).toThrow(/pace is 5; expected { perSecond }/);
    expect(() => recruiter.usePaces({} as PaceKeeper)).toThrow(/usePaces\(\): the keeper is {}/);
  });
});

describe('A keeper of paces', () => {
  it('is taken away by its own undo, and by no other', async () => {
    const asked: string[] = [];
    const keeper = (name: string): PaceKeeper => ({
      take: async () => {
        asked.push(name);
        return 0;
      },
    });
    const { recruiter, slices } = paced(keeper('first'));
    const undoSecond = recruiter.usePaces(keeper('second'));
    const undoThird = recruiter.usePaces(keeper('third'));
    undoSecond();
    await recruiter.enlist();
    expect(asked).toEqual(['third']);
    undoThird();
    await recruiter.enlist();
    expect(asked).toEqual(['third']);
    expect(slices()).toBe(2);
  });

  it.each([null, undefined, {}, { take: 5 }])('is refused when it is %p', (keeper) => {
    expect(() => new Recruiter().usePaces(keeper as never)).toThrow(
      /^usePaces\(\): the keeper is .+; expected an object with a method take/,
    );
  });
});

describe('The options of a pace', () => {
  it('take from 0.001 to 10,000 slices a second', () => {
    expect([0.001, 1, 10_000].map((perSecond) => paceProblem({ perSecond }))).toEqual(
      Array(3).fill(undefined),
    );
    for (const perSecond of [0.0009, 10_001, NaN, '1', null]) {
      expect(paceProblem({ perSecond })).toMatch(
        /^pace\.perSecond is .+; expected slices a second from 0\.001/,
      );
    }
  });

  it('are an object that holds nothing else', () => {
    for (const pace of [5, null, 'x']) {
      const problems = jobOptionProblems({ rate: 0.1, pace: pace as never });
      expect(problems).toEqual([expect.stringMatching(/^pace is .+; expected \{ perSecond \}$/)]);
    }
    expect(jobOptionProblems({ rate: 0.1, pace: { perSecond: 1, burst: 2 } as never })).toEqual([
      "unknown option of pace: 'burst'; known are perSecond",
    ]);
    expect(jobOptionProblems({ rate: 0.1, lease: { ttl: 1, wait: 2 } as never })).toEqual([
      "unknown option of lease: 'wait'; known are ttl",
    ]);
  });
});
