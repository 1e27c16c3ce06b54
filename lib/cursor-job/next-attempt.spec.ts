import { describe, expect, it } from '@jest/globals';
import { limitAfterSuccess, nextAttempt } from './next-attempt.js';

describe('The next attempt', () => {
  it('halves a batch at once', () => {
    expect(nextAttempt(100, 0, 1000)).toEqual({ limit: 50, failures: 0, wait: 0 });
    expect(nextAttempt(3, 0, 1000)).toEqual({ limit: 1, failures: 0, wait: 0 });
  });

  it('waits before a single item is tried again, twice as long each time, a minute at most', () => {
    const waits = [0, 1, 2, 5, 6, 99].map((failures) => nextAttempt(1, failures, 1000).wait);
    expect(waits).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
    expect(nextAttempt(1, 4, 1000)).toMatchObject({ limit: 1, failures: 5 });
    expect(nextAttempt(1, 4, 0).wait).toBe(0);
  });

  it.each([1, 7, 50, 100])('reaches the bad one of 100 items, at place %i, in few slices', (bad) => {
    let [place, limit, slices] = [1, 100, 0];
    for (; ; slices++) {
      const last = Math.min(100, place + limit - 1);
      const fails = place <= bad && bad <= last;
      if (fails && place === last) break;
      if (fails) limit = nextAttempt(last - place + 1, 0, 0).limit;
      else [place, limit] = [last + 1, limitAfterSuccess(limit, 100, true) ?? 100];
    }
    expect(place).toBe(bad);
    expect(slices).toBeLessThanOrEqual(30);
  });
});

describe('The batch after one that has succeeded', () => {
  it('is twice as large where the slice had time for that, up to the usual one', () => {
    expect(limitAfterSuccess(3, 100, true)).toBe(6);
    expect(limitAfterSuccess(3, 100, false)).toBe(3);
    expect(limitAfterSuccess(50, 100, true)).toBeUndefined();
    expect(limitAfterSuccess(100, 100, false)).toBeUndefined();
  });
});
