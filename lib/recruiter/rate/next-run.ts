import type { Outcome } from '../outcome.js';
import type { Random } from '../random.js';
import type { JobPeriod } from '../coordination/job-period.js';
import type { RateControl } from './rate-control.js';

/** Maximum rest: ms. A slice that hung must not stop a process for hours. */
export const MAX_REST_MS = 10 * 60_000;

/** Minimum wait after a failure or a refusal: ms. At a duty cycle of 1 there is no rest, and failures would spin. */
export const MIN_PATIENCE_MS = 950;

/** Maximum doublings of the wait of a job that is refused, or that returns `more` without having done anything. */
const MAX_DOUBLINGS = 6;

/** Maximum time to the next run of a job without known work: intervals, before they are spread. */
const MAX_INTERVALS = 3;

/** Rest after `duration` ms of work that keeps a share of `dutyCycle`: ms, at most 10 minutes. */
export function restAfter(duration: number, dutyCycle: number): number {
  // 1 / dutyCycle may be Infinity, and 0 * Infinity is NaN.
  return duration === 0 ? 0 : Math.min(MAX_REST_MS, duration * (1 / dutyCycle - 1));
}

/** Mean time between runs of a job without known work, in a fleet of one process: ms. */
const SMALL_FLEET_INTERVAL_MS = 30_000;

/** The same in each process of a large fleet, whose processes together run it often enough: ms. */
const LARGE_FLEET_INTERVAL_MS = 120_000;

/** Minimum mean time between runs of a job without known work, in the whole fleet: ms. */
const FLEET_INTERVAL_MS = 400;

/** Minimum mean time between runs of any jobs without known work, in one process: ms. */
const PROCESS_INTERVAL_MS = 600;

/** The properties of a job on which the time to its next run depends. */
export interface JobAtRest {
  /** Whether other processes of the fleet can do the same work. */
  readonly isShared: boolean;
  /** State of its passes, for a job with `every`. */
  readonly period: JobPeriod | undefined;
  readonly control: RateControl;
  readonly adaptive: boolean;
  /** Time that one slice may take: ms. */
  readonly budget: number;
  /** Share of wall-clock time that its slices may take: above 0, at most 1. */
  readonly dutyCycle: number;
}

/** Computes the time to the next run of a job. All times are randomized, so that a fleet that started in step spreads out. */
export class NextRun {
  constructor(
    private readonly random: Random,
    /** Mean time between runs of a job without known work: ms; `false` for no such runs. Default: by fleet and jobs. */
    private readonly interval: number | false | undefined,
    /** Approximate number of processes that share the work of shared jobs, and number of jobs of this process. */
    private readonly counts: { readonly processes: () => number; readonly jobs: () => number },
  ) {}

  /** Time to the first run of a job: ms; Infinity for never. */
  first(job: JobAtRest): number {
    if (job.period !== undefined) return this.spreadOf(job.period);
    return this.interval === false ? Infinity : this.#intervalOf(job, this.interval) * this.random.next();
  }

  /** Time for which this process waits before it claims a pass that is due, and that another may have begun: ms. */
  spreadOf(period: JobPeriod): number {
    return period.spread(this.counts.processes()) * this.random.next();
  }

  /** Time from the end of a slice of `duration` ms, from which the rate control has learnt, to the next run: ms. */
  after(outcome: Outcome, duration: number, job: JobAtRest): number {
    const { control } = job;
    const hasFailed = outcome === 'failed' || outcome === 'aborted';
    // A pass continues whatever the state of the rate control.
    const isWaiting = control.more || (job.period !== undefined && (hasFailed || outcome === 'full'));
    if (hasFailed && (isWaiting || (job.adaptive && this.interval !== false))) {
      const patience = this.#patience(duration, job);
      const wait = this.#doubled(patience, control.level);
      // A pass is tried again within a period, so that it does not stand still after an outage that is over.
      return job.period === undefined
        ? wait
        : Math.min(wait, Math.max(patience, job.period.ms) * this.#stretch());
    }
    if (!isWaiting) return this.#withoutWork(job);
    if (control.empty > 0) return this.#doubled(this.#patience(0, job), control.empty);
    return Math.min(MAX_REST_MS, restAfter(duration, job.dutyCycle) * 2 ** control.level * this.#stretch());
  }

  /** Time to the next request of a lease after the refusal with this index, from 0, of consecutive ones: ms. */
  afterRefusal(job: JobAtRest, refusals: number): number {
    return this.#doubled(this.#patience(0, job), refusals);
  }

  /** `ms` times a random factor from 1 to 1.25. */
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
    // By the root: n processes run at random times, not in turn, so the longest gaps shrink more slowly than 1/n.
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
