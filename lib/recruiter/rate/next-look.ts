import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';
import type { RateControl } from './rate-control.js';

/** Longest time that anything waits for a rest to end: ms. A slice that hung must not silence a process for hours. */
export const MAX_REST_MS = 10 * 60_000;

/** Shortest wait after a failure or a refusal: ms. At a duty cycle of 1 there is no rest, and failures would spin. */
export const MIN_PATIENCE_MS = 950;

/** Deepest doubling of the wait of a job that is refused, or that says "more" without having done anything. */
const MAX_DOUBLINGS = 6;

/** The longest time to the next look at a job without known work: intervals, before they are spread. */
const MAX_INTERVALS = 3;

/** How long after `duration` ms a share of `dutyCycle` is kept: ms, 10 minutes at most. */
export function restAfter(duration: number, dutyCycle: number): number {
  // 1 / dutyCycle may be Infinity, and 0 times that is no number.
  return duration === 0 ? 0 : Math.min(MAX_REST_MS, duration * (1 / dutyCycle - 1));
}

/** What the time to a job's next look depends on. */
export interface JobAtRest {
  readonly control: RateControl;
  readonly adaptive: boolean;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  /** Share of wall-clock time that its slices may take. */
  readonly dutyCycle: number;
}

/** Says how long a job is left alone; everything is spread, so that a fleet that was set going at once falls out of step. */
export class NextLook {
  constructor(
    private readonly random: Random,
    /** Mean time between looks at a job without known work: ms; `false` for no such looks. */
    private readonly interval: number | false,
  ) {}

  /** Until the first look at a job that has not run: ms. */
  first(): number {
    return this.interval === false ? Infinity : this.interval * this.random.next();
  }

  /** From the end of a slice of `duration` ms, of which the job's control has learnt: ms. */
  after(outcome: Outcome, duration: number, job: JobAtRest): number {
    const { control } = job;
    const hasFailed = outcome === 'failed' || outcome === 'aborted';
    if (hasFailed && (control.more || (job.adaptive && this.interval !== false))) {
      return this.#doubled(this.#patience(duration, job), control.level);
    }
    if (!control.more) return this.#withoutWork(control.fruitless);
    if (control.empty > 0) return this.#doubled(this.#patience(0, job), control.empty);
    return Math.min(MAX_REST_MS, restAfter(duration, job.dutyCycle) * 2 ** control.level * this.#stretch());
  }

  /** After a lease was refused for the n-th time in a row, n from 0: ms. */
  afterRefusal(job: JobAtRest, refusals: number): number {
    return this.#doubled(this.#patience(0, job), refusals);
  }

  /** `ms`, 1 to 1.25 times. */
  spread(ms: number): number {
    return ms * this.#stretch();
  }

  #withoutWork(fruitless: number): number {
    if (this.interval === false) return Infinity;
    const intervals = Math.min(MAX_INTERVALS, 1 + fruitless / 2);
    return this.interval * intervals * (0.5 + this.random.next());
  }

  #patience(duration: number, { budget, dutyCycle }: JobAtRest): number {
    return Math.max(MIN_PATIENCE_MS, restAfter(Math.max(duration, budget), dutyCycle));
  }

  #doubled(ms: number, times: number): number {
    return Math.min(MAX_REST_MS, ms * 2 ** Math.min(MAX_DOUBLINGS, times) * this.#stretch());
  }

  #stretch(): number {
    return 1 + this.random.next() / 4;
  }
}
