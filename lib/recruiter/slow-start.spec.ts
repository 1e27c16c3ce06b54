import { describe, expect, it } from '@jest/globals';
import type { Outcome } from './outcome.js';
import { SlowStart } from './slow-start.js';

/** What the pace is at a time, after these outcomes at these times. */
function paceAt(now: number, ...learnt: [Outcome, number][]): number {
  const start = new SlowStart();
  for (const [outcome, at] of learnt) start.learn(outcome, at);
  return start.pace(now);
}

describe('SlowStart', () => {
  it('holds nothing back where nothing failed, nor while it still fails', () => {
    expect(paceAt(0)).toBe(1);
    expect(paceAt(10, ['full', 5])).toBe(1);
    expect(paceAt(200, ['failed', 100])).toBe(1);
  });

  it.each(['failed', 'aborted'] as const)(
    'begins at a twelfth, and comes to the whole in the time for which slices %s',
    (outcome) => {
      const outage: [Outcome, number][] = [
        [outcome, 1000],
        [outcome, 1500],
        ['idle', 2000],
      ];
      expect(paceAt(2000, ...outage)).toBe(1 / 12);
      expect(paceAt(2600, ...outage)).toBe(1 / 12);
      expect(paceAt(2800, ...outage)).toBeCloseTo(0.8 ** 5, 12);
      expect(paceAt(2999, ...outage)).toBeCloseTo(0.999 ** 5, 12);
      expect(paceAt(3000, ...outage)).toBe(1);
      expect(paceAt(9000, ...outage)).toBe(1);
    },
  );

  it('learns nothing of the recovery from slices that were held back, nor from those that follow it', () => {
    expect(paceAt(3000, ['failed', 1000], ['gated', 2000])).toBe(1);
    expect(paceAt(2900, ['failed', 1000], ['gated', 1900], ['full', 2000], ['full', 2800])).toBeCloseTo(
      0.9 ** 5,
      12,
    );
  });

  it('measures each outage by itself', () => {
    expect(paceAt(5050, ['failed', 1000], ['full', 2000], ['failed', 4900], ['partial', 5000])).toBe(1 / 12);
    expect(paceAt(5100, ['failed', 1000], ['full', 2000], ['failed', 4900], ['partial', 5000])).toBe(1);
  });
});
