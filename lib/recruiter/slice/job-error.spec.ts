import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { causeOf, toJobError } from './job-error.js';

const keep = (cause: unknown) => toJobError(cause, 'error', 5, new ManualClock(7));

const ran = { jobId: 'job', origin: 'enlistment', startedAt: 0, duration: 50, overran: false } as const;
const aborted = { ...ran, outcome: 'aborted' } as const;

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

  it('has the stacks of the errors that it wraps, outermost first', () => {
    const wrap = (message: string, cause?: unknown) =>
      Object.assign(new Error(message, { cause }), { stack: `Error: ${message}\n    at here` });
    const connection = wrap('ECONNRESET');
    const query = wrap('query failed', connection);
    const error = wrap('no films', query);
    expect(keep(error).stack).toBe(`${error.stack}\n[cause]: ${query.stack}\n[cause]: ${connection.stack}`);
    expect(keep(new Error('no films', { cause: { code: 7 } })).stack).toMatch(/\n\[cause\]: \{ code: 7 \}$/);
    expect(keep(new Error('no films', { cause: null })).stack).not.toContain('[cause]');
  });

  it('reads five wrapped errors at most, so that a ring ends', () => {
    const error = Object.assign(new Error('ring'), { stack: 'Error: ring' });
    error.cause = error;
    expect(keep(error).stack?.split('[cause]')).toHaveLength(6);
  });

  it('keeps its stack where what it wraps cannot be read', () => {
    const error = new Error('outer');
    Object.defineProperty(error, 'cause', {
      get() {
        throw new Error('no');
      },
    });
    expect(keep(error).stack).toBe(error.stack);
  });

  it('is read as an error when it is one of another realm', () => {
    const foreign: unknown = runInNewContext('new RangeError("from elsewhere")');
    expect(keep(foreign)).toMatchObject({
      message: 'from elsewhere',
      stack: expect.stringContaining('RangeError: from elsewhere') as unknown,
    });
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
    const failed = { ...ran, outcome: 'failed', reason: 'error' } as const;
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
      'its lease expired; the job ignores its signal and keeps its concurrency slot until it settles',
    );
  });

  it('holds no more of a long error than it shows', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const inUse = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = inUse();
    const kept = Array.from({ length: 30 }, (_, index) => {
      // As an ORM does that quotes the parameters of a query.
      const error = new Error(Buffer.alloc(4 << 20, `row ${index} `).toString());
      return keep(error);
    });
    expect(inUse() - before).toBeLessThan(30 << 20);
    expect(kept.map(({ message, stack }) => [message.length, stack?.length])).toEqual(
      Array.from({ length: 30 }, () => [2048, 8192]),
    );
  });
});
