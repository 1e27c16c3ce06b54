import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { Duty, type Job, type Slice } from '../job.js';
import type { RecruiterOptions } from '../options.js';
import { Recruiter } from '../recruiter.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A recruiter whose job, drawn at every enlistment, hands its slices out: each is ended by hand. */
function recruiterOf(options: RecruiterOptions = {}) {
  const clock = new ManualClock(1000);
  const slices: { slice: Slice; end: (result?: unknown) => void; fail: (error: unknown) => void }[] = [];
  const recruited = (slice: Slice) =>
    new Promise((resolve, reject) => slices.push({ slice, end: resolve, fail: reject }));
  const random = new SeededRandom(1);
  const recruiter = new Recruiter('test', {
    load: false,
    dutyCycle: 1,
    budget: 60_000,
    clock,
    random,
    ...options,
  });
  recruiter.install({ recruited } as Job, 'job', 1);
  recruiter.open();
  return { recruiter, clock, slices };
}

/** Whether a promise is settled once everything that can go on has. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await turn();
  return settled;
}

describe('Recruiter that closes', () => {
  it('recruits nobody from then on, by whatever way', async () => {
    const { recruiter, slices } = recruiterOf();
    const closed = recruiter.close();
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    recruiter.enlistDetached();
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'gated', reason: 'closing' });
    await closed;
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    await turn();
    expect(slices).toHaveLength(0);
    expect(recruiter.jobs[0]!.gatedBy).toEqual({ closing: 4 });
    expect(recruiter.enlistments).toBe(3);
  });

  it('cannot be opened again, nor if it never was', async () => {
    for (const opened of [true, false]) {
      const { recruiter, slices, clock } = recruiterOf(opened ? {} : { enabled: false });
      await recruiter.close();
      recruiter.open();
      expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
      expect(slices).toHaveLength(0);
      expect(clock.pending).toBe(0);
    }
  });

  it('gates a slice that enlistDetached() has drawn and that has not begun', async () => {
    const { recruiter, slices } = recruiterOf();
    recruiter.enlistDetached();
    expect(recruiter.inFlight).toBe(1);
    await recruiter.close();
    expect(recruiter.jobs[0]!.gatedBy).toEqual({ closing: 1 });
    expect(recruiter.inFlight).toBe(0);
    await turn();
    expect(slices).toHaveLength(0);
    expect(recruiter.jobs[0]!.gatedBy).toEqual({ closing: 1 });
  });

  it('is closed at once when nothing is in flight, and leaves no timer', async () => {
    const { recruiter, clock } = recruiterOf();
    expect(clock.pending).toBe(1);
    await recruiter.close();
    expect(clock.pending).toBe(0);
  });

  it('answers with the same promise when it is closed twice', async () => {
    const { recruiter, slices } = recruiterOf();
    const enlisted = recruiter.enlist();
    const closed = recruiter.close();
    expect(recruiter.close()).toBe(closed);
    slices[0]!.end();
    await Promise.all([closed, enlisted]);
    expect(recruiter.close()).toBe(closed);
  });

  it('is not opened again, and sets no timer then', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('default', { clock });
    recruiter.install({ recruited: () => undefined }, 'job', 1);
    await recruiter.close();
    recruiter.open();
    expect([recruiter.state, clock.pending]).toEqual(['closing', 0]);
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
  });

  it('sets its timers once, however often it is opened', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('default', { clock });
    recruiter.install({ recruited: () => undefined }, 'job', 0.1);
    recruiter.install({ recruited: () => undefined }, 'other', 0.1);
    recruiter.open();
    expect(clock.pending).toBe(1);
    recruiter.open();
    expect(clock.pending).toBe(1);
    await recruiter.close();
    expect(clock.pending).toBe(0);
  });
});

describe('Recruiter that closes with slices in flight', () => {
  it('waits for them, does not disturb them, and leaves no timer', async () => {
    const { recruiter, slices, clock } = recruiterOf({ concurrency: 2 });
    const enlisted = [recruiter.enlist(), recruiter.enlist()];
    const closed = recruiter.close();
    clock.advance(4999);
    expect(await isSettled(closed)).toBe(false);
    slices[0]!.end();
    expect(await isSettled(closed)).toBe(false);
    expect(slices[1]!.slice.signal.aborted).toBe(false);
    slices[1]!.end();
    expect(await isSettled(closed)).toBe(true);
    expect(await Promise.all(enlisted)).toEqual([Duty.RECRUITED, Duty.RECRUITED]);
    expect(clock.pending).toBe(0);
  });

  it('aborts them when their grace is over, and waits for those that heed it', async () => {
    const { recruiter, slices, clock } = recruiterOf();
    const reports: unknown[] = [];
    recruiter.on('slice', (report) => reports.push(report));
    const enlisted = recruiter.enlist();
    const { slice, end } = slices[0]!;
    slice.signal.addEventListener('abort', () => end({ done: 4, limit: 9 }));
    const closed = recruiter.close();
    clock.advance(4999);
    await turn();
    expect(slice.signal.aborted).toBe(false);
    clock.advance(1);
    await closed;
    expect(slice.signal.reason).toMatchObject({
      name: 'AbortError',
      message: expect.stringContaining('closing'),
    });
    expect(await enlisted).toBe(Duty.RECRUITED);
    expect(reports).toEqual([
      {
        jobId: 'job',
        origin: 'enlistment',
        startedAt: 1000,
        duration: 5000,
        overran: false,
        outcome: 'partial',
        done: 4,
        limit: 9,
      },
    ]);
    expect(recruiter.jobs[0]!.lastError).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('keeps what a slice threw because of its signal, and learns nothing of it', async () => {
    const { recruiter, slices, clock } = recruiterOf({ shutdownGrace: 100 });
    const enlisted = recruiter.enlist();
    const { slice, fail } = slices[0]!;
    slice.signal.addEventListener('abort', () => fail(slice.signal.reason));
    const closed = recruiter.close();
    clock.advance(100);
    await closed;
    expect(await enlisted).toBe(Duty.DISMISSED);
    expect(recruiter.jobs[0]).toMatchObject({
      counts: { aborted: 1 },
      abortedBy: { closing: 1 },
      effectiveRate: 1,
      failuresInARow: 0,
      lastError: { reason: 'closing', message: expect.stringContaining('closing') as unknown },
    });
  });

  it('gives them one turn of the event loop after that', async () => {
    const { recruiter, slices, clock } = recruiterOf({ shutdownGrace: 100 });
    const enlisted = recruiter.enlist();
    slices[0]!.slice.signal.addEventListener('abort', () => {
      // Within the turn: settled. What needs one more is too late.
      process.nextTick(() => slices[0]!.end({ done: 1, limit: 2 }));
    });
    const closed = recruiter.close();
    clock.advance(100);
    await closed;
    expect(await enlisted).toBe(Duty.RECRUITED);

    const slow = recruiterOf({ shutdownGrace: 100 });
    const slowlyEnlisted = slow.recruiter.enlist();
    slow.slices[0]!.slice.signal.addEventListener('abort', () =>
      setImmediate(() => setImmediate(() => slow.slices[0]!.end({ done: 1, limit: 2 }))),
    );
    const slowlyClosed = slow.recruiter.close();
    slow.clock.advance(100);
    await slowlyClosed;
    expect(await slowlyEnlisted).toBe(Duty.DISMISSED);
    expect(slow.recruiter.jobs[0]!.abortedBy).toEqual({ closing: 1 });
    await turn();
    await turn();
    expect(slow.recruiter.jobs[0]!.items).toBe(1);
  });

  it('does not wait for those that ignore it, and says so', async () => {
    const { recruiter, slices, clock } = recruiterOf({ shutdownGrace: 100 });
    const enlisted = recruiter.enlist();
    const closed = recruiter.close();
    clock.advance(100);
    await closed;
    expect(await enlisted).toBe(Duty.DISMISSED);
    expect(recruiter.inFlight).toBe(1);
    expect(recruiter.jobs[0]!.lastError!.message).toBe(
      'the application is closing; the job ignores its signal and keeps its concurrency slot until it settles',
    );
    slices[0]!.fail(new Error('too late'));
    await turn();
    expect(recruiter.jobs[0]!.lastError).toMatchObject({ reason: 'late', message: 'too late' });
    expect(recruiter.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('gives grace to one that has ignored its budget, and does not abort it twice', async () => {
    const { recruiter, slices, clock } = recruiterOf({ budget: 50, shutdownGrace: 100 });
    const enlisted = recruiter.enlist();
    clock.advance(100);
    await enlisted;
    const closed = recruiter.close();
    expect(await isSettled(closed)).toBe(false);
    clock.advance(100);
    await closed;
    expect(recruiter.jobs[0]).toMatchObject({ counts: { aborted: 1 }, errors: [{ reason: 'budget' }] });
    slices[0]!.end();
    await turn();
    expect(recruiter.inFlight).toBe(0);
  });

  it('is done as soon as one that has ignored its budget settles', async () => {
    const { recruiter, slices, clock } = recruiterOf({ budget: 50 });
    const enlisted = recruiter.enlist();
    clock.advance(100);
    await enlisted;
    const closed = recruiter.close();
    slices[0]!.fail(new Error('late'));
    expect(await isSettled(closed)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('aborts at once without any grace', async () => {
    const { recruiter, slices, clock } = recruiterOf({ shutdownGrace: 0 });
    void recruiter.enlist();
    const closed = recruiter.close();
    clock.advance(0);
    await closed;
    expect(slices[0]!.slice.signal.aborted).toBe(true);
    slices[0]!.end();
    await turn();
  });

  it('lets the budget end a slice during the grace', async () => {
    const { recruiter, slices, clock } = recruiterOf({ budget: 50 });
    const enlisted = recruiter.enlist();
    const closed = recruiter.close();
    const { signal } = slices[0]!.slice;
    signal.addEventListener('abort', () => slices[0]!.fail(signal.reason));
    clock.advance(50);
    await Promise.all([closed, enlisted]);
    expect(recruiter.jobs[0]!.lastError).toMatchObject({ reason: 'budget' });
  });

  it('plans no run after the last slice, though it leaves work behind', async () => {
    const { recruiter, slices, clock } = recruiterOf();
    const enlisted = recruiter.enlist();
    const closed = recruiter.close();
    slices[0]!.end({ done: 5, limit: 5 });
    await Promise.all([enlisted, closed]);
    expect(clock.pending).toBe(0);
    expect(recruiter.jobs[0]).toMatchObject({ more: true, nextLookAt: undefined });
  });

  it('cancels the run that is planned', async () => {
    const { recruiter, slices, clock } = recruiterOf({ dutyCycle: 0.05 });
    const enlisted = recruiter.enlist();
    clock.jump(10);
    slices[0]!.end({ done: 5, limit: 5 });
    await enlisted;
    expect(clock.pending).toBe(1);
    await recruiter.close();
    expect(clock.pending).toBe(0);
    clock.advance(1_000_000);
    expect(slices).toHaveLength(1);
  });
});

describe('Recruiter that is closed by a job', () => {
  it('waits for the slice that closed it, and leaves no timer', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('test', {
      clock,
      load: false,
      dutyCycle: 1,
      random: new SeededRandom(2),
    });
    let closed: Promise<void> | undefined;
    recruiter.install({ recruited: () => void (closed = recruiter.close()) }, 'job', 1);
    recruiter.open();
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    await closed;
    expect(clock.pending).toBe(0);
  });

  it('plans no run when it was the agenda that ran the job', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('test', { clock, load: false, random: new SeededRandom(2) });
    let closed: Promise<void> | undefined;
    recruiter.install({ recruited: () => void (closed = recruiter.close()) }, 'job', 1);
    recruiter.open();
    clock.advance(100 * 120_000);
    expect(closed).toBeDefined();
    await closed;
    expect(clock.pending).toBe(0);
  });
});
