import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';
import type { JobPeriod } from '../coordination/job-period.js';
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

/** Mean time between looks at a job without known work, in a fleet of one process: ms. */
const SMALL_FLEET_INTERVAL_MS = 30_000;

/** The same in a process of a large fleet, as the fleet looks often enough then: ms. */
const LARGE_FLEET_INTERVAL_MS = 120_000;

/** However large the fleet, it looks at a job no more often than about once in this time: ms. */
const FLEET_INTERVAL_MS = 400;

/** However many jobs a process has, it looks at one of them no more often than once in this time: ms. */
const PROCESS_INTERVAL_MS = 600;

/** What the time to a job's next look depends on. */
export interface JobAtRest {
  /** Whether the other processes of the fleet look at the same work. */
  readonly isShared: boolean;
  /** When its passes are due, where it has `every`. */
  readonly period: JobPeriod | undefined;
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
    /** Mean time between looks at a job without known work: ms; `false` for no such looks. Default: by fleet and jobs. */
    private readonly interval: number | false | undefined,
    /** About how many processes share the work of the jobs that are shared, and how many jobs this one has. */
    private readonly counts: { readonly processes: () => number; readonly jobs: () => number },
  ) {}

  /** Until the first look at a job that has not run: ms. */
  first(job: JobAtRest): number {
    if (job.period !== undefined) return this.spreadOf(job.period);
    return this.interval === false ? Infinity : this.#intervalOf(job, this.interval) * this.random.next();
  }

  /** Until this process asks for a pass that is due, and that another may have begun: ms. */
  spreadOf(period: JobPeriod): number {
    return period.spread(this.counts.processes()) * this.random.next();
  }

  /** From the end of a slice of `duration` ms, of which the job's control has learnt: ms. */
  after(outcome: Outcome, duration: number, job: JobAtRest): number {
    const { control } = job;
    const hasFailed = outcome === 'failed' || outcome === 'aborted';
    // A pass goes on whatever the rate control keeps in mind.
    const isWaiting = control.more || (job.period !== undefined && (hasFailed || outcome === 'full'));
    if (hasFailed && (isWaiting || (job.adaptive && this.interval !== false))) {
      return this.#doubled(this.#patience(duration, job), control.level);
    }
    if (!isWaiting) return this.#withoutWork(job);
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

  #withoutWork(job: JobAtRest): number {
    if (this.interval === false) return Infinity;
    const intervals = Math.min(MAX_INTERVALS, 1 + job.control.fruitless / 2);
    return this.#intervalOf(job, this.interval) * intervals * (0.5 + this.random.next());
  }

  #intervalOf({ isShared }: JobAtRest, interval: number | undefined): number {
    if (interval !== undefined) return interval;
    const processes = isShared ? this.counts.processes() : 1;
    // By the root: the looks of n processes come at random, not in turn, and so do the longest gaps between them.
    const ofFleet = Math.min(SMALL_FLEET_INTERVAL_MS * Math.sqrt(processes), LARGE_FLEET_INTERVAL_MS);
    return Math.max(ofFleet, FLEET_INTERVAL_MS * processes, PROCESS_INTERVAL_MS * this.counts.jobs());
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
