import type { Outcome } from './outcome.js';

/** Where a recovery begins, as a share of the full pace: with enlistments, four times what the fleet does in steady times. */
const LEAST = 1 / 12;

/** How steeply it grows from there: the greater, the longer the beginning lasts and the steeper the end is. */
const POWER = 5;

/**
 * Holds the drain back after failures.
 *
 * Goal: what Redis serves when it comes back is not every process at full speed. Model: a backlog is as long as what
 * caused it lasted, so recovery may last as long again. For six tenths of the time for which the job failed, the pace
 * is a twelfth; then it grows with the fifth power of that time, which is a twelfth there, to the whole. A short hiccup
 * is over at once, a long outage ends in a plateau instead of a spike: simulated, 25 slices/s of 100 processes that do 5
 * in steady times, where an eighth and the third power gave 32, and no slow start 175.
 */
export class SlowStart {
  #failingSince: number | undefined;
  #recoveredAt = -Infinity;
  #failedFor = 0;

  /** Share of the full pace at a time by the recruiter's clock: a twelfth to 1. */
  pace(now: number): number {
    if (this.#failedFor === 0) return 1;
    return Math.min(1, Math.max(LEAST, ((now - this.#recoveredAt) / this.#failedFor) ** POWER));
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
