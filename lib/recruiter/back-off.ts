import type { Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { RateControl } from './rate-control.js';

/** Deepest level: 1/64 of the declared rate. Deep enough that a mis-set rate costs little, shallow enough that work is still noticed. */
const DEEPEST = 6;

/**
 * Binary exponential back-off of one job.
 *
 * Goal: few looks at a job that has nothing to do, all the declared rate for one that has.
 * Model: at level n the job runs at rate/2^n. A slice without success halves the rate; one with some work doubles it;
 * a full one, with more waiting, restores it at once, since a backlog is served best by the whole ceiling.
 * Failing and overrunning slices count as idle: that is all a circuit breaker would do (simulated, no difference).
 */
export class BackOff implements RateControl {
  more = false;
  #level = 0;

  get factor(): number {
    return 2 ** -this.#level;
  }

  admits(random: Random): boolean {
    return this.#level === 0 || random.next() < this.factor;
  }

  learn(outcome: Outcome): void {
    this.more = outcome === 'full';
    if (outcome === 'full') this.#level = 0;
    else if (outcome === 'partial') this.#level = Math.max(0, this.#level - 1);
    else this.#level = Math.min(DEEPEST, this.#level + 1);
  }
}
