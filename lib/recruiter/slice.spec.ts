import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { Duty, type Job, type Slice } from './job.js';
import type { RecruiterOptions } from './options.js';
import { Recruiter } from './recruiter.js';
import type { RecruiterError, RecruiterEvents } from './events.js';

// Jest fails a test during which a rejection stays unhandled, so each test here also shows that none does.

/** The event loop turns once: what was queued by setImmediate has run, and all promises with it. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A recruiter that draws its one job at every enlistment, at a time that stands still. */
function recruiting(recruited: (slice: Slice) => unknown, options: RecruiterOptions = {}) {
  const clock = new ManualClock(1000);
  const recruiter = new Recruiter('test', {
    adaptive: false,
    load: false,
    idle: false,
    dutyCycle: 1,
    clock,
    ...options,
  });
  recruiter.install({ recruited } as Job, 'job', 1);
  recruiter.open();
  const errors: RecruiterError[] = [];
  const slices: RecruiterEvents['slice'][] = [];
  recruiter.on('error', (error) => errors.push(error));
  recruiter.on('slice', (slice) => slices.push(slice));
  return { clock, recruiter, errors, slices, snapshot: () => recruiter.jobs[0]! };
}

/** Promises that a test settles by hand: one for each slice. */
function byHand() {
  const slices: { slice: Slice; resolve: (value?: unknown) => void; reject: (error: unknown) => void }[] = [];
  const recruited = (slice: Slice) =>
    new Promise<unknown>((resolve, reject) => slices.push({ slice, resolve, reject }));
  return { recruited, slices };
}

describe('Slice whose job says what it did', () => {
  it.each([
    { returned: Duty.RECRUITED, outcome: 'full', duty: Duty.RECRUITED },
    { returned: undefined, outcome: 'full', duty: Duty.RECRUITED },
    { returned: Duty.DISMISSED, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 0, limit: 5 }, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 0, limit: 0 }, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 3, limit: 5 }, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: { done: 0.5, limit: 1 }, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: { done: 5, limit: 5 }, outcome: 'full', duty: Duty.RECRUITED },
    { returned: { done: 7, limit: 5 }, outcome: 'full', duty: Duty.RECRUITED },
  ] as const)('takes $returned for $outcome', async ({ returned, outcome, duty }) => {
    for (const recruited of [() => returned, () => Promise.resolve(returned), async () => returned]) {
      const { recruiter, slices, errors, snapshot } = recruiting(recruited);
      expect(await recruiter.enlist()).toBe(duty);
      expect(snapshot().counts[outcome]).toBe(1);
      expect(slices).toEqual([
        {
          jobId: 'job',
          startedAt: 1000,
          duration: 0,
          outcome,
          ...(typeof returned === 'object' && returned),
        },
      ]);
      expect(errors).toEqual([]);
    }
  });

  it('adds up the items of slices that count them', async () => {
    const { recruiter, snapshot } = recruiting(() => ({ done: 3, limit: 5 }));
    await recruiter.enlist();
    await recruiter.enlist();
    expect(snapshot().items).toBe(6);
  });
});

describe('Slice whose job returns nonsense', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const hostile = new Proxy(
    {},
    {
      get: (_, key) => {
        if (key === 'then') return undefined;
        throw new Error('hands off');
      },
    },
  );
  const getter = {
    get done() {
      throw new Error('no count today');
    },
    limit: 5,
  };

  it.each<[string, unknown]>([
    ['null', null],
    ['true', true],
    ['a text', 'x'],
    ['an empty text', ''],
    ['NaN', NaN],
    ['-1', -1],
    ['2', 2],
    ['Infinity', Infinity],
    ['a bigint', 1n],
    ['a symbol', Symbol('duty')],
    ['a function', () => Duty.RECRUITED],
    ['a function that counts', Object.assign(() => 0, { done: 1, limit: 2 })],
    ['an array', [1, 2]],
    ['an empty object', {}],
    ['half a Progress', { done: 1 }],
    ['the other half', { limit: 1 }],
    ['a negative count', { done: -1, limit: 5 }],
    ['a negative limit', { done: 1, limit: -5 }],
    ['a count of NaN', { done: NaN, limit: 5 }],
    ['an infinite limit', { done: 1, limit: Infinity }],
    ['an infinite count', { done: Infinity, limit: 1 }],
    ['a count that is a text', { done: '1', limit: 5 }],
    ['a getter that throws', getter],
    ['a hostile Proxy', hostile],
    ['a revoked Proxy', revoked.proxy],
    ['an object without a prototype', Object.create(null)],
  ])('fails for %s', async (_, returned) => {
    const { recruiter, errors, snapshot } = recruiting(() => returned);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(snapshot().counts.failed).toBe(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]!.cause).toBeInstanceOf(Error);
    expect(errors[0]!.error.message).toMatch(
      /^recruited\(\) returned .+; expected|no count today|hands off|revoked/,
    );
    expect(recruiter.inFlight).toBe(0);
  });

  it('quotes the value and says what is expected', async () => {
    const { recruiter, snapshot } = recruiting(() => ({ done: -1, limit: 5 }));
    await recruiter.enlist();
    expect(snapshot().lastError!.message).toBe(
      'recruited() returned { done: -1, limit: 5 }; expected Duty.RECRUITED, Duty.DISMISSED, ' +
        '{ done, limit } with finite numbers of 0 or more, or nothing',
    );
  });
});

describe('Slice whose job fails', () => {
  const boom = new Error('boom');

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw boom;
      },
    ],
    ['rejects', () => Promise.reject(boom)],
    [
      'throws later',
      async () => {
        await turn();
        throw boom;
      },
    ],
  ])('dismisses, and keeps the error, when it %s', async (_, recruited) => {
    const { recruiter, errors, slices, snapshot } = recruiting(recruited);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    const { counts, lastError } = snapshot();
    expect(counts.failed).toBe(1);
    expect(lastError).toEqual({
      at: new Date(1000),
      reason: 'error',
      message: 'boom',
      stack: boom.stack,
      duration: 0,
    });
    expect(slices).toEqual([
      { jobId: 'job', startedAt: 1000, duration: 0, outcome: 'failed', reason: 'error', error: boom },
    ]);
    expect(errors).toEqual([
      { recruiter: 'test', jobId: 'job', where: 'a slice', error: lastError, cause: boom },
    ]);
  });

  const hostileError = new Proxy(new Error('hidden'), {
    getPrototypeOf() {
      throw new Error('no prototype for you');
    },
  });
  it.each<[string, unknown, string]>([
    ['null', null, 'threw null'],
    ['undefined', undefined, 'threw undefined'],
    ['a text', 'out of luck', 'out of luck'],
    ['an object', { code: 7 }, 'threw { code: 7 }'],
    ['a symbol', Symbol('s'), 'threw Symbol(s)'],
    ['an error without a message', Object.assign(new RangeError('unseen'), { message: '' }), 'RangeError'],
    ['an error that cannot be looked at', hostileError, 'threw Error: hidden'],
    [
      'an error whose texts are none',
      Object.assign(new Error('unseen'), { message: 5, name: null }),
      'Error: 5',
    ],
  ])('says what was thrown when it is %s', async (_, thrown, message) => {
    for (const recruited of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      const { recruiter, errors, snapshot } = recruiting(recruited);
      expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
      expect(snapshot().lastError!.message).toContain(message);
      expect(errors[0]!.cause).toBe(thrown);
    }
  });

  it('does no harm when `recruited` itself has become unreadable', async () => {
    const { recruiter, snapshot } = recruiting(() => undefined);
    let reads = 0;
    const job = {
      get recruited(): () => void {
        if (reads++ === 0) return () => {};
        throw new Error('gone');
      },
    };
    recruiter.install(job, 'shy', 0);
    expect(await recruiter.recruit('shy')).toMatchObject({ outcome: 'failed', reason: 'error' });
    expect(snapshot().counts.failed).toBe(0);
  });

  it('calls the job as its method', async () => {
    const job = {
      name: 'films',
      seen: '',
      recruited() {
        this.seen = this.name;
      },
    };
    const { recruiter } = recruiting(() => undefined);
    recruiter.install(job, 'method', 0);
    await recruiter.recruit('method');
    expect(job.seen).toBe('films');
  });
});

describe('Slice whose job returns a hostile thenable', () => {
  const thenable = (then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) =>
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    ({ then }) as PromiseLike<unknown>;

  it.each<[string, unknown, 'failed' | 'partial' | 'idle' | 'full']>([
    [
      'its then is a getter that throws',
      {
        // oxlint-disable-next-line unicorn/no-thenable -- what is tested
        get then() {
          throw new Error('not then');
        },
      },
      'failed',
    ],
    [
      'its then throws',
      thenable(() => {
        throw new Error('not now');
      }),
      'failed',
    ],
    [
      'it resolves twice and then rejects',
      thenable((resolve, reject) => {
        resolve({ done: 1, limit: 2 });
        resolve(Duty.DISMISSED);
        reject(new Error('late'));
      }),
      'partial',
    ],
    [
      'it resolves and then throws',
      thenable((resolve) => {
        resolve(Duty.DISMISSED);
        throw new Error('after all');
      }),
      'idle',
    ],
    [
      'it rejects and then resolves',
      thenable((resolve, reject) => {
        reject(null);
        resolve(Duty.RECRUITED);
      }),
      'failed',
    ],
    [
      'it resolves to a thenable',
      thenable((resolve) => resolve(thenable((inner) => inner(undefined)))),
      'full',
    ],
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    ['its then is no function', { then: 5, done: 1, limit: 2 }, 'partial'],
  ])('takes the first answer when %s', async (_, returned, outcome) => {
    const { recruiter, snapshot } = recruiting(() => returned);
    await recruiter.enlist();
    expect(snapshot().counts[outcome]).toBe(1);
    expect(recruiter.inFlight).toBe(0);
  });

  it('aborts it when it never calls back', async () => {
    const { recruiter, clock, snapshot } = recruiting(() => thenable(() => {}));
    const enlisted = recruiter.enlist();
    await turn();
    clock.advance(50);
    expect(await enlisted).toBe(Duty.DISMISSED);
    expect(snapshot().counts.aborted).toBe(1);
  });
});

describe('Slice that overruns its budget', () => {
  it('aborts the signal at the budget, not before', async () => {
    const job = byHand();
    const { recruiter, clock } = recruiting(job.recruited);
    const enlisted = recruiter.enlist();
    const { slice, resolve } = job.slices[0]!;
    clock.advance(49);
    expect(slice.signal.aborted).toBe(false);
    clock.advance(1);
    expect(slice.signal.aborted).toBe(true);
    expect(slice.signal.reason).toMatchObject({
      name: 'AbortError',
      message: 'The slice of "job" was cut short: budget',
    });
    resolve();
    await enlisted;
  });

  it("takes the job's own budget before the recruiter's", async () => {
    const job = byHand();
    const { recruiter, clock } = recruiting(job.recruited, { budget: 20, concurrency: 2 });
    recruiter.install({ recruited: job.recruited } as Job, 'own', { rate: 0, budget: 30 });
    const both = [recruiter.recruit('job'), recruiter.recruit('own')];
    clock.advance(20);
    expect(job.slices.map(({ slice }) => slice.signal.aborted)).toEqual([true, false]);
    clock.advance(10);
    expect(job.slices.map(({ slice }) => slice.signal.aborted)).toEqual([true, true]);
    await Promise.all(both);
    expect(recruiter.jobs.map((each) => each.lastError!.message)).toEqual([
      expect.stringContaining('budget of 20 ms spent'),
      expect.stringContaining('budget of 30 ms spent'),
    ]);
  });

  it('keeps the progress of a job that cooperates with its signal', async () => {
    const cooperative = ({ signal }: Slice) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ done: 3, limit: 10 })));
    const { recruiter, clock, slices, snapshot } = recruiting(cooperative);
    const enlisted = recruiter.enlist();
    clock.advance(50);
    expect(await enlisted).toBe(Duty.DISMISSED);
    expect(slices).toEqual([
      {
        jobId: 'job',
        startedAt: 1000,
        duration: 50,
        outcome: 'aborted',
        reason: 'budget',
        settled: true,
        done: 3,
        limit: 10,
      },
    ]);
    expect(snapshot()).toMatchObject({ items: 3, counts: { aborted: 1 }, lastError: { reason: 'budget' } });
    expect(snapshot().lastError!.message).toBe('budget of 50 ms spent');
    expect(recruiter.inFlight).toBe(0);
  });

  it('keeps what a job threw because of its signal', async () => {
    const throwing = ({ signal }: Slice) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const { recruiter, clock, slices, snapshot } = recruiting(throwing);
    const enlisted = recruiter.enlist();
    clock.advance(50);
    await enlisted;
    expect(slices[0]).toMatchObject({ outcome: 'aborted', settled: true, error: { name: 'AbortError' } });
    expect(snapshot().errors).toMatchObject([
      { reason: 'budget', message: expect.stringContaining('cut short') },
    ]);
  });

  it('counts a slice as aborted that blocked the event loop past its budget', async () => {
    const clock = new ManualClock();
    let signal: AbortSignal | undefined;
    const blocking = (slice: Slice) => {
      signal = slice.signal;
      clock.jump(51);
      return { done: 9, limit: 9 };
    };
    const { recruiter, slices } = recruiting(blocking, { clock });
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(slices).toMatchObject([
      { outcome: 'aborted', reason: 'budget', settled: true, duration: 51, done: 9 },
    ]);
    expect(signal!.aborted).toBe(true);
    expect(recruiter.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('lets a slice use its budget to the last', async () => {
    const clock = new ManualClock();
    const { recruiter, slices } = recruiting(() => clock.jump(50), { clock });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(slices).toMatchObject([{ outcome: 'full', duration: 50 }]);
  });

  it('counts a slice as aborted that blocked and then failed, and keeps its error', async () => {
    const clock = new ManualClock();
    const { recruiter, slices, snapshot } = recruiting(
      () => {
        clock.jump(60);
        throw new Error('and then this');
      },
      { clock },
    );
    await recruiter.enlist();
    expect(slices).toMatchObject([
      { outcome: 'aborted', reason: 'budget', error: { message: 'and then this' } },
    ]);
    expect(snapshot().errors).toMatchObject([{ reason: 'budget', message: 'and then this', duration: 60 }]);
  });

  it('leaves no timer behind', async () => {
    const { recruiter, clock } = recruiting(() => Duty.RECRUITED);
    await recruiter.enlist();
    expect(clock.pending).toBe(0);
  });
});

describe('Slice whose job ignores its signal', () => {
  async function ignoring() {
    const job = byHand();
    const all = recruiting(job.recruited);
    const enlisted = all.recruiter.enlist();
    all.clock.advance(50);
    expect(await enlisted).toBe(Duty.DISMISSED);
    return { ...all, ...job.slices[0]!, job };
  }

  it('is over for the recruiter, named in an error', async () => {
    const { errors, slices, snapshot } = await ignoring();
    expect(slices).toEqual([
      {
        jobId: 'job',
        startedAt: 1000,
        duration: 50,
        outcome: 'aborted',
        reason: 'budget',
        settled: false,
      },
    ]);
    expect(errors).toMatchObject([{ jobId: 'job', error: { reason: 'budget', duration: 50 } }]);
    expect(snapshot().lastError!.message).toBe(
      'budget of 50 ms spent; the job ignores its signal and keeps its place in flight until it settles',
    );
  });

  it('keeps its place in flight until it settles, so that it cannot pile up', async () => {
    const { recruiter, job, resolve, snapshot } = await ignoring();
    for (let i = 0; i < 5; i++) expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    expect(recruiter.inFlight).toBe(1);
    expect(job.slices).toHaveLength(1);
    expect(snapshot().counts).toMatchObject({ aborted: 1, gated: 5 });

    resolve({ done: 1, limit: 1 });
    await turn();
    expect(recruiter.inFlight).toBe(0);
    void recruiter.enlist();
    expect(job.slices).toHaveLength(2);
    expect(snapshot().counts.aborted).toBe(1);
  });

  it('keeps a rejection that comes after it as late', async () => {
    const { recruiter, errors, reject, snapshot } = await ignoring();
    reject(new Error('at long last'));
    await turn();
    expect(snapshot().errors).toMatchObject([
      { reason: 'budget' },
      { reason: 'late', message: 'at long last' },
    ]);
    expect(errors).toMatchObject([{}, { jobId: 'job', error: { reason: 'late' } }]);
    expect(snapshot().counts).toMatchObject({ aborted: 1, failed: 0 });
    expect(recruiter.inFlight).toBe(0);
  });

  it('keeps undefined, thrown late, as late too', async () => {
    const { reject, snapshot } = await ignoring();
    reject(undefined);
    await turn();
    expect(snapshot().errors).toMatchObject([
      { reason: 'budget' },
      { reason: 'late', message: 'threw undefined' },
    ]);
  });

  it('says nothing more when it succeeds after all', async () => {
    const { resolve, errors, slices } = await ignoring();
    resolve();
    await turn();
    expect(errors).toHaveLength(1);
    expect(slices).toHaveLength(1);
  });

  it('has the job settle in the turn of its abort to count as settled', async () => {
    const job = byHand();
    const { recruiter, clock, slices } = recruiting(job.recruited);
    const enlisted = recruiter.enlist();
    clock.advance(50);
    await Promise.resolve();
    job.slices[0]!.resolve({ done: 1, limit: 2 });
    await enlisted;
    expect(slices).toMatchObject([{ outcome: 'aborted', settled: true, done: 1 }]);
  });
});

describe('Slice as its job sees it', () => {
  it('names the job and tells how much of the budget is left, never less than 0', async () => {
    const clock = new ManualClock(1000);
    const remaining: number[] = [];
    let seen = '';
    const { recruiter } = recruiting(
      (slice) => {
        seen = slice.jobId;
        for (const ms of [0, 20, 30, 5]) {
          clock.jump(ms);
          remaining.push(slice.timeRemaining());
        }
      },
      { clock },
    );
    await recruiter.enlist();
    expect(seen).toBe('job');
    expect(remaining).toEqual([50, 30, 0, 0]);
  });

  it('has no time left once it is aborted', async () => {
    const job = byHand();
    const { recruiter, clock } = recruiting(job.recruited, { shutdownGrace: 0, budget: 1000 });
    const enlisted = recruiter.enlist();
    const { slice, resolve } = job.slices[0]!;
    expect(slice.timeRemaining()).toBe(1000);
    const closed = recruiter.close();
    clock.advance(0);
    await turn();
    expect(slice.signal.aborted).toBe(true);
    expect(slice.timeRemaining()).toBe(0);
    resolve();
    await Promise.all([enlisted, closed]);
  });
});

describe("Slice and its caller's AsyncLocalStorage", () => {
  const request = new AsyncLocalStorage<string>();

  function watching() {
    const seen: (string | undefined)[] = [];
    const all = recruiting(async () => {
      seen.push(request.getStore());
      await turn();
      seen.push(request.getStore());
    });
    return { ...all, seen };
  }

  it.each<[string, (recruiter: Recruiter) => unknown]>([
    ['enlist()', (recruiter) => recruiter.enlist()],
    ['enlistDetached()', (recruiter) => recruiter.enlistDetached()],
    ['recruit()', (recruiter) => recruiter.recruit('job')],
  ])('runs outside it after %s, and leaves the caller in it', async (_, begin) => {
    const { recruiter, seen, slices } = watching();
    await request.run('request 7', async () => {
      await begin(recruiter);
      expect(request.getStore()).toBe('request 7');
    });
    while (slices.length === 0) await turn();
    expect(seen).toEqual([undefined, undefined]);
  });
});

describe('Slice after enlistDetached()', () => {
  it('runs in a later turn, when the caller and its promises are done', async () => {
    const order: string[] = [];
    const { recruiter } = recruiting(() => void order.push('slice'));
    recruiter.enlistDetached();
    order.push('caller');
    await Promise.resolve();
    process.nextTick(() => order.push('tick'));
    await new Promise((resolve) => process.nextTick(resolve));
    order.push('promises');
    await turn();
    expect(order).toEqual(['caller', 'tick', 'promises', 'slice']);
  });

  it('holds its place in flight meanwhile', async () => {
    const { recruiter, snapshot } = recruiting(() => Duty.RECRUITED);
    recruiter.enlistDetached();
    recruiter.enlistDetached();
    expect(recruiter.inFlight).toBe(1);
    await turn();
    expect(snapshot().counts).toMatchObject({ full: 1, gated: 1 });
    expect(recruiter.inFlight).toBe(0);
  });

  it('tells nobody of a failure but the listeners', async () => {
    const { recruiter, errors } = recruiting(() => Promise.reject(new Error('boom')));
    expect(recruiter.enlistDetached()).toBeUndefined();
    await turn();
    expect(errors).toMatchObject([{ jobId: 'job', error: { message: 'boom' } }]);
  });
});
