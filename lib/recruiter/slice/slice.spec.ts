import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { Duty, type Job, type Slice } from '../job.js';
import type { RecruiterOptions } from '../options.js';
import { Recruiter } from '../recruiter.js';
import type { RecruiterError, RecruiterEvents } from '../events.js';

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
    { returned: Duty.RECRUITED, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: undefined, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: Duty.DISMISSED, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 0, limit: 5 }, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 0, limit: 0 }, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 3, limit: 5 }, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: { done: 0.5, limit: 1 }, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: { done: 5, limit: 5 }, outcome: 'full', duty: Duty.RECRUITED },
    { returned: { done: 7, limit: 5 }, outcome: 'full', duty: Duty.RECRUITED },
    { returned: { done: 3 }, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: { done: 0 }, outcome: 'idle', duty: Duty.DISMISSED },
    { returned: { done: 3, more: true }, outcome: 'full', duty: Duty.RECRUITED },
    { returned: { done: 0, more: true }, outcome: 'full', duty: Duty.RECRUITED },
    { returned: { done: 3, limit: 5, more: true }, outcome: 'full', duty: Duty.RECRUITED },
    { returned: { done: 5, limit: 5, more: false }, outcome: 'partial', duty: Duty.RECRUITED },
    { returned: { done: 0, limit: 5, more: false }, outcome: 'idle', duty: Duty.DISMISSED },
  ] as const)('takes $returned for $outcome', async ({ returned, outcome, duty }) => {
    for (const recruited of [() => returned, () => Promise.resolve(returned), async () => returned]) {
      const { recruiter, slices, errors, snapshot } = recruiting(recruited);
      expect(await recruiter.enlist()).toBe(duty);
      expect(snapshot().counts[outcome]).toBe(1);
      expect(slices).toEqual([
        {
          jobId: 'job',
          origin: 'enlistment',
          startedAt: 1000,
          duration: 0,
          overran: false,
          outcome,
          ...(typeof returned === 'object' && returned),
        },
      ]);
      expect(errors).toEqual([]);
    }
  });

  it('leaves out what it says nothing of', async () => {
    const { recruiter, slices } = recruiting(() => ({ done: 2, limit: undefined, more: undefined }));
    await recruiter.enlist();
    expect(Object.keys(slices[0]!)).toEqual(expect.arrayContaining(['outcome', 'done']));
    expect(slices[0]).not.toHaveProperty('limit');
    expect(slices[0]).not.toHaveProperty('more');
  });

  it('reads each part of it once', async () => {
    const read: string[] = [];
    const returned = new Proxy(
      { done: 1, limit: 2, more: true },
      {
        get: (target, key, receiver) => {
          read.push(String(key));
          return Reflect.get(target, key, receiver) as unknown;
        },
      },
    );
    const { recruiter } = recruiting(() => returned);
    await recruiter.enlist();
    expect(read.filter((key) => key !== 'then')).toEqual(['done', 'limit', 'more']);
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
    ['a limit alone', { limit: 1 }],
    ['more alone', { more: true }],
    ['more that is 1', { done: 1, more: 1 }],
    ['more that is a text', { done: 1, more: 'false' }],
    ['more that is null', { done: 1, more: null }],
    ['a limit that is null', { done: 1, limit: null }],
    ['a count above 2^53', { done: 2 ** 53, limit: 1 }],
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
    const { recruiter, snapshot } = recruiting(() => ({ done: 4, more: 1 }));
    await recruiter.enlist();
    expect(snapshot().lastError!.message).toBe(
      'recruited() returned { done: 4, more: 1 }; expected { done, limit?, more? } with finite numbers of 0 or ' +
        'more and a boolean, Duty.RECRUITED, Duty.DISMISSED, or nothing',
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
      {
        jobId: 'job',
        origin: 'enlistment',
        startedAt: 1000,
        duration: 0,
        overran: false,
        outcome: 'failed',
        reason: 'error',
        error: boom,
      },
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
      'partial',
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
    clock.advance(100);
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
    clock.advance(30);
    await Promise.all(both);
    expect(recruiter.jobs.map((each) => each.lastError!.message)).toEqual([
      expect.stringContaining('budget of 20 ms spent'),
      expect.stringContaining('budget of 30 ms spent'),
    ]);
  });

  it('counts what a job has done that ends with its signal, and says that it was late', async () => {
    const cooperative = ({ signal }: Slice) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ done: 3, limit: 10 })));
    const { recruiter, clock, slices, errors, snapshot } = recruiting(cooperative);
    const enlisted = recruiter.enlist();
    clock.advance(50.5);
    expect(await enlisted).toBe(Duty.RECRUITED);
    expect(slices).toEqual([
      {
        jobId: 'job',
        origin: 'enlistment',
        startedAt: 1000,
        duration: 50.5,
        overran: true,
        outcome: 'partial',
        done: 3,
        limit: 10,
      },
    ]);
    expect(snapshot()).toMatchObject({
      items: 3,
      overruns: 1,
      counts: { partial: 1, aborted: 0 },
      failuresInARow: 0,
    });
    expect(errors).toEqual([]);
    expect(recruiter.inFlight).toBe(0);
  });

  it.each([
    { after: 49, overran: false },
    { after: 50, overran: false },
    { after: 50.5, overran: true },
    { after: 99, overran: true },
  ])('takes a value after $after ms for what it says', async ({ after, overran }) => {
    const job = byHand();
    const { recruiter, clock, slices, errors, snapshot } = recruiting(job.recruited);
    const enlisted = recruiter.enlist();
    clock.advance(after);
    await turn();
    job.slices[0]!.resolve({ done: 8, limit: 8 });
    expect(await enlisted).toBe(Duty.RECRUITED);
    expect(slices).toMatchObject([{ outcome: 'full', done: 8, duration: after, overran }]);
    expect(snapshot()).toMatchObject({
      items: 8,
      overruns: overran ? 1 : 0,
      counts: { full: 1, aborted: 0 },
    });
    expect(errors).toEqual([]);
    expect(clock.pending).toBe(0);
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

  it.each([
    { when: 'before the abort', after: 49, report: { outcome: 'failed', reason: 'error', overran: false } },
    { when: 'after it', after: 60, report: { outcome: 'aborted', reason: 'budget', overran: true } },
  ])('takes what it throws $when for what it is', async ({ after, report }) => {
    const job = byHand();
    const { recruiter, clock, slices } = recruiting(job.recruited);
    const enlisted = recruiter.enlist();
    clock.advance(after);
    job.slices[0]!.reject(new Error('no'));
    await enlisted;
    expect(slices).toMatchObject([{ ...report, duration: after, error: { message: 'no' } }]);
  });

  it('counts what a slice did that blocked the event loop past its budget, and past twice its budget', async () => {
    for (const ms of [51, 5000]) {
      const clock = new ManualClock();
      const blocking = () => {
        clock.jump(ms);
        return { done: 9, limit: 9 };
      };
      const { recruiter, slices, errors } = recruiting(blocking, { clock });
      expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
      expect(slices).toMatchObject([{ outcome: 'full', duration: ms, overran: true, done: 9 }]);
      expect(errors).toEqual([]);
      expect(recruiter.inFlight).toBe(0);
      expect(clock.pending).toBe(0);
    }
  });

  it('lets a slice use its budget to the last', async () => {
    const clock = new ManualClock();
    const { recruiter, slices } = recruiting(() => clock.jump(50), { clock });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    expect(slices).toMatchObject([{ outcome: 'partial', duration: 50, overran: false }]);
  });

  it('counts a slice as failed that blocked and then threw before its signal could abort', async () => {
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
      { outcome: 'failed', reason: 'error', overran: true, error: { message: 'and then this' } },
    ]);
    expect(snapshot().errors).toMatchObject([{ reason: 'error', message: 'and then this', duration: 60 }]);
  });

  it('leaves no timer behind', async () => {
    const { recruiter, clock } = recruiting(() => Duty.RECRUITED);
    await recruiter.enlist();
    expect(clock.pending).toBe(0);
  });
});

describe('Slice whose job ignores its signal', () => {
  async function ignoring(options: RecruiterOptions = {}) {
    const job = byHand();
    const all = recruiting(job.recruited, options);
    const enlisted = all.recruiter.enlist();
    all.clock.advance(100);
    expect(await enlisted).toBe(Duty.DISMISSED);
    return { ...all, ...job.slices[0]!, job };
  }

  it('is over for the recruiter at twice its budget, not before', async () => {
    const job = byHand();
    const { recruiter, clock, slices } = recruiting(job.recruited);
    const enlisted = recruiter.enlist();
    clock.advance(99);
    await turn();
    expect(slices).toEqual([]);
    clock.advance(1);
    await enlisted;
    expect(slices).toMatchObject([{ outcome: 'aborted', settled: false, duration: 100 }]);
  });

  it('is over for the recruiter, named in an error', async () => {
    const { errors, slices, snapshot } = await ignoring();
    expect(slices).toEqual([
      {
        jobId: 'job',
        origin: 'enlistment',
        startedAt: 1000,
        duration: 100,
        overran: true,
        outcome: 'aborted',
        reason: 'budget',
        settled: false,
      },
    ]);
    expect(errors).toMatchObject([{ jobId: 'job', error: { reason: 'budget', duration: 100 } }]);
    expect(snapshot().lastError!.message).toBe(
      'budget of 50 ms spent; the job ignores its signal and keeps its concurrency slot until it settles',
    );
  });

  it('keeps its concurrency slot until it settles, so that it cannot pile up', async () => {
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

  it('counts its items when it succeeds after all, and says nothing more', async () => {
    const { clock, resolve, errors, slices, snapshot } = await ignoring();
    clock.advance(300);
    resolve({ done: 4, limit: 9 });
    await turn();
    expect(errors).toHaveLength(1);
    expect(slices).toHaveLength(1);
    expect(snapshot()).toMatchObject({
      items: 4,
      overruns: 1,
      counts: { aborted: 1, partial: 0 },
      lastWorkAt: new Date(1400),
    });
  });

  it.each([
    { returned: undefined, worked: true },
    { returned: Duty.DISMISSED, worked: false },
    { returned: { done: 0, more: true }, worked: false },
  ])('has worked late with $returned: $worked', async ({ returned, worked }) => {
    const { resolve, snapshot } = await ignoring();
    resolve(returned);
    await turn();
    expect(snapshot()).toMatchObject({ items: 0, lastWorkAt: worked ? new Date(1100) : undefined });
  });

  it.each([
    { returned: { done: 4, limit: 4 }, more: true },
    { returned: { done: 4, more: true }, more: true },
    { returned: { done: 4, limit: 9 }, more: false },
    { returned: undefined, more: false },
  ])('says late whether more is waiting: $returned', async ({ returned, more }) => {
    const { recruiter, resolve, snapshot } = await ignoring({ adaptive: true });
    expect(snapshot().more).toBe(false);
    resolve(returned);
    await turn();
    expect(snapshot()).toMatchObject({ more, counts: { aborted: 1, full: 0 } });
    expect(recruiter.inFlight).toBe(0);
  });

  it('is followed by the next slice as soon as the duty cycle allows when it says late that more is waiting', async () => {
    const { clock, resolve, job } = await ignoring({ adaptive: true, dutyCycle: 0.5 });
    clock.advance(200);
    resolve({ done: 4, more: true });
    await turn();
    // 100 ms until it was over, 300 in all: both rests are counted from the end.
    clock.advance(299);
    expect(job.slices).toHaveLength(1);
    clock.advance(2 * 300 * 1.25);
    expect(job.slices).toHaveLength(2);
    job.slices[1]!.resolve();
    await turn();
  });

  it('counts as settled in the turn of the event loop after its second budget', async () => {
    const job = byHand();
    const { recruiter, clock, slices } = recruiting(job.recruited);
    const enlisted = recruiter.enlist();
    clock.advance(100);
    await Promise.resolve();
    job.slices[0]!.resolve({ done: 1, limit: 2 });
    expect(await enlisted).toBe(Duty.RECRUITED);
    expect(slices).toMatchObject([{ outcome: 'partial', overran: true, done: 1 }]);
  });
});

describe('Slice in a process that stalls (on the real event loop)', () => {
  /** Answers whatever it is asked, from a thread of its own: its replies arrive while this one stands still. */
  const SERVER = `
    const { createServer } = require('node:net');
    const { parentPort, workerData } = require('node:worker_threads');
    const isWritten = new Int32Array(workerData);
    const written = () => {
      Atomics.store(isWritten, 0, 1);
      Atomics.notify(isWritten, 0);
    };
    const server = createServer((socket) =>
      socket.on('data', (asked) => setTimeout(() => socket.write(asked, written), 70)),
    );
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
  `;
  const isWritten = new Int32Array(new SharedArrayBuffer(4));
  let server: Worker;
  let socket: Socket;

  beforeAll(async () => {
    server = new Worker(SERVER, { eval: true, workerData: isWritten.buffer });
    const [port] = (await once(server, 'message')) as [number];
    socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
  });

  afterAll(async () => {
    socket?.destroy();
    await server?.terminate();
  });

  /** Keeps the event loop from turning, as a throttled container does, at least until the reply has been written. */
  function stall(): void {
    const end = performance.now() + 150;
    Atomics.wait(isWritten, 0, 0, 20_000);
    while (performance.now() < end);
  }

  it.each<{ when: string; stallDuring: (slice: Slice) => void }>([
    { when: 'from its start on', stallDuring: () => setImmediate(stall) },
    {
      when: 'as soon as its signal aborts',
      stallDuring: ({ signal }) => signal.addEventListener('abort', stall),
    },
  ])('counts where the reply arrived while the process stood still over both budgets, $when', async (at) => {
    const recruiter = new Recruiter('test', { budget: 50 });
    const errors: RecruiterError[] = [];
    recruiter.on('error', (error) => errors.push(error));
    const asking = async (slice: Slice) => {
      const reply = once(socket, 'data');
      Atomics.store(isWritten, 0, 0);
      socket.write('?');
      at.stallDuring(slice);
      await reply;
      return { done: 1, limit: 1 };
    };
    recruiter.install({ recruited: asking }, 'asking', 0.1);
    expect(await recruiter.recruit('asking')).toMatchObject({ outcome: 'full', done: 1, overran: true });
    expect(errors).toEqual([]);
    await recruiter.close();
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
    expect(snapshot().counts).toMatchObject({ partial: 1, gated: 1 });
    expect(recruiter.inFlight).toBe(0);
  });

  it('tells nobody of a failure but the listeners', async () => {
    const { recruiter, errors } = recruiting(() => Promise.reject(new Error('boom')));
    expect(recruiter.enlistDetached()).toBeUndefined();
    await turn();
    expect(errors).toMatchObject([{ jobId: 'job', error: { message: 'boom' } }]);
  });
});
