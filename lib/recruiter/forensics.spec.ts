import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.js';
import { causeOf, keepable } from './forensics.js';

const keep = (cause: unknown) => keepable(cause, 'error', 5, new ManualClock(7));

const aborted = { jobId: 'job', outcome: 'aborted', startedAt: 0, duration: 50 } as const;

describe('An error as it is kept', () => {
  it('says when it was, what was thrown and where, and how long the slice took', () => {
    const error = new Error('no table');
    expect(keep(error)).toEqual({
      at: new Date(7),
      reason: 'error',
      message: 'no table',
      duration: 5,
      stack: error.stack,
    });
  });

  it('has no stack where there was none', () => {
    expect(keep('just a text')).toEqual({
      at: new Date(7),
      reason: 'error',
      message: 'just a text',
      duration: 5,
    });
    expect(keep(Object.assign(new Error('cut'), { stack: undefined }))).not.toHaveProperty('stack');
  });

  it('is as long as it says what happened, and no longer', () => {
    expect(keep(new Error('x'.repeat(2048))).message).toBe('x'.repeat(2048));
    expect(keep(new Error('x'.repeat(2049))).message).toBe(`${'x'.repeat(2047)}…`);
    expect(keep(Object.assign(new Error('long'), { stack: 's'.repeat(9000) })).stack).toBe('s'.repeat(8192));
  });

  it('goes by the name of an error without a message', () => {
    expect(keep(Object.assign(new RangeError('gone'), { message: '' })).message).toBe('RangeError');
    expect(keep(Object.assign(new Error('gone'), { message: 5 })).message).toBe('Error');
  });

  it('says of what cannot be read that it was thrown', () => {
    const hostile = new Error('hidden');
    Object.defineProperty(hostile, 'message', {
      get() {
        throw new Error('no');
      },
    });
    expect(keep(hostile).message).toMatch(/^threw /);
    expect(keep(null).message).toBe('threw null');
  });
});

describe('What a slice ended by', () => {
  it('is what it threw, if it did', () => {
    const error = new Error('no');
    expect(causeOf({ ...aborted, reason: 'budget', settled: true, error }, 50)).toBe(error);
    const failed = { jobId: 'job', startedAt: 0, duration: 5, outcome: 'failed', reason: 'error' } as const;
    expect(causeOf({ ...failed, error: undefined }, 50)).toBeUndefined();
  });

  it('is otherwise what cut it short', () => {
    const causes = (['budget', 'closing', 'lease'] as const).map((reason) =>
      causeOf({ ...aborted, reason, settled: true }, 50),
    );
    expect(causes).toEqual(['budget of 50 ms spent', 'the application is closing', 'its lease expired']);
  });

  it('names a job that ignores its signal', () => {
    expect(causeOf({ ...aborted, reason: 'lease', settled: false }, 50)).toBe(
      'its lease expired; the job ignores its signal and keeps its place in flight until it settles',
    );
  });
});
