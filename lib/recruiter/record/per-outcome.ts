import type { Outcome } from '../outcome.js';

/** One number for each outcome. All results have the same shape, which V8 reads several times faster. */
export function perOutcome(count: (outcome: Outcome) => number): Record<Outcome, number> {
  return {
    full: count('full'),
    partial: count('partial'),
    idle: count('idle'),
    aborted: count('aborted'),
    failed: count('failed'),
    gated: count('gated'),
  };
}
