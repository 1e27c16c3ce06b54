import { describe, expect, it } from '@jest/globals';
import { Deltas } from './deltas.js';

describe('Deltas', () => {
  it('tells how much a count has grown from one round to the next', () => {
    const deltas = new Deltas();
    const grown = [5, 7, 7].map((count) => {
      const delta = deltas.since('slices', count);
      deltas.endRound();
      return delta;
    });
    expect(grown).toEqual([5, 2, 0]);
  });

  it('counts from 0 where a count fell', () => {
    const deltas = new Deltas();
    deltas.since('slices', 5);
    deltas.endRound();
    expect(deltas.since('slices', 3)).toBe(3);
  });

  it('forgets a count that was not asked for in a round', () => {
    const deltas = new Deltas();
    deltas.since('slices of a job that comes and goes', 5);
    deltas.endRound();
    deltas.endRound();
    expect(deltas.since('slices of a job that comes and goes', 6)).toBe(6);
  });
});
