import type { GateCounts, Outcome, Work } from '../outcome.js';
import type { AbortReason, GatedReport, SliceReport } from '../slice/slice.js';

/** An error of a job in the form in which it is kept: strings only. */
export interface JobError {
  /** When it happened. */
  readonly at: Date;
  /**
   * `error`: the slice threw, rejected or returned an invalid value. `budget`, `closing`, `lease`: it was aborted for this
   * reason. `late`: it failed after it was reported as aborted. `warning`:
   * nothing failed, but an operator should know.
   */
  readonly reason: 'error' | 'budget' | 'closing' | 'lease' | 'late' | 'warning';
  /** Message of the error, or a description of the thrown value. At most 2,048 characters. */
  readonly message: string;
  /** Stack of the error with its causes, if it has one. At most 8,192 characters. */
  readonly stack?: string;
  /** Time that the slice took: ms. */
  readonly duration: number;
}

/** Durations of the last slices of a job, at most 128: ms. */
export interface Durations {
  /** Duration of the last slice. */
  readonly last: number;
  /** Arithmetic mean. */
  readonly mean: number;
  /** Median: half of the slices took at most this long. */
  readonly p50: number;
  /** 99th percentile: 99 % of the slices took at most this long. */
  readonly p99: number;
  /** Maximum. */
  readonly max: number;
}

const MAX_ERRORS = 10;
const MAX_DURATIONS = 128;

/** Statistics of a job's slices: exact counts, the last durations, the last errors. */
export class JobRecord {
  readonly counts: Record<Outcome, number> = {
    full: 0,
    partial: 0,
    idle: 0,
    aborted: 0,
    failed: 0,
    gated: 0,
  };
  /** The `gated` slices by reason; reasons that never occurred are omitted. */
  readonly gatedBy: GateCounts = {};
  /** The part of {@link gatedBy} that the agenda started. */
  readonly gatedLooks: GateCounts = {};
  /** The `aborted` slices by reason; reasons that never occurred are omitted. */
  readonly abortedBy: Partial<Record<AbortReason, number>> = {};
  /** Items done by slices that count them. */
  items = 0;
  /** Slices that took longer than their budget, with any outcome. */
  overruns = 0;
  /** When a slice last did work: ms since the epoch. */
  lastWorkAt: number | undefined;
  /** Consecutive slices, up to the last, that failed or were aborted other than by the shutdown. */
  failuresInARow = 0;
  /** Start times of slices that were aborted and have not settled: ms since the epoch. */
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
    this.#durations[this.#slices++ % MAX_DURATIONS] = report.duration;
  }

  /** Adds a slice that has not settled; returns a function that removes it. */
  addUnsettled(startedAt: number): () => void {
    this.unsettled.push(startedAt);
    return () => void this.unsettled.splice(this.unsettled.indexOf(startedAt), 1);
  }

  /** Adds the items of a slice that settled after it was reported; its outcome stays. */
  addLate({ outcome, done }: Work, now: number): void {
    this.items += done ?? 0;
    if (outcome !== 'idle' && done !== 0) this.lastWorkAt = now;
  }

  #note(report: Exclude<SliceReport, GatedReport>): void {
    const { outcome, startedAt, duration } = report;
    const hasWorked = outcome === 'full' || outcome === 'partial';
    // A slice that only returns that more is waiting has done no work.
    if (hasWorked && report.done !== 0) this.lastWorkAt = startedAt + duration;
    const reason = outcome === 'aborted' ? report.reason : undefined;
    if (outcome === 'failed' || (outcome === 'aborted' && reason !== 'closing')) this.failuresInARow++;
    else if (outcome !== 'aborted') this.failuresInARow = 0;
  }

  addError(error: JobError): void {
    this.#errors.push(error);
    if (this.#errors.length > MAX_ERRORS) this.#errors.shift();
  }

  get durations(): Durations | undefined {
    if (this.#slices === 0) return undefined;
    // A typed array sorts without a comparison function, in a tenth of the time: each scrape reads this for every job.
    const sorted = Float64Array.from(this.#durations).sort();
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
    return {
      last: this.#durations[(this.#slices - 1) % MAX_DURATIONS]!,
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
