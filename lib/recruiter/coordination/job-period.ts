import type { PassSummary, PeriodNews } from './coordinator.js';

/** The longest spread of the first questions for a pass: ms. */
const MAX_SPREAD_MS = 10_000;

/** What a coordinator said last of a job with `every`, as its process remembers it. */
export class JobPeriod {
  /** When the next pass is due, by the recruiter's clock: ms; -Infinity while one is due, under way, or nothing is known. */
  dueAt = -Infinity;
  /** Before this time a pass that failed is not tried again, by the recruiter's clock: ms. */
  retryAt = -Infinity;
  /** The pass under way, or the last one, of the whole fleet. */
  lastPass: PassSummary | undefined;
  /** How long the pass under way had been due when the coordinator last said so: ms. */
  overdueBy = 0;
  /** The other period that the coordinator was last found to keep: ms. */
  otherEvery: number | undefined;

  constructor(
    /** The period: ms. */
    readonly ms: number,
    /** Whether it is once a period in the whole fleet; otherwise once in this process. */
    readonly isFleetWide: boolean,
    /** For how long a claimed slice is held: ms. */
    readonly hold: number,
  ) {}

  /** Within which time the processes ask for a pass that another may have begun: ms. A small fleet need not be spread far. */
  spread(processes: number): number {
    return this.isFleetWide ? Math.min(this.ms / 20, MAX_SPREAD_MS, 500 * processes) : 0;
  }

  /** Nothing is due before `dueAt`, by the recruiter's clock. */
  isNotDueBefore(dueAt: number): void {
    this.dueAt = dueAt;
    this.overdueBy = 0;
  }

  /** A pass is due or under way since `dueAt`, by the wall clock. */
  isDueSince(dueAt: number, now: number): void {
    this.dueAt = -Infinity;
    this.overdueBy = Math.max(0, now - dueAt);
  }

  note({ pass }: PeriodNews): void {
    if (pass !== undefined) this.lastPass = pass;
  }
}
