import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { SeededRandom } from '../testing/seeded-random.js';
import { Duty, type Job } from './job.js';
import type { RecruiterError, RecruiterEvents } from './events.js';
import { Recruiter } from './recruiter.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A recruiter with one job that is drawn at every enlistment and says what it is told to. */
function recruiterOf(recruited: () => unknown = () => undefined) {
  const clock = new ManualClock(1000);
  const options = { load: false, idle: false, dutyCycle: 1, clock, random: new SeededRandom(1) } as const;
  const recruiter = new Recruiter('test', options);
  recruiter.install({ recruited } as Job, 'job', 1);
  recruiter.open();
  return recruiter;
}

function hear<E extends keyof RecruiterEvents>(recruiter: Recruiter, event: E) {
  const heard: RecruiterEvents[E][] = [];
  recruiter.on(event, (payload) => heard.push(payload));
  return heard;
}

describe('Recruiter that is listened to', () => {
  it('tells of each slice that ended, and apart from them of those that were gated', async () => {
    const recruiter = recruiterOf(() => ({ done: 1, limit: 1 }));
    const [slices, gated] = [hear(recruiter, 'slice'), hear(recruiter, 'gated')];
    const report = await recruiter.recruit('job');
    recruiter.pause();
    const refusal = await recruiter.recruit('job');
    expect(slices).toEqual([report]);
    expect(gated).toEqual([refusal]);
    expect(gated[0]).toEqual({
      jobId: 'job',
      origin: 'operator',
      outcome: 'gated',
      reason: 'paused',
      startedAt: 1000,
      duration: 0,
      overran: false,
    });
  });

  it('has counted, learned and kept the error before it tells', async () => {
    const recruiter = recruiterOf(() => Promise.reject(new Error('boom')));
    const seen: unknown[] = [];
    recruiter.on('error', () => seen.push(recruiter.jobs[0]!.lastError!.message));
    recruiter.on('slice', () => seen.push(recruiter.jobs[0]!.counts.failed));
    recruiter.on('rate', ({ effectiveRate }) => seen.push(effectiveRate < 1));
    await recruiter.enlist();
    expect(seen).toEqual(['boom', 1, true]);
  });

  it('tells of an effective rate when back-off has changed it, and only then', async () => {
    const results: unknown[] = [
      { done: 1, more: true },
      Duty.DISMISSED,
      Duty.DISMISSED,
      { done: 1, limit: 2 },
    ];
    const recruiter = recruiterOf(() => results.shift());
    const rates = hear(recruiter, 'rate');
    const effective: number[] = [];
    while (results.length > 0) {
      await recruiter.recruit('job');
      effective.push(recruiter.jobs[0]!.effectiveRate);
    }
    const [full, idle, idleAgain, partial] = effective as [number, number, number, number];
    expect(full).toBe(1);
    expect(idle).toBeLessThan(full);
    expect(idleAgain).toBeLessThan(idle);
    expect(partial).toBeGreaterThan(idleAgain);
    expect(rates).toEqual(
      [idle, idleAgain, partial].map((effectiveRate) => ({ jobId: 'job', rate: 1, effectiveRate })),
    );
    recruiter.setRate('job', 0.5);
    expect(rates[3]).toEqual({ jobId: 'job', rate: 0.5, effectiveRate: partial / 2 });
    expect(recruiter.jobs[0]).toMatchObject({ rate: 0.5, effectiveRate: partial / 2 });
  });

  it('tells no more once the listener is taken off, each by itself and once', async () => {
    const recruiter = recruiterOf();
    let heard = 0;
    const listener = () => void heard++;
    const offs = [recruiter.on('slice', listener), recruiter.on('slice', listener)];
    await recruiter.enlist();
    expect(heard).toBe(2);
    offs[0]!();
    offs[0]!();
    await recruiter.enlist();
    expect(heard).toBe(3);
    offs[1]!();
    await recruiter.enlist();
    expect(heard).toBe(3);
  });

  it.each(['slices', 'constructor', '__proto__', '', 5, null, Symbol('slice')])(
    'knows no event %p',
    (event) => {
      expect(() => recruiterOf().on(event as 'slice', () => {})).toThrow(
        /^Unknown event .*; known are slice, gated, late, error and rate$/,
      );
    },
  );

  it.each([undefined, null, 'x', {}])('refuses %p for a listener', (listener) => {
    expect(() => recruiterOf().on('slice', listener as () => void)).toThrow(
      new TypeError('The listener of "slice" is not a function'),
    );
  });
});

describe('Recruiter whose listener fails', () => {
  const failures: [string, () => void][] = [
    [
      'throws',
      () => {
        throw new Error('no ear for it');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no ear for it'))],
  ];

  it.each(failures)('reports it when it %s, and goes on', async (_, failing) => {
    const recruiter = recruiterOf();
    const errors = hear(recruiter, 'error');
    recruiter.on('slice', failing);
    const slices = hear(recruiter, 'slice');
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    await turn();
    expect(slices).toHaveLength(1);
    expect(errors).toMatchObject([
      {
        recruiter: 'test',
        where: "a listener of 'slice'",
        error: { message: 'no ear for it', reason: 'error' },
      },
    ]);
    expect(errors[0]).not.toHaveProperty('jobId');
    expect(recruiter.jobs[0]!.errors).toEqual([]);
  });

  it.each(failures)('does not report to listeners of errors that one of them %s', async (_, failing) => {
    const recruiter = recruiterOf(() => Promise.reject(new Error('boom')));
    recruiter.on('error', failing);
    const errors = hear(recruiter, 'error');
    expect(await recruiter.enlist()).toBe(Duty.DISMISSED);
    await turn();
    expect(errors.map(({ cause }) => (cause as Error).message)).toEqual(['boom']);
  });

  it.each(failures)('does not let setRate() and recruit() fail when it %s', async (_, failing) => {
    const recruiter = recruiterOf();
    recruiter.on('rate', failing);
    recruiter.on('gated', failing);
    recruiter.setRate('job', 0.5);
    recruiter.pause();
    expect(await recruiter.recruit('job')).toMatchObject({ reason: 'paused' });
  });
});

describe('Recruiter that is told of an error that is no slice’s', () => {
  it('passes it on as one, with the place', () => {
    const recruiter = recruiterOf();
    const errors = hear(recruiter, 'error');
    const cause = new TypeError('r.map is not a function');
    recruiter.reportError(cause, 'when of Films.page()');
    const expected: RecruiterError = {
      recruiter: 'test',
      where: 'when of Films.page()',
      error: {
        at: new Date(1000),
        reason: 'error',
        message: cause.message,
        stack: cause.stack!,
        duration: 0,
      },
      cause,
    };
    expect(errors).toEqual([expected]);
  });
});
