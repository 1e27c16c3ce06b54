import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';
import type { RateControl } from './rate-control.js';

/** Maximum level: 1/64 of the declared rate. High enough that a wrong rate costs little, low enough that work is noticed. */
const MAX_LEVEL = 6;

/**
 * Levels added by an idle slice, while one with some work removes one. The level settles where both balance: with steps of 1
 * and 1 every second slice finds nothing, with 3 and 1 every fourth. In simulations that wastes a tenth less at the same lag.
 */
const IDLE_STEP = 3;

/**
 * Exponential back-off of one job.
 *
 * Goal: few slices of a job that has nothing to do, and the whole declared rate for one that has.
 * Model: at level n the job runs at rate/2^n. An idle slice cuts the rate to an eighth; one with some work doubles it; a
 * full one, with more waiting, restores it at once, since a backlog is done fastest at the declared rate. A failed slice
 * halves it and gives no evidence about work: {@link more} and {@link fruitless} stay. With one level a failure, a single
 * failure costs two seconds, and the processes of a fleet spread out after an outage.
 */
export class BackOff implements RateControl {
  level = 0;
  more = false;
  fruitless = 0;
  empty = 0;

  get factor(): number {
    return 2 ** -this.level;
  }

  admits(random: Random): boolean {
    return this.level === 0 || random.next() < this.factor;
  }

  learn(outcome: Outcome, done?: number): void {
    switch (outcome) {
      case 'full':
        this.more = true;
        this.fruitless = 0;
        this.empty = done === 0 ? this.empty + 1 : 0;
        this.level = 0;
        break;
      case 'partial':
        this.more = false;
        this.fruitless = 0;
        this.empty = 0;
        this.level = Math.max(0, this.level - 1);
        break;
      case 'idle':
        this.more = false;
        this.fruitless++;
        this.empty = 0;
        this.level = Math.min(MAX_LEVEL, this.level + IDLE_STEP);
        break;
      default:
        this.level = Math.min(MAX_LEVEL, this.level + 1);
    }
  }

  learnLate(more: boolean): void {
    this.more = more;
  }
}
