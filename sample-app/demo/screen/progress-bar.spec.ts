import { describe, expect, it } from '@jest/globals';
import { progressBar } from './progress-bar.js';

const half = { done: 1650, total: 3201, eta: 4100, ended: false };
const ended = { done: 3201, total: 3201, eta: null, ended: true };

describe('progressBar', () => {
  it('shows how much is done, and how long the rest will take', () => {
    expect(progressBar(half)).toBe(
      'search keys [####################--------------------] 1,650 of 3,201 films · 51 % · 5 s to go',
    );
  });

  it('is full only at the end', () => {
    const almost = progressBar({ ...half, done: 3200, eta: 1 });
    expect(almost).toContain(`[${'#'.repeat(39)}-] 3,200 of 3,201 films · 99 % · 1 s to go`);
    expect(progressBar(ended)).toContain(`[${'#'.repeat(40)}] 3,201 of 3,201 films · 100 % · done`);
  });

  it('shows a backfill that has not begun, and one that nobody can see', () => {
    expect(progressBar({ ...half, done: 0, eta: null })).toContain(`[${'-'.repeat(40)}] 0 of 3,201 films`);
    expect(progressBar({ ...half, done: 0, eta: null })).toMatch(/ · 0 % · not begun$/);
    expect(progressBar(null)).toBe('search keys: unknown: Redis does not answer');
  });
});
