import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../testing/index.js';
import { drawLead } from './xfetch.js';

describe('The lead that a reader draws', () => {
  it.each([1, 0.25, 3])('is exponentially distributed with mean beta = %d', (beta) => {
    const random = new SeededRandom(2015);
    const DRAWS = 100_000;
    // Ten classes of the same chance.
    const counts = Array.from({ length: 10 }, () => 0);
    let sum = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const lead = drawLead(beta, random);
      sum += lead;
      counts[Math.floor(10 * (1 - Math.exp(-lead / beta)))]!++;
    }
    expect(sum / DRAWS).toBeCloseTo(beta, 1);
    const expected = DRAWS / 10;
    const chiSquare = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
    // 9 degrees of freedom: above 27.9 once in a thousand seeds.
    expect(chiSquare).toBeLessThan(27.9);
  });

  it('is finite and not negative for whatever the source draws', () => {
    for (const next of [0, 0.5, 1 - 2 ** -53]) {
      const lead = drawLead(1, { next: () => next });
      expect(lead).toBeGreaterThanOrEqual(0);
      expect(lead).toBeLessThan(37);
    }
    expect(drawLead(0, { next: () => 0.9 })).toBeCloseTo(0);
  });
});
