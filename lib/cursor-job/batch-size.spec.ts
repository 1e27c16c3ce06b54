import { describe, expect, it } from '@jest/globals';
import { BatchSize } from './batch-size.js';

describe('BatchSize without a target', () => {
  it('stays as it is', () => {
    const batch = new BatchSize({ max: 100, targetTime: undefined });
    batch.learn(100, 100, 1000);
    batch.learn(100, 100, 0);
    expect(batch.limit).toBe(100);
  });
});

describe('BatchSize with a target time', () => {
  const target20 = (max = 1000) => new BatchSize({ max, targetTime: 20 });

  it.each([1, 5, 40, 400])('finds what fits when an item takes 1/%i of it', (fit) => {
    const batch = target20();
    for (let slice = 0; slice < 20; slice++) batch.learn(batch.limit, batch.limit, (20 / fit) * batch.limit);
    expect(Math.abs(batch.limit - fit)).toBeLessThanOrEqual(1);
  });

  it('never leaves its bounds, whatever the time', () => {
    const batch = target20(16);
    for (let slice = 0; slice < 9; slice++) batch.learn(batch.limit, batch.limit, 0);
    expect(batch.limit).toBe(16);
    for (let slice = 0; slice < 9; slice++) batch.learn(batch.limit, batch.limit, Infinity);
    expect(batch.limit).toBe(1);
  });

  it('does not grow by pages that were not full or were kept small', () => {
    const batch = target20();
    batch.learn(10, 3, 1);
    batch.learn(1, 1, 1);
    expect(batch.limit).toBe(10);
    batch.learn(1, 1, 1000);
    expect(batch.limit).toBe(1);
  });
});
