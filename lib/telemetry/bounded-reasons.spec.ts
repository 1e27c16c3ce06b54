import { describe, expect, it } from '@jest/globals';
import { boundedReason, boundedReasons, OTHER_GATES } from './bounded-reasons.js';

const gates = Array.from({ length: 30 }, (_, index) => ({
  outcome: 'gated',
  reason: `gate:${index}`,
  count: 1,
}));

describe('The reasons that are exported', () => {
  it('are as they are: those of the recruiter itself, and those of a few gates', () => {
    const counts = [
      { outcome: 'full', reason: undefined, count: 4 },
      { outcome: 'gated', reason: 'busy', count: 2 },
      ...gates.slice(0, 20),
    ];
    expect(boundedReasons(counts)).toEqual(counts);
  });

  it('are bounded where the names of gates are made up at run time, and no slice is lost', () => {
    const bounded = boundedReasons([...gates, { outcome: 'gated', reason: 'paused', count: 3 }]);
    expect(bounded).toHaveLength(22);
    expect(bounded).toContainEqual({ outcome: 'gated', reason: OTHER_GATES, count: 10 });
    expect(bounded).toContainEqual({ outcome: 'gated', reason: 'paused', count: 3 });
    expect(bounded.reduce((sum, { count }) => sum + count, 0)).toBe(33);
  });

  it('stay the same for a gate that has its own', () => {
    const known = new Set<string>();
    for (const { reason } of gates) boundedReason(reason, known);
    expect([boundedReason('gate:0', known), boundedReason('gate:29', known)]).toEqual([
      'gate:0',
      OTHER_GATES,
    ]);
    expect(boundedReason('loaded', known)).toBe('loaded');
  });
});
