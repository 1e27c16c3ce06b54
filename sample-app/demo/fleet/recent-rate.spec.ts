import { describe, expect, it } from '@jest/globals';
import { RecentRate } from './recent-rate.js';

describe('RecentRate', () => {
  it('is 0 until there are two readings', () => {
    const rate = new RecentRate();
    expect(rate.perSecond).toBe(0);
    rate.add(100, 0);
    expect(rate.perSecond).toBe(0);
  });

  it('tells the growth a second over the window, and forgets what came before', () => {
    const rate = new RecentRate(1000);
    for (const [total, at] of [
      [0, 0],
      [1000, 500],
      [1050, 1000],
      [1100, 1500],
      [1150, 2000],
    ] as const)
      rate.add(total, at);
    expect(rate.perSecond).toBe(100);
  });

  it('starts anew when the counter does', () => {
    const rate = new RecentRate();
    rate.add(500, 0);
    rate.add(10, 500);
    expect(rate.perSecond).toBe(0);
    rate.add(20, 1000);
    expect(rate.perSecond).toBe(20);
  });
});
