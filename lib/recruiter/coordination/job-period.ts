import type { PassSummary, PeriodNews } from './coordinator.js';

/** Maximum spread of the first claims of a pass. */
const MAX_SPREAD_MS = 10_000;

/** The state of the passes of a job with `every`, by the last reply of its coordinator. */
export class JobPeriod {
  /** When the next pass is due: ms by the recruiter's clock; -Infinity while one is due, under way or nothing is known. */
  dueAt = -Infinity;
  /** Time before which a failed pass is not retried: ms by the recruiter's clock. */
  retryAt = -Infinity;
  /** The pass under way, or the last one, in the whole fleet. */
  lastPass: PassSummary | undefined;
  /** Time for which the pass under way had been due at the last reply: ms. */
  overdueBy = 0;
  /** The period of the coordinator, if it differs from the declared one: ms. */
  otherEvery: number | undefined;

  constructor(
    /** The period: ms. */
    readonly ms: number,
    /** Whether there is one pass a period in the whole fleet; otherwise in this process. */
    readonly isFleetWide: boolean,
    /** Time after which the claim of a slice expires: ms. */
    readonly hold: number,
  ) {}

  /** Time over which the processes spread their claims of a pass that another may have begun: ms. */
  spread(processes: number): number {
    return this.isFleetWide ? Math.min(this.ms / 20, MAX_SPREAD_MS, 500 * processes) : 0;
  }

  /** @param dueAt - when the next pass is due: ms by the recruiter's clock. */
  setNotDue(dueAt: number): void {
    this.dueAt = dueAt;
    this.overdueBy = 0;
  }

  /** @param dueAt - when the pass fell due that is due or under way: ms since the epoch, as is `now`. */
  setDue(dueAt: number, now: number): void {
    this.dueAt = -Infinity;
    this.overdueBy = Math.max(0, now - dueAt);
  }

  note({ pass }: PeriodNews): void {
    if (pass !== undefined) this.lastPass = pass;
  }
}
