import { describe, expect, it } from '@jest/globals';
import { interval, quantile, ratioInterval } from '../measure/statistics.mjs';
import { tableOf } from '../bench/http/table.mjs';

describe('Statistics of the HTTP benchmark', () => {
  it("give the mean its 95 % interval by Student's t", () => {
    // Standard deviation 1, so t(2) / sqrt(3) on either side.
    const { mean, low, high } = interval([1, 2, 3]);
    expect(mean).toBe(2);
    expect(low).toBeCloseTo(2 - 4.303 / Math.sqrt(3));
    expect(high).toBeCloseTo(2 + 4.303 / Math.sqrt(3));
  });

  it('are as sure of half as of twice as much', () => {
    const { mean, low, high } = ratioInterval([0.5, 2]);
    expect(mean).toBeCloseTo(1);
    expect(low * high).toBeCloseTo(1);
  });

  it('know nothing from a single value', () => {
    expect(ratioInterval([1.5])).toEqual({ mean: 1.5, low: 0, high: Infinity });
  });

  it('take the value that so large a share does not exceed', () => {
    expect(quantile([3, 1, 2, 4], 0.5)).toBe(2);
    expect(quantile([3, 1, 2, 4], 0.99)).toBe(4);
    expect(quantile([], 0.5)).toBe(0);
  });
});

describe('Table of the HTTP benchmark', () => {
  it('has a line a cell, in order, with intervals', () => {
    const cell = {
      platform: 'express',
      utilization: 0.2,
      p50: [1, 1],
      p99: [1.5, 1.5],
      cpu: [1, 1],
      p99Added: [-0.25, -0.25],
      bareP99: [2, 2],
      rate: [100, 100],
      slices: [3, 4],
    };
    const cells = [
      { ...cell, slice: 'cpu-1' },
      { ...cell, slice: 'io-50' },
      { ...cell, slice: 'io-5' },
    ];
    const lines = tableOf({ cells }).split('\n').slice(2);
    expect(lines.map((line) => line.split(' | ')[1])).toEqual(['5 ms IO', '50 ms IO', '1 ms CPU']);
    expect(lines[0]).toContain(
      '| 3.5 | 1.00 (1.00 to 1.00) | 1.50 (1.50 to 1.50) | 2.00 | −0.25 (−0.25 to −0.25) |',
    );
  });
});
