import type { Outcome } from './outcome.js';
import type { Random } from './random.js';

/** Sets a job's effective rate below the declared one, from what came of its slices. One instance a job. */
export interface RateControl {
  /** Effective rate over declared rate: above 0, at most 1. */
  readonly factor: number;
  /** Whether more work was waiting when the last slice ended. */
  readonly more: boolean;
  /** Slices in a row, up to the last, that did no work. */
  readonly fruitless: number;
  /** Share of the duty cycle that the drain may take for this job at a time by the recruiter's clock: above 0, at most 1. */
  pace(now: number): number;
  /** Whether a draw at the declared rate stands at the effective one: true with probability {@link factor}. */
  admits(random: Random): boolean;
  /** Takes note of what came of a slice, and when it ended by the recruiter's clock. */
  learn(outcome: Outcome, now: number): void;
}

/** The declared rate, exactly: the original's algorithm. */
export class FixedRate implements RateControl {
  readonly factor = 1;
  readonly more = false;
  readonly fruitless = 0;

  pace(): number {
    return 1;
  }

  admits(): boolean {
    return true;
  }

  learn(): void {}
}
