import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { Zipf } from './zipf.js';

const fixed = (value: number) => ({ next: () => value });

describe('Zipf', () => {
  it('draws the first rank for the lowest number and the last rank for the highest', () => {
    expect(new Zipf(3201, fixed(0)).next()).toBe(0);
    expect(new Zipf(3201, fixed(1 - 2 ** -53)).next()).toBe(3200);
    expect(new Zipf(1, fixed(0.5)).next()).toBe(0);
  });

  it('gives each rank its share, to the boundary', () => {
    // Weights 1, 1/2, 1/3: shares end at 6/11 and 9/11.
    expect(new Zipf(3, fixed(6 / 11 - 1e-9)).next()).toBe(0);
    expect(new Zipf(3, fixed(6 / 11 + 1e-9)).next()).toBe(1);
    expect(new Zipf(3, fixed(9 / 11 + 1e-9)).next()).toBe(2);
  });

  it('draws ranks as often as they should be, by chi-square', () => {
    const draws = 200_000;
    const ranks = 20;
    const zipf = new Zipf(ranks, new SeededRandom(42));
    const drawn = Array<number>(ranks).fill(0);
    for (let draw = 0; draw < draws; draw++) drawn[zipf.next()]!++;
    const weight = (rank: number) => 1 / (rank + 1);
    const sum = drawn.reduce((total, _, rank) => total + weight(rank), 0);
    const chiSquare = drawn.reduce((total, count, rank) => {
      const expected = (draws * weight(rank)) / sum;
      return total + (count - expected) ** 2 / expected;
    }, 0);
    // 19 degrees of freedom: 43.8 is exceeded once in a thousand seeds.
    expect(chiSquare).toBeLessThan(43.8);
  });

  it('draws evenly with an exponent of 0', () => {
    expect([0.1, 0.3, 0.6, 0.9].map((value) => new Zipf(4, fixed(value), 0).next())).toEqual([0, 1, 2, 3]);
  });
});
