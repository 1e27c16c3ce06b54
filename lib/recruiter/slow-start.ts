import type { Outcome } from './outcome.js';

/** Where a recovery begins, as a share of the full pace: some five times what a fleet does in steady times. */
const LEAST = 1 / 8;

/**
 * Holds the drain back after failures.
 *
 * Goal: what Redis serves when it comes back is not every process at full speed. Model: a backlog is as long as what
 * caused it lasted, so recovery may last as long again. For half of the time for which the job failed, the pace is
 * an eighth; then it grows with the third power, which is an eighth there, to the whole. A short hiccup is over at
 * once, a long outage ends in a plateau instead of a spike.
 */
export class SlowStart {
  #failingSince: number | undefined;
  #recoveredAt = -Infinity;
  #failedFor = 0;

  /** Share of the full pace at a time by the recruiter's clock: an eighth to 1. */
  pace(now: number): number {
    if (this.#failedFor === 0) return 1;
    return Math.min(1, Math.max(LEAST, ((now - this.#recoveredAt) / this.#failedFor) ** 3));
  }

  learn(outcome: Outcome, now: number): void {
    if (outcome === 'failed' || outcome === 'aborted') {
      this.#failingSince ??= now;
    } else if (outcome !== 'gated' && this.#failingSince !== undefined) {
      this.#failedFor = now - this.#failingSince;
      this.#recoveredAt = now;
      this.#failingSince = undefined;
    }
  }
}
