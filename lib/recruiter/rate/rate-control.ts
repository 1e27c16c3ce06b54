import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';

/** Sets a job's effective rate below the declared one, from what came of its slices. One instance a job. */
export interface RateControl {
  /** Effective rate over declared rate: `2 ** -level`, above 0, at most 1. */
  readonly factor: number;
  /** How often the rate is halved: 0 to 6. */
  readonly level: number;
  /** Whether more work was waiting when a slice last could tell. */
  readonly more: boolean;
  /** Slices in a row, up to the last, that found no work; those that failed count neither way. */
  readonly fruitless: number;
  /** Slices in a row, up to the last, that did nothing and said that more is waiting. */
  readonly empty: number;
  /** Whether a draw at the declared rate stands at the effective one: true with probability {@link factor}. */
  admits(random: Random): boolean;
  /** Takes note of what came of a slice; `done` where it counted its items. */
  learn(outcome: Outcome, done?: number): void;
  /** Takes note of whether more is waiting from a slice that settled after it was over. */
  learnLate(more: boolean): void;
}

/** The declared rate, exactly: the original's algorithm. */
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
