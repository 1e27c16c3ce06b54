import { describe, expect, it } from '@jest/globals';
import { readDataset } from '../../src/datasets.js';
import { TrafficShape, countByHour } from './traffic-shape.js';

describe('countByHour', () => {
  it('adds up the events of each hour over all days', () => {
    const counts = countByHour(
      'time,count\n2015/01/01 01:00:00,2\n2015/01/02 01:00:00,3\n2015/01/01 23:00:00,1\n',
    );
    expect(counts).toHaveLength(24);
    expect([counts[0], counts[1], counts[23]]).toEqual([0, 5, 1]);
  });

  it('counts every event of the real data', () => {
    const csv = readDataset('github.csv');
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    const lines = csv.trim().split('\n').slice(1);
    expect(sum(countByHour(csv))).toBe(sum(lines.map((line) => Number(line.split(',')[1]))));
  });
});

describe('TrafficShape', () => {
  const ramp = Array.from({ length: 24 }, (_, hour) => hour);

  it('keeps the mean: over a day the factors average 1', () => {
    const shape = TrafficShape.ofGitHub(24_000);
    const factors = ramp.map((hour) => shape.factorAt(hour * 1000 + 500));
    expect(factors.reduce((sum, factor) => sum + factor, 0) / 24).toBeCloseTo(1, 12);
    expect(Math.max(...factors)).toBeGreaterThan(Math.min(...factors));
  });

  it('compresses the day and begins the next when it is over', () => {
    const shape = new TrafficShape(ramp, 2400);
    expect([0, 99, 100, 2399, 2400, 2500].map((elapsed) => shape.hourAt(elapsed))).toEqual([
      0, 0, 1, 23, 0, 1,
    ]);
    expect(shape.factorAt(2300)).toBeCloseTo(23 / 11.5, 12);
  });

  it('refuses a day that is not of 24 hours, or empty', () => {
    expect(() => new TrafficShape([1, 2, 3], 1000)).toThrow(RangeError);
    expect(() => new TrafficShape(Array<number>(24).fill(0), 1000)).toThrow('24 hours');
  });
});
