import type { GateCounts, Outcome, Work } from '../outcome.js';
import type { AbortReason, GatedReport, SliceReport } from '../slice/slice.js';

/** One error of a job, as it is kept for later. */
export interface JobError {
  /** When it happened. */
  readonly at: Date;
  /**
   * `error`: threw, rejected or returned nonsense. `budget`, `closing`, `lease`: cut short. `late`: failed after it was
   * cut short. `warning`: nothing failed, but somebody should know.
   */
  readonly reason: 'error' | 'budget' | 'closing' | 'lease' | 'late' | 'warning';
  /** Of the error, or what was thrown in its place. */
  readonly message: string;
  /** Of the error, where it had one. */
  readonly stack?: string;
  /** How long the slice took: ms. */
  readonly duration: number;
}

/** How long the last slices of a job took: ms, over the last 128 at most. */
export interface Durations {
  /** The latest. */
  readonly last: number;
  /** The arithmetic mean. */
  readonly mean: number;
  /** Half of them took no longer. */
  readonly p50: number;
  /** 99 in 100 of them took no longer. */
  readonly p99: number;
  /** The longest. */
  readonly max: number;
}

const ERRORS_KEPT = 10;
const DURATIONS_KEPT = 128;

/** What is remembered of a job's slices: exact counts, the last durations, the last errors. */
export class JobRecord {
  readonly counts: Record<Outcome, number> = {
    full: 0,
    partial: 0,
    idle: 0,
    aborted: 0,
    failed: 0,
    gated: 0,
  };
  /** The `gated` ones by what held them back; reasons that never did are left out. */
  readonly gatedBy: GateCounts = {};
  /** The `gated` ones that the agenda looked at, by what held them back. */
  readonly gatedLooks: GateCounts = {};
  /** The `aborted` ones by what cut them short; reasons that never did are left out. */
  readonly abortedBy: Partial<Record<AbortReason, number>> = {};
  /** Items done by slices that count them. */
  items = 0;
  /** Slices that took longer than their budget, whatever came of them. */
  overruns = 0;
  /** When a slice last did work, by the wall clock: ms since the epoch. */
  lastWorkAt: number | undefined;
  /** Slices since the last one that came to an end by itself. */
  failuresInARow = 0;
  /** When the slices began that were cut short and have not settled: ms since the epoch. */
  readonly unsettled: number[] = [];
  readonly #errors: JobError[] = [];
  #durations: number[] = [];
  #slices = 0;

  get errors(): readonly JobError[] {
    return [...this.#errors];
  }

  add(report: SliceReport): void {
    this.counts[report.outcome]++;
    if (report.outcome === 'gated') {
      countUp(this.gatedBy, report.reason);
      if (report.origin === 'agenda') countUp(this.gatedLooks, report.reason);
      return;
    }
    if (report.outcome === 'aborted') countUp(this.abortedBy, report.reason);
    if (report.overran) this.overruns++;
    if ('done' in report) this.items += report.done ?? 0;
    this.#note(report);
    this.#durations[this.#slices++ % DURATIONS_KEPT] = report.duration;
  }

  /** Remembers that a slice has not settled; returns a function that forgets it. */
  addUnsettled(startedAt: number): () => void {
    this.unsettled.push(startedAt);
    return () => void this.unsettled.splice(this.unsettled.indexOf(startedAt), 1);
  }

  /** What a slice did that was over when it settled: its outcome stands. */
  addLate({ outcome, done }: Work, now: number): void {
    this.items += done ?? 0;
    if (outcome !== 'idle' && done !== 0) this.lastWorkAt = now;
  }

  #note(report: Exclude<SliceReport, GatedReport>): void {
    const { outcome, startedAt, duration } = report;
    const hasWorked = outcome === 'full' || outcome === 'partial';
    // A slice that only says that more is waiting has done none of it.
    if (hasWorked && report.done !== 0) this.lastWorkAt = startedAt + duration;
    const reason = outcome === 'aborted' ? report.reason : undefined;
    if (outcome === 'failed' || (outcome === 'aborted' && reason !== 'closing')) this.failuresInARow++;
    else if (outcome !== 'aborted') this.failuresInARow = 0;
  }

  keep(error: JobError): void {
    this.#errors.push(error);
    if (this.#errors.length > ERRORS_KEPT) this.#errors.shift();
  }

  get durations(): Durations | undefined {
    if (this.#slices === 0) return undefined;
    // Without a comparison to call, it takes a tenth of the time: scrapes read this of every job.
    const sorted = Float64Array.from(this.#durations).sort();
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
    return {
      last: this.#durations[(this.#slices - 1) % DURATIONS_KEPT]!,
      mean: sorted.reduce((sum, duration) => sum + duration, 0) / sorted.length,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
    };
  }
}

function countUp<K extends string>(counts: Partial<Record<K, number>>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
