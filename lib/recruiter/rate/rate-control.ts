import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';

/** Adapts the effective rate of one job, at most its declared rate, to the outcomes of its slices. */
export interface RateControl {
  /** Effective rate divided by declared rate: `2 ** -level`, above 0, at most 1. */
  readonly factor: number;
  /** Number of times that the rate is halved: 0 to 6. */
  readonly level: number;
  /** Whether more work was waiting, by the last slice that returned it. */
  readonly more: boolean;
  /** Consecutive slices, up to the last, that found no work; failed slices are ignored. */
  readonly fruitless: number;
  /** Consecutive slices, up to the last, that did nothing although they returned that more is waiting. */
  readonly empty: number;
  /** Whether a draw at the declared rate is kept at the effective rate: true with probability {@link factor}. */
  admits(random: Random): boolean;
  /** Learns from the outcome of a slice; `done` if it counted its items. */
  learn(outcome: Outcome, done?: number): void;
  /** Learns whether more is waiting from a slice that settled later than it was reported. */
  learnLate(more: boolean): void;
}

/** Always the declared rate: the algorithm of the original. */
export class FixedRate implements RateControl {
  readonly factor = 1;
  readonly level = 0;
  readonly more = false;
  readonly fruitless = 0;
  empty = 0;

  admits(): boolean {
    return true;
  }

  learn(outcome: Outcome, done?: number): void {
    this.empty = outcome === 'full' && done === 0 ? this.empty + 1 : 0;
  }

  learnLate(): void {}
}
