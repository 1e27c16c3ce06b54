import type { GateCounts, GateReason, Outcome } from '../../lib/recruiter/outcome.js';
import type { Source } from './policies/index.js';

/** A slice in a burst, for the replay of the requests beside it. */
export interface BurstSlice {
  readonly process: number;
  /** When it began: ms. */
  readonly at: number;
  /** Event-loop time: ms. */
  readonly loop: number;
  /** For how long it waits at most for a moment without requests: ms. */
  readonly patience: number;
}

/** What a job's snapshots would tell of a run, summed up over the fleet. */
export interface JobTally {
  readonly counts: Record<Outcome, number>;
  readonly gatedBy: GateCounts;
  items: number;
  /** Of all slices: ms. */
  duration: number;
  /** Items that waited when the warm-up was over, and at the end. */
  readonly backlog: { before: number; after: number };
}

/** What is remembered of a run, second by second and slice by slice. */
export class RunRecord {
  /** Age of the oldest waiting item of the worst job, each second: s. */
  readonly lag: Float64Array;
  /** Age of the oldest waiting item of each job, each second: s. */
  readonly lagByJob: readonly Float64Array[];
  /** Items of all jobs that wait at the beginning of each second. */
  readonly waiting: Float64Array;
  /** Slices begun in each second. */
  readonly slices: Float64Array;
  /** Mean back-off level of each job in each minute. */
  readonly levels: number[][] = [];
  readonly burstSlices: BurstSlice[] = [];
  readonly outcomes = noOutcomes();
  readonly tallies: readonly JobTally[];
  enlistments = 0;
  /** What slices waited for answers of Redis in the hour after an outage: ms. */
  readonly redisWaits: number[] = [];
  /** Questions for paces. */
  questions = 0;
  /** Slices and idle ones by job and by what started them. */
  readonly byJob: Record<Source, { slices: number; idle: number }>[];

  /** Seconds that are counted: without the warm-up. */
  readonly seconds: number;

  constructor(
    seconds: number,
    jobs: number,
    private readonly warmUp: number,
  ) {
    this.seconds = seconds - warmUp;
    this.lag = new Float64Array(seconds);
    this.lagByJob = Array.from({ length: jobs }, () => new Float64Array(seconds));
    this.waiting = new Float64Array(seconds);
    this.slices = new Float64Array(seconds);
    this.tallies = Array.from({ length: jobs }, () => ({
      counts: noOutcomes(),
      gatedBy: {},
      items: 0,
      duration: 0,
      backlog: { before: 0, after: 0 },
    }));
    this.byJob = Array.from({ length: jobs }, () => ({
      enlistment: { slices: 0, idle: 0 },
      timer: { slices: 0, idle: 0 },
    }));
  }

  /** Slices of a job in a second of the whole fleet. */
  perSecond(job: number): number {
    const { gated: _gated, ...ran } = this.tallies[job]!.counts;
    return Object.values(ran).reduce((total, count) => total + count, 0) / this.seconds;
  }

  /** Takes note of how old the oldest waiting item of each job is at the end of a second. */
  ages(second: number, ages: readonly number[]): void {
    this.lag[second] = Math.max(...ages);
    ages.forEach((age, job) => (this.lagByJob[job]![second] = age));
  }

  /** Takes note of the enlistments of a second, and of the items that wait at its beginning. */
  tick(second: number, enlistments: number, waiting: readonly number[]): void {
    this.waiting[second] = waiting.reduce((sum, items) => sum + items, 0);
    if (second < this.warmUp) return;
    this.enlistments += enlistments;
    this.tallies.forEach(({ backlog }, job) => {
      backlog.after = waiting[job]!;
      if (second === this.warmUp) backlog.before = backlog.after;
    });
  }

  gated(second: number, job: number, reason: GateReason): void {
    if (second < this.warmUp) return;
    const { counts, gatedBy } = this.tallies[job]!;
    counts.gated++;
    gatedBy[reason] = (gatedBy[reason] ?? 0) + 1;
  }

  /** A slice has begun, and has taken so many items. */
  began(second: number, job: number, items = 0): void {
    this.slices[second]!++;
    if (second >= this.warmUp) this.tallies[job]!.items += items;
  }

  ended(second: number, job: number, source: Source, outcome: Outcome, duration: number): void {
    if (second < this.warmUp) return;
    this.outcomes[outcome]++;
    const tally = this.byJob[job]![source];
    tally.slices++;
    if (outcome === 'idle') tally.idle++;
    const all = this.tallies[job]!;
    all.counts[outcome]++;
    all.duration += duration;
  }
}

function noOutcomes(): Record<Outcome, number> {
  return { full: 0, partial: 0, idle: 0, aborted: 0, failed: 0, gated: 0 };
}
