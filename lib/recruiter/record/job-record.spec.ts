import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { Duty, type Slice, type SliceResult } from '../job.js';
import { Recruiter } from '../recruiter.js';

type Run = (slice: Slice, clock: ManualClock) => SliceResult | Promise<SliceResult>;

/** Runs the slices one after the other and says what the snapshot says then. */
async function after(...slices: Run[]) {
  const clock = new ManualClock();
  const recruiter = new Recruiter('default', { clock });
  let turn = 0;
  recruiter.install({ recruited: (slice) => slices[turn++]!(slice, clock) }, 'job', {
    rate: 0.1,
    expectWorkWithin: 60_000,
  });
  for (const _ of slices) await recruiter.recruit('job');
  return recruiter.jobs[0]!;
}

const fails: Run = () => {
  throw new Error('no');
};
const works: Run = () => Duty.RECRUITED;
const idles: Run = () => Duty.DISMISSED;
/** Ends with its signal, and has nothing to show. */
const overruns: Run = ({ signal }, clock) => {
  clock.advance(60);
  signal.throwIfAborted();
};
const isLate: Run = (_, clock) => clock.advance(60);

describe('JobSnapshot', () => {
  it('says when the job last did work: neither idle nor failed slices count', async () => {
    const worked: Run = (_, clock) => {
      clock.advance(20);
      return { done: 1, limit: 2 };
    };
    const later: Run = (_, clock) => {
      clock.advance(30);
      return Duty.DISMISSED;
    };
    expect((await after(later)).lastWorkAt).toBeUndefined();
    expect((await after(later, worked, later, fails)).lastWorkAt).toEqual(new Date(50));
    expect((await after(works)).lastWorkAt).toEqual(new Date(0));
    expect((await after(() => ({ done: 0, more: true }))).lastWorkAt).toBeUndefined();
  });

  it('counts failures in a row until a slice comes to an end by itself', async () => {
    expect((await after(fails, fails)).failuresInARow).toBe(2);
    expect((await after(fails, overruns)).failuresInARow).toBe(2);
    expect((await after(fails, idles)).failuresInARow).toBe(0);
    expect((await after(fails, works, fails)).failuresInARow).toBe(1);
  });

  it('counts slices that took longer than their budget, whatever came of them, and blames none for it', async () => {
    expect(await after(works, isLate, overruns, idles, isLate)).toMatchObject({
      overruns: 3,
      counts: { partial: 3, idle: 1, aborted: 1 },
      failuresInARow: 0,
    });
  });

  it('says whether more was waiting when a slice last could tell', async () => {
    const full: Run = () => ({ done: 2, more: true });
    expect((await after()).more).toBe(false);
    expect((await after(full)).more).toBe(true);
    expect((await after(full, fails, overruns)).more).toBe(true);
    expect((await after(full, works)).more).toBe(false);
    expect((await after(full, idles)).more).toBe(false);
  });

  it('tells slices that were cut short apart by what did it', async () => {
    expect((await after(works, fails)).abortedBy).toEqual({});
    expect((await after(overruns, works, overruns)).abortedBy).toEqual({ budget: 2 });
  });

  it('does not blame a job for the end of the application', async () => {
    const recruiter = new Recruiter('default', { shutdownGrace: 0 });
    recruiter.install({ recruited: () => new Promise(() => {}) }, 'job', 0.1);
    const report = recruiter.recruit('job');
    await recruiter.close();
    expect((await report).outcome).toBe('aborted');
    expect(recruiter.jobs[0]).toMatchObject({ failuresInARow: 0, abortedBy: { closing: 1 } });
  });

  it('says within what time work is expected', async () => {
    expect((await after(works)).expectWorkWithin).toBe(60_000);
    const recruiter = new Recruiter();
    for (const expectWorkWithin of [0, -1, Number.NaN, '60', null]) {
      expect(() =>
        recruiter.install({ recruited: works as () => SliceResult }, 'job', {
          rate: 0.1,
          expectWorkWithin: expectWorkWithin as number,
        }),
      ).toThrow(/expectWorkWithin is .*; expected milliseconds above 0/);
    }
  });
});

describe('The durations of a job', () => {
  /** Runs slices that take so many ms each. */
  const took = async (...durations: number[]) => {
    const slices = durations.map(
      (ms): Run =>
        (_, clock) =>
          clock.advance(ms),
    );
    return (await after(...slices)).durations;
  };

  it('are not known before the first slice', async () => {
    expect(await took()).toBeUndefined();
  });

  it('are the latest, the mean, the quantiles and the longest', async () => {
    expect(await took(40, 10, 30, 20)).toEqual({ last: 20, mean: 25, p50: 20, p99: 40, max: 40 });
  });

  it('are those of the last 128 slices', async () => {
    const durations = await took(49, ...Array.from({ length: 127 }, () => 1), 3);
    expect(durations).toEqual({ last: 3, mean: 130 / 128, p50: 1, p99: 1, max: 3 });
  });

  it('leave out slices that were held back', async () => {
    const recruiter = new Recruiter();
    recruiter.install({ recruited: () => undefined }, 'job', 0.1);
    recruiter.pause();
    await recruiter.recruit('job');
    expect(recruiter.jobs[0]).toMatchObject({ durations: undefined, counts: { gated: 1 } });
  });
});

describe('The errors of a job', () => {
  it('are none at first, and the last ten later, oldest first', async () => {
    const failing = Array.from({ length: 12 }, (_, turn): Run => () => {
      throw new Error(`no. ${turn}`);
    });
    expect((await after(works)).errors).toEqual([]);
    expect((await after(...failing.slice(0, 10))).errors[0]?.message).toBe('no. 0');
    const { errors, lastError } = await after(...failing);
    expect(errors.map(({ message }) => message)).toEqual(
      Array.from({ length: 10 }, (_, turn) => `no. ${turn + 2}`),
    );
    expect(lastError?.message).toBe('no. 11');
  });
});

describe('Recruiter.state', () => {
  it('goes from starting to open to closing', async () => {
    const recruiter = new Recruiter();
    expect(recruiter.state).toBe('starting');
    recruiter.open();
    expect(recruiter.state).toBe('open');
    await recruiter.close();
    expect(recruiter.state).toBe('closing');
  });

  it('is disabled where nobody is ever recruited, and closing all the same', async () => {
    const recruiter = new Recruiter('default', { enabled: false });
    recruiter.open();
    expect(recruiter.state).toBe('disabled');
    await recruiter.close();
    expect(recruiter.state).toBe('closing');
  });
});
