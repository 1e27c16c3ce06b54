import type { Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { RateControl } from './rate-control.js';
import { SlowStart } from './slow-start.js';

/** Deepest level: 1/64 of the declared rate. Deep enough that a mis-set rate costs little, shallow enough that work is still noticed. */
const DEEPEST = 6;

/**
 * Levels that a slice without success goes down, where one with some work climbs one. The level comes to rest where
 * the two balance: at steps of 1 and 1 every second look finds nothing, at 3 and 1 every fourth. Simulated, that is
 * a tenth less waste at the same lag.
 */
const STEP_DOWN = 3;

/**
 * Exponential back-off of one job.
 *
 * Goal: few looks at a job that has nothing to do, all the declared rate for one that has.
 * Model: at level n the job runs at rate/2^n. A slice without success cuts the rate to an eighth; one with some work
 * doubles it; a full one, with more waiting, restores it at once, since a backlog is served best by the whole ceiling.
 * Failing and overrunning slices count as idle: that is all a circuit breaker would do (simulated, no difference),
 * but for what comes after: see {@link SlowStart}. They say nothing about work, so {@link fruitless} leaves them out.
 */
export class BackOff implements RateControl {
  more = false;
  fruitless = 0;
  #level = 0;
  readonly #slowStart = new SlowStart();

  get factor(): number {
    return 2 ** -this.#level;
  }

  pace(now: number): number {
    return this.#slowStart.pace(now);
  }

  admits(random: Random): boolean {
    return this.#level === 0 || random.next() < this.factor;
  }

  learn(outcome: Outcome, now: number): void {
    const worked = outcome === 'full' || outcome === 'partial';
    this.more = outcome === 'full';
    if (worked) this.fruitless = 0;
    else if (outcome === 'idle') this.fruitless++;
    if (this.more) this.#level = 0;
    else this.#level = Math.min(DEEPEST, Math.max(0, this.#level + (worked ? -1 : STEP_DOWN)));
    this.#slowStart.learn(outcome, now);
  }
}
