import type { Outcome } from '../../lib/recruiter/outcome.js';
import type { Source } from './policies/index.js';

/** A slice in a burst, for the replay of the requests beside it. */
export interface BurstSlice {
  readonly process: number;
  /** When it began: ms. */
  readonly at: number;
  /** Event-loop time: ms. */
  readonly loop: number;
}

/** What is remembered of a run, second by second and slice by slice. */
export class RunRecord {
  /** Age of the oldest waiting item of the worst job, each second: s. */
  readonly lag: Float64Array;
  /** Age of the oldest waiting item of each job, each second: s. */
  readonly lagByJob: readonly Float64Array[];
  /** Slices begun in each second. */
  readonly slices: Float64Array;
  /** Mean back-off level of each job in each minute. */
  readonly levels: number[][] = [];
  readonly burstSlices: BurstSlice[] = [];
  readonly outcomes: Record<Outcome, number> = {
    full: 0,
    partial: 0,
    idle: 0,
    aborted: 0,
    failed: 0,
    gated: 0,
  };
  /** Slices and idle ones by job and by what started them. */
  readonly byJob: Record<Source, { slices: number; idle: number }>[];

  constructor(
    seconds: number,
    jobs: number,
    private readonly warmUp: number,
  ) {
    this.lag = new Float64Array(seconds);
    this.lagByJob = Array.from({ length: jobs }, () => new Float64Array(seconds));
    this.slices = new Float64Array(seconds);
    this.byJob = Array.from({ length: jobs }, () => ({
      enlistment: { slices: 0, idle: 0 },
      timer: { slices: 0, idle: 0 },
    }));
  }

  /** Takes note of how old the oldest waiting item of each job is at the end of a second. */
  ages(second: number, ages: readonly number[]): void {
    this.lag[second] = Math.max(...ages);
    ages.forEach((age, job) => (this.lagByJob[job]![second] = age));
  }

  slice(second: number, job: number, source: Source, outcome: Outcome): void {
    this.slices[second]!++;
    if (second < this.warmUp) return;
    this.outcomes[outcome]++;
    const tally = this.byJob[job]![source];
    tally.slices++;
    if (outcome === 'idle') tally.idle++;
  }
}
