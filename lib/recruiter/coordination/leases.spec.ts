import { describe, expect, it } from '@jest/globals';
import { nodeLikeClock } from '../../../test/support/node-like-clock.js';
import { ManualClock } from '../../testing/manual-clock.js';
import type { JobRef, Lease, LeaseCoordinator } from './coordinator.js';
import { WorkStealingConfigError } from '../../options/errors.js';
import type { RecruiterError, RecruiterEvents } from '../events.js';
import { Duty, type Job, type Slice } from '../job.js';

import type { RecruiterOptions } from '../options.js';
import { Recruiter } from '../recruiter.js';

const TTL = 30;
const BUDGET = 50;

/** The event loop turns once: what was queued by setImmediate has run, and all promises with it. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Answers by hand, and counts what is released. */
class HandLeases implements LeaseCoordinator {
  readonly asked: {
    jobId: string;
    ttl: number;
    answer: (lease?: Lease) => void;
    fail: (e: Error) => void;
  }[] = [];
  released: number[] = [];

  acquire({ jobId }: JobRef, ttl: number): Promise<Lease | undefined> {
    return new Promise((answer, fail) => this.asked.push({ jobId, ttl, answer, fail }));
  }

  lease(fencingToken: number): Lease {
    return { fencingToken, release: async () => void this.released.push(fencingToken) };
  }
}

function fail(): never {
  throw new Error('must not run');
}

/** A recruiter whose job, drawn at every enlistment, has a lease; slices and leases are settled by hand. */
function recruiting({ ttl = TTL, ...options }: RecruiterOptions & { ttl?: number } = {}) {
  const clock = new ManualClock(1000);
  const leases = new HandLeases();
  const slices: { slice: Slice; end: (value?: unknown) => void; fail: (error: unknown) => void }[] = [];
  const recruited = (slice: Slice) => new Promise<unknown>((end, fail) => slices.push({ slice, end, fail }));
  const recruiter = new Recruiter('test', {
    adaptive: false,
    load: false,
    idle: false,
    dutyCycle: 1,
    budget: BUDGET,
    clock,
    ...options,
  });
  recruiter.useCoordinator({ lease: leases });
  recruiter.install({ recruited } as Job, 'job', { rate: 1, lease: { ttl } });
  recruiter.open();
  const errors: RecruiterError[] = [];
  recruiter.on('error', (error) => errors.push(error));
  return { clock, leases, recruiter, slices, errors, snapshot: () => recruiter.jobs[0]! };
}

describe('Recruiter with a job that has a lease', () => {
  it('asks once for each slice, hands over the fencing token, and releases when the job has settled', async () => {
    const { leases, recruiter, slices, clock } = recruiting();
    const report = recruiter.recruit('job');
    expect(leases.asked).toMatchObject([{ jobId: 'job', ttl: TTL }]);
    expect(recruiter.inFlight).toBe(1);
    leases.asked[0]!.answer(leases.lease(7));
    await turn();
    expect(slices[0]!.slice.fencingToken).toBe(7);
    expect(slices[0]!.slice.timeRemaining()).toBe(TTL);
    expect(leases.released).toEqual([]);
    slices[0]!.end({ done: 1, limit: 2 });
    expect(await report).toMatchObject({ outcome: 'partial', done: 1 });
    expect(leases.released).toEqual([7]);
    expect(recruiter.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is gated at once where another holds it, and has its place free again', async () => {
    const { leases, recruiter, slices, errors, snapshot } = recruiting();
    for (let time = 0; time < 3; time++) {
      const report = recruiter.recruit('job');
      leases.asked[time]!.answer(undefined);
      expect(await report).toMatchObject({ outcome: 'gated', reason: 'lease-held', duration: 0 });
      expect(recruiter.inFlight).toBe(0);
    }
    expect(slices).toHaveLength(0);
    expect(errors).toEqual([]);
    expect(snapshot().gatedBy).toEqual({ 'lease-held': 3 });
    expect(snapshot().counts).toMatchObject({ gated: 3, idle: 0, failed: 0 });
  });

  it('asks ever more seldom where another holds it, until a slice has run', async () => {
    const { leases, recruiter, slices, clock, snapshot } = recruiting({ random: { next: () => 0 } });
    for (const [time, rest] of [950, 1900, 3800].entries()) {
      const enlisted = recruiter.enlist();
      leases.asked[time]!.answer(undefined);
      expect(await enlisted).toBe(Duty.DISMISSED);
      clock.advance(rest - 1);
      expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
      expect(leases.asked).toHaveLength(time + 1);
      clock.advance(1);
    }
    expect(snapshot().gatedBy).toEqual({ 'lease-held': 6 });
    void recruiter.enlist();
    leases.asked[3]!.answer(leases.lease(1));
    await turn();
    slices[0]!.end({ done: 1 });
    await turn();
    const again = recruiter.enlist();
    leases.asked[4]!.answer(undefined);
    await again;
    clock.advance(950);
    void recruiter.enlist();
    expect(leases.asked).toHaveLength(6);
  });

  it('says nothing about work where another holds it: rate, known work and the time of its next run stay', async () => {
    const { leases, recruiter, clock, slices, snapshot } = recruiting({ adaptive: true, idle: {} });
    void recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    slices[0]!.end({ done: 5, more: true });
    await turn();
    const rates: RecruiterEvents['rate'][] = [];
    recruiter.on('rate', (rate) => rates.push(rate));
    const report = recruiter.recruit('job');
    leases.asked[1]!.answer(undefined);
    expect(await report).toMatchObject({ outcome: 'gated', reason: 'lease-held' });
    const { more, effectiveRate, lastWorkAt, failuresInARow, nextLookAt } = snapshot();
    expect({ more, effectiveRate, failuresInARow }).toEqual({
      more: true,
      effectiveRate: 1,
      failuresInARow: 0,
    });
    expect(lastWorkAt).toEqual(new Date(1000));
    expect(rates).toEqual([]);
    expect(nextLookAt!.getTime()).toBeGreaterThanOrEqual(1000 + 950);
    expect(nextLookAt!.getTime()).toBeLessThanOrEqual(1000 + 950 * 1.25);

    // A date has no fractions of a millisecond.
    clock.advance(nextLookAt!.getTime() + 1 - clock.now());
    await turn();
    expect(leases.asked).toHaveLength(3);
    leases.asked[2]!.answer(undefined);
    await turn();
    expect(snapshot()).toMatchObject({ gatedLooks: { 'lease-held': 1 }, gatedBy: { 'lease-held': 2 } });
    expect(snapshot().nextLookAt!.getTime()).toBeGreaterThan(clock.now());
  });

  it('asks at most twice a second at a duty cycle of 1, with timers as Node has them', async () => {
    const clock = nodeLikeClock(3);
    let asked = 0;
    const recruiter = new Recruiter('test', { clock, load: false, dutyCycle: 1 });
    recruiter.useCoordinator({ lease: { acquire: async () => void asked++ } });
    recruiter.install({ recruited: () => undefined }, 'job', { rate: 1, lease: { ttl: 1000 } });
    recruiter.open();
    for (let ms = 0; ms < 60_000; ms += 10) {
      await recruiter.enlist();
      clock.advance(10);
    }
    expect(asked).toBeGreaterThanOrEqual(6);
    expect(asked).toBeLessThanOrEqual(120);
    await recruiter.close();
  });

  it('fails with the reason where the coordinator fails', async () => {
    const { leases, recruiter, slices, errors, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    leases.asked[0]!.fail(new Error('READONLY'));
    expect(await report).toMatchObject({ outcome: 'failed', reason: 'error' });
    expect(slices).toHaveLength(0);
    expect(snapshot().lastError!.message).toBe('READONLY');
    expect(errors).toHaveLength(1);
    expect(recruiter.inFlight).toBe(0);
  });

  it('fails where the coordinator does not answer in time, and keeps the place until it does', async () => {
    const { leases, recruiter, slices, clock } = recruiting({ ttl: 1000 });
    const report = recruiter.recruit('job');
    clock.advance(BUDGET);
    expect(await report).toMatchObject({ outcome: 'failed', duration: BUDGET });
    expect(recruiter.inFlight).toBe(1);
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'gated', reason: 'busy' });
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    expect(leases.released).toEqual([1]);
    expect(slices).toHaveLength(0);
    expect(recruiter.inFlight).toBe(0);
  });

  it('does not begin with a lease that was over when it came', async () => {
    const { leases, recruiter, slices, clock, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    clock.advance(TTL);
    leases.asked[0]!.answer(leases.lease(1));
    expect(await report).toMatchObject({ outcome: 'failed' });
    expect(snapshot().lastError!.message).toContain('had expired when it was granted');
    expect(slices).toHaveLength(0);
    expect(leases.released).toEqual([1]);
  });

  it('leaves jobs without a lease alone', async () => {
    const { leases, recruiter } = recruiting();
    recruiter.setRate('job', 0);
    let token: boolean | undefined;
    recruiter.install({ recruited: (slice) => void (token = 'fencingToken' in slice) }, 'plain', 1);
    await recruiter.enlist();
    expect(token).toBe(false);
    expect(leases.asked).toHaveLength(0);
  });
});

describe('Slice whose lease expires in its midst', () => {
  it('is aborted with that reason, counted from before the lease was asked for', async () => {
    const { leases, recruiter, slices, clock, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    clock.advance(10);
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    const { slice, fail } = slices[0]!;
    expect(slice.timeRemaining()).toBe(TTL - 10);
    slice.signal.addEventListener('abort', () => fail(slice.signal.reason));
    clock.advance(TTL - 10);
    expect(await report).toMatchObject({ outcome: 'aborted', reason: 'lease', settled: true });
    expect(snapshot().lastError).toMatchObject({ reason: 'lease' });
    expect(leases.released).toEqual([1]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    { when: 'in time for its budget', ttl: 30, after: 30 },
    { when: 'later than its budget', ttl: 70, after: 70 },
  ])('is aborted with that reason though it returns a value, $when', async ({ ttl, after }) => {
    const { leases, recruiter, slices, clock, snapshot } = recruiting({ ttl });
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    clock.advance(after);
    slices[0]!.end({ done: 5, limit: 5 });
    expect(await report).toMatchObject({ outcome: 'aborted', reason: 'lease', settled: true, done: 5 });
    expect(snapshot()).toMatchObject({
      items: 5,
      counts: { aborted: 1, full: 0 },
      abortedBy: { lease: 1 },
      lastError: { reason: 'lease', message: 'its lease expired' },
    });
    expect(leases.released).toEqual([1]);
    expect(clock.pending).toBe(0);
  });

  it('is aborted with that reason where the process stood still and no timer could say so', async () => {
    const { leases, recruiter, slices, clock } = recruiting();
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    clock.jump(TTL);
    slices[0]!.end({ done: 5, limit: 5 });
    expect(await report).toMatchObject({ outcome: 'aborted', reason: 'lease', settled: true, done: 5 });
  });

  it('is over one turn later when the job ignores its signal', async () => {
    const { leases, recruiter, slices, clock, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    clock.advance(TTL);
    expect(await report).toMatchObject({
      outcome: 'aborted',
      reason: 'lease',
      settled: false,
      duration: TTL,
    });
    expect([recruiter.inFlight, leases.released]).toEqual([1, []]);
    slices[0]!.end({ done: 5, more: true });
    await turn();
    expect(snapshot()).toMatchObject({ items: 5, counts: { aborted: 1 } });
    expect([recruiter.inFlight, leases.released]).toEqual([0, [1]]);
    expect(clock.pending).toBe(0);
  });

  it('counts where its value comes before that, later than its budget', async () => {
    const { leases, recruiter, slices, clock } = recruiting({ ttl: 70 });
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    clock.advance(69);
    slices[0]!.end({ done: 5, limit: 5 });
    expect(await report).toMatchObject({ outcome: 'full', overran: true, done: 5 });
  });

  it('keeps its place and releases late when the job ignores its signal', async () => {
    const { leases, recruiter, slices, clock, errors } = recruiting({ ttl: 1000 });
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    clock.advance(2 * BUDGET);
    expect(await report).toMatchObject({ outcome: 'aborted', reason: 'budget', settled: false });
    expect(leases.released).toEqual([]);
    expect(recruiter.inFlight).toBe(1);
    slices[0]!.fail(new Error('too late'));
    await turn();
    expect(leases.released).toEqual([1]);
    expect(recruiter.inFlight).toBe(0);
    expect(errors.at(-1)).toMatchObject({ error: { reason: 'late', message: 'too late' } });
  });
});

describe('Recruiter that cannot release a lease', () => {
  it('reports it, and the slice counts as what it was', async () => {
    const { leases, recruiter, slices, errors } = recruiting();
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer({ fencingToken: 1, release: () => Promise.reject(new Error('gone')) });
    await turn();
    slices[0]!.end(Duty.RECRUITED);
    expect(await report).toMatchObject({ outcome: 'partial' });
    expect(errors).toMatchObject([{ where: 'releasing the lease of "job"', error: { message: 'gone' } }]);
  });

  it('waits no longer than a slice may take', async () => {
    const { leases, recruiter, slices, clock } = recruiting();
    const report = recruiter.recruit('job');
    leases.asked[0]!.answer({ fencingToken: 1, release: () => new Promise(() => {}) });
    await turn();
    slices[0]!.end(Duty.RECRUITED);
    await turn();
    clock.advance(BUDGET);
    expect(await report).toMatchObject({ outcome: 'partial', duration: 0 });
  });
});

describe('Recruiter that is told otherwise while a lease is asked for', () => {
  function asking() {
    const all = recruiting({ idle: {} });
    all.recruiter.setRate('job', 0.5);
    const undo = all.recruiter.install({ recruited: () => fail() }, 'other', {
      rate: 0.5,
      lease: { ttl: TTL },
    });
    return { ...all, undo };
  }

  it.each<{ what: string; reason: string; tell: (asked: ReturnType<typeof asking>) => void }>([
    { what: 'paused', reason: 'paused', tell: ({ recruiter }) => recruiter.pause('other') },
    { what: 'paused with all others', reason: 'paused', tell: ({ recruiter }) => recruiter.pause() },
    { what: 'removed', reason: 'removed', tell: ({ undo }) => undo() },
    {
      what: 'removed, and another has taken its id',
      reason: 'removed',
      tell: ({ recruiter, undo }) => {
        undo();
        recruiter.install({ recruited: () => fail() }, 'other', 0.1);
      },
    },
  ])(
    'does not begin a slice of a job that was $what, releases its lease and frees its place',
    async (told) => {
      const all = asking();
      const { leases, recruiter } = all;
      const report = recruiter.recruit('other');
      told.tell(all);
      leases.asked[0]!.answer(leases.lease(1));
      expect(await report).toMatchObject({ outcome: 'gated', reason: told.reason });
      expect(leases.released).toEqual([1]);
      expect(recruiter.inFlight).toBe(0);
    },
  );

  it('does not begin a drawn slice of a job whose rate was set to 0, but one that an operator asked for', async () => {
    const { leases, recruiter, slices } = recruiting();
    const enlisted = recruiter.enlist();
    recruiter.setRate('job', 0);
    leases.asked[0]!.answer(leases.lease(1));
    expect(await enlisted).toBe(Duty.DISMISSED);
    expect([leases.released, recruiter.inFlight]).toEqual([[1], 0]);
    expect(recruiter.jobs[0]!.gatedBy).toEqual({ paused: 1 });

    const report = recruiter.recruit('job');
    leases.asked[1]!.answer(leases.lease(2));
    await turn();
    slices[0]!.end();
    expect(await report).toMatchObject({ outcome: 'partial' });
  });

  it('is told of a coordinator that fails meanwhile only where the slice would have begun', async () => {
    const { leases, recruiter, errors } = recruiting();
    const report = recruiter.recruit('job');
    recruiter.pause();
    leases.asked[0]!.fail(new Error('away'));
    expect(await report).toMatchObject({ outcome: 'gated', reason: 'paused' });
    expect(errors).toEqual([]);
    expect(recruiter.inFlight).toBe(0);
  });
});

describe('Recruiter that closes while a lease is asked for', () => {
  it('waits for the answer, releases the lease and does not begin', async () => {
    const { leases, recruiter, slices } = recruiting();
    const report = recruiter.recruit('job');
    let isClosed = false;
    const closed = recruiter.close().then(() => (isClosed = true));
    await turn();
    expect(isClosed).toBe(false);
    leases.asked[0]!.answer(leases.lease(1));
    expect(await report).toMatchObject({ outcome: 'gated', reason: 'closing' });
    await closed;
    expect(leases.released).toEqual([1]);
    expect(slices).toHaveLength(0);
  });

  it('has released the leases of slices in flight when it is closed', async () => {
    const { leases, recruiter, slices } = recruiting();
    void recruiter.recruit('job');
    leases.asked[0]!.answer(leases.lease(1));
    await turn();
    const closed = recruiter.close();
    slices[0]!.end();
    await closed;
    expect(leases.released).toEqual([1]);
  });
});

describe('Recruiter without a coordinator of leases', () => {
  const job: Job = { recruited: () => Duty.RECRUITED };
  const leased = { rate: 0.1, lease: { ttl: 1000 } };

  it('does not open with a job that has a lease, and names it and the way out', () => {
    const recruiter = new Recruiter('test', { idle: false });
    recruiter.install(job, 'sweep', leased);
    expect(() => recruiter.open()).toThrow(WorkStealingConfigError);
    expect(() => recruiter.open()).toThrow(/"test": job 'sweep' has a lease.*WorkStealingRedisModule/);
    recruiter.useCoordinator({ lease: new HandLeases() });
    expect(() => recruiter.open()).not.toThrow();
  });

  it('does not install such a job once it is open', () => {
    const recruiter = new Recruiter('test', { idle: false });
    recruiter.open();
    expect(() => recruiter.install(job, 'sweep', leased)).toThrow(
      /job 'sweep' has a lease, which nothing coordinates/,
    );
    expect(recruiter.jobs).toHaveLength(0);
  });

  it('fails slices once the coordinator is taken away, until another is in use', async () => {
    const recruiter = new Recruiter('test', { idle: false });
    const undo = recruiter.useCoordinator({ lease: new HandLeases() });
    recruiter.install(job, 'sweep', leased);
    recruiter.open();
    undo();
    expect(await recruiter.recruit('sweep')).toMatchObject({ outcome: 'failed' });
    expect(recruiter.jobs[0]!.lastError!.message).toContain('which nothing coordinates');
    recruiter.useCoordinator({
      lease: { acquire: async () => ({ fencingToken: 1, release: async () => {} }) },
    });
    undo();
    expect(await recruiter.recruit('sweep')).toMatchObject({ outcome: 'partial' });
  });
});
