import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { WorkStealingConfigError } from './errors.js';
import type { RecruiterError, RecruiterEvents } from './events.js';
import { Duty, type Job, type Slice } from './job.js';
import { unkeptLeaseProblem, type Lease, type LeaseKeeper } from './lease.js';
import type { RecruiterOptions } from './options.js';
import { unkeptPaceProblem } from './pace.js';
import { Recruiter } from './recruiter.js';

const TTL = 30;
const BUDGET = 50;

/** The event loop turns once: what was queued by setImmediate has run, and all promises with it. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A keeper that answers by hand, and counts what is released. */
class HandKeeper implements LeaseKeeper {
  readonly asked: {
    jobId: string;
    ttl: number;
    answer: (lease?: Lease) => void;
    fail: (e: Error) => void;
  }[] = [];
  released: number[] = [];

  acquire(jobId: string, ttl: number): Promise<Lease | undefined> {
    return new Promise((answer, fail) => this.asked.push({ jobId, ttl, answer, fail }));
  }

  lease(fencingToken: number): Lease {
    return { fencingToken, release: async () => void this.released.push(fencingToken) };
  }
}

/** A recruiter whose job, drawn at every enlistment, has a lease; slices and leases are settled by hand. */
function recruiting({ ttl = TTL, ...options }: RecruiterOptions & { ttl?: number } = {}) {
  const clock = new ManualClock(1000);
  const keeper = new HandKeeper();
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
  recruiter.useLeases(keeper);
  recruiter.install({ recruited } as Job, 'job', { rate: 1, lease: { ttl } });
  recruiter.open();
  const errors: RecruiterError[] = [];
  recruiter.on('error', (error) => errors.push(error));
  return { clock, keeper, recruiter, slices, errors, snapshot: () => recruiter.jobs[0]! };
}

describe('Recruiter with a job that has a lease', () => {
  it('asks once for each slice, hands over the fencing token, and releases when the job has settled', async () => {
    const { keeper, recruiter, slices, clock } = recruiting();
    const report = recruiter.recruit('job');
    expect(keeper.asked).toMatchObject([{ jobId: 'job', ttl: TTL }]);
    expect(recruiter.inFlight).toBe(1);
    keeper.asked[0]!.answer(keeper.lease(7));
    await turn();
    expect(slices[0]!.slice.fencingToken).toBe(7);
    expect(slices[0]!.slice.timeRemaining()).toBe(TTL);
    expect(keeper.released).toEqual([]);
    slices[0]!.end({ done: 1, limit: 2 });
    expect(await report).toMatchObject({ outcome: 'partial', done: 1 });
    expect(keeper.released).toEqual([7]);
    expect(recruiter.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is gated at once where another holds it, and has its place free again', async () => {
    const { keeper, recruiter, slices, errors, snapshot } = recruiting();
    for (let time = 0; time < 3; time++) {
      const enlisted = recruiter.enlist();
      keeper.asked[time]!.answer(undefined);
      expect(await enlisted).toBe(Duty.DISMISSED);
      expect(recruiter.inFlight).toBe(0);
    }
    expect(slices).toHaveLength(0);
    expect(errors).toEqual([]);
    expect(snapshot().gatedBy).toEqual({ 'lease-held': 3 });
    expect(snapshot().counts).toMatchObject({ gated: 3, idle: 0, failed: 0 });
  });

  it('backs off where another holds it, and tells the new rate', async () => {
    const { keeper, recruiter, snapshot } = recruiting({ adaptive: true });
    const rates: RecruiterEvents['rate'][] = [];
    recruiter.on('rate', (rate) => rates.push(rate));
    const report = recruiter.recruit('job');
    keeper.asked[0]!.answer(undefined);
    expect(await report).toMatchObject({ outcome: 'gated', reason: 'lease-held', duration: 0 });
    expect(snapshot().effectiveRate).toBeLessThan(1);
    expect(rates).toEqual([{ jobId: 'job', rate: 1, effectiveRate: snapshot().effectiveRate }]);
  });

  it('fails with the reason where the keeper fails', async () => {
    const { keeper, recruiter, slices, errors, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    keeper.asked[0]!.fail(new Error('READONLY'));
    expect(await report).toMatchObject({ outcome: 'failed', reason: 'error' });
    expect(slices).toHaveLength(0);
    expect(snapshot().lastError!.message).toBe('READONLY');
    expect(errors).toHaveLength(1);
    expect(recruiter.inFlight).toBe(0);
  });

  it('fails where the keeper does not answer in time, and keeps the place until it does', async () => {
    const { keeper, recruiter, slices, clock } = recruiting({ ttl: 1000 });
    const report = recruiter.recruit('job');
    clock.advance(BUDGET);
    expect(await report).toMatchObject({ outcome: 'failed', duration: BUDGET });
    expect(recruiter.inFlight).toBe(1);
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'gated', reason: 'busy' });
    keeper.asked[0]!.answer(keeper.lease(1));
    await turn();
    expect(keeper.released).toEqual([1]);
    expect(slices).toHaveLength(0);
    expect(recruiter.inFlight).toBe(0);
  });

  it('does not begin with a lease that was over when it came', async () => {
    const { keeper, recruiter, slices, clock, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    clock.advance(TTL);
    keeper.asked[0]!.answer(keeper.lease(1));
    expect(await report).toMatchObject({ outcome: 'failed' });
    expect(snapshot().lastError!.message).toContain('was over when it was granted');
    expect(slices).toHaveLength(0);
    expect(keeper.released).toEqual([1]);
  });

  it('leaves jobs without a lease alone', async () => {
    const { keeper, recruiter } = recruiting();
    recruiter.setRate('job', 0);
    let token: boolean | undefined;
    recruiter.install({ recruited: (slice) => void (token = 'fencingToken' in slice) }, 'plain', 1);
    await recruiter.enlist();
    expect(token).toBe(false);
    expect(keeper.asked).toHaveLength(0);
  });
});

describe('Slice whose lease expires in its midst', () => {
  it('is aborted with that reason, counted from before the lease was asked for', async () => {
    const { keeper, recruiter, slices, clock, snapshot } = recruiting();
    const report = recruiter.recruit('job');
    clock.advance(10);
    keeper.asked[0]!.answer(keeper.lease(1));
    await turn();
    const { slice, fail } = slices[0]!;
    expect(slice.timeRemaining()).toBe(TTL - 10);
    slice.signal.addEventListener('abort', () => fail(slice.signal.reason));
    clock.advance(TTL - 10);
    expect(await report).toMatchObject({ outcome: 'aborted', reason: 'lease', settled: true });
    expect(snapshot().lastError).toMatchObject({ reason: 'lease' });
    expect(keeper.released).toEqual([1]);
    expect(clock.pending).toBe(0);
  });

  it('keeps its place and releases late when the job ignores its signal', async () => {
    const { keeper, recruiter, slices, clock, errors } = recruiting({ ttl: 1000 });
    const report = recruiter.recruit('job');
    keeper.asked[0]!.answer(keeper.lease(1));
    await turn();
    clock.advance(BUDGET);
    expect(await report).toMatchObject({ outcome: 'aborted', reason: 'budget', settled: false });
    expect(keeper.released).toEqual([]);
    expect(recruiter.inFlight).toBe(1);
    slices[0]!.fail(new Error('too late'));
    await turn();
    expect(keeper.released).toEqual([1]);
    expect(recruiter.inFlight).toBe(0);
    expect(errors.at(-1)).toMatchObject({ error: { reason: 'late', message: 'too late' } });
  });
});

describe('Recruiter that cannot release a lease', () => {
  it('reports it, and the slice counts as what it was', async () => {
    const { keeper, recruiter, slices, errors } = recruiting();
    const report = recruiter.recruit('job');
    keeper.asked[0]!.answer({ fencingToken: 1, release: () => Promise.reject(new Error('gone')) });
    await turn();
    slices[0]!.end(Duty.RECRUITED);
    expect(await report).toMatchObject({ outcome: 'full' });
    expect(errors).toMatchObject([{ where: 'releasing the lease of "job"', error: { message: 'gone' } }]);
  });

  it('waits no longer than a slice may take', async () => {
    const { keeper, recruiter, slices, clock } = recruiting();
    const report = recruiter.recruit('job');
    keeper.asked[0]!.answer({ fencingToken: 1, release: () => new Promise(() => {}) });
    await turn();
    slices[0]!.end(Duty.RECRUITED);
    await turn();
    clock.advance(BUDGET);
    expect(await report).toMatchObject({ outcome: 'full', duration: 0 });
  });
});

describe('Recruiter that closes while a lease is asked for', () => {
  it('waits for the answer, releases the lease and does not begin', async () => {
    const { keeper, recruiter, slices } = recruiting();
    const report = recruiter.recruit('job');
    let isClosed = false;
    const closed = recruiter.close().then(() => (isClosed = true));
    await turn();
    expect(isClosed).toBe(false);
    keeper.asked[0]!.answer(keeper.lease(1));
    expect(await report).toMatchObject({ outcome: 'gated', reason: 'closing' });
    await closed;
    expect(keeper.released).toEqual([1]);
    expect(slices).toHaveLength(0);
  });

  it('has released the leases of slices in flight when it is closed', async () => {
    const { keeper, recruiter, slices } = recruiting();
    void recruiter.recruit('job');
    keeper.asked[0]!.answer(keeper.lease(1));
    await turn();
    const closed = recruiter.close();
    slices[0]!.end();
    await closed;
    expect(keeper.released).toEqual([1]);
  });
});

describe('Recruiter without a keeper of leases', () => {
  const job: Job = { recruited: () => Duty.RECRUITED };
  const leased = { rate: 0.1, lease: { ttl: 1000 } };

  it('does not open with a job that has a lease, and names it and the way out', () => {
    const recruiter = new Recruiter('test', { idle: false });
    recruiter.install(job, 'sweep', leased);
    expect(() => recruiter.open()).toThrow(WorkStealingConfigError);
    expect(() => recruiter.open()).toThrow(/"test": job 'sweep' has a lease.*WorkStealingRedisModule/);
    recruiter.useLeases(new HandKeeper());
    expect(() => recruiter.open()).not.toThrow();
  });

  it('does not install such a job once it is open', () => {
    const recruiter = new Recruiter('test', { idle: false });
    recruiter.open();
    expect(() => recruiter.install(job, 'sweep', leased)).toThrow(
      /job 'sweep' has a lease, which nobody keeps/,
    );
    expect(recruiter.jobs).toHaveLength(0);
  });

  it('lets slices fail when the keeper is taken away, unless another has come', async () => {
    const recruiter = new Recruiter('test', { idle: false });
    const take = recruiter.useLeases(new HandKeeper());
    recruiter.install(job, 'sweep', leased);
    recruiter.open();
    const takeSecond = recruiter.useLeases({
      acquire: () => Promise.resolve({ fencingToken: 1, release: () => Promise.resolve() }),
    });
    take();
    expect(await recruiter.recruit('sweep')).toMatchObject({ outcome: 'full' });
    takeSecond();
    expect(await recruiter.recruit('sweep')).toMatchObject({ outcome: 'failed' });
    expect(recruiter.jobs[0]!.lastError!.message).toContain('which nobody keeps');
  });

  it.each([undefined, null, {}, { acquire: 5 }])('refuses %p as a keeper', (keeper) => {
    expect(() => new Recruiter().useLeases(keeper as never)).toThrow(
      /expected an object with a method acquire/,
    );
  });
});

describe('What is said of a job that wants what nobody keeps', () => {
  it('names the job, and who would keep it', () => {
    expect(unkeptLeaseProblem('job')).toBe(
      `job 'job' has a lease, which nobody keeps: import WorkStealingRedisModule of ` +
        `"nestjs-work-stealing/redis" (or hand a keeper to recruiter.useLeases())`,
    );
    expect(unkeptPaceProblem('job')).toBe(
      `job 'job' has a pace, which nobody keeps: import WorkStealingRedisModule of ` +
        `"nestjs-work-stealing/redis" (or hand a keeper to recruiter.usePaces())`,
    );
  });
});
