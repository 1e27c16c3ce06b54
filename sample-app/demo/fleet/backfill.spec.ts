import { describe, expect, it } from '@jest/globals';
import { furthest } from './backfill.js';

const half = { done: 1650, total: 3201, eta: 4100, ended: false };
const ended = { done: 3201, total: 3201, eta: null, ended: true };

describe('furthest', () => {
  it('takes the report that is further, in either order', () => {
    const before = { ...half, done: 100 };
    expect([furthest(before, half), furthest(half, before)]).toEqual([half, half]);
    expect([furthest(half, ended), furthest(ended, half)]).toEqual([ended, ended]);
  });

  it('takes the only one there is', () => {
    expect([furthest(null, half), furthest(half, null), furthest(null, null)]).toEqual([half, half, null]);
  });
});
