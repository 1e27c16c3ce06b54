import type { Clock } from './clock.js';
import type { Job, Slice } from './job.js';
import type { GrantedLease } from './leases.js';
import { readResult, type GateReason, type Work } from './outcome.js';

/** Why a slice was cut short: its time was spent, the application closed, or its lease expired. */
export type AbortReason = 'budget' | 'closing' | 'lease';

interface Ran {
  /** The id under which the job is installed. */
  readonly jobId: string;
  /** When it began: ms since the epoch. */
  readonly startedAt: number;
  /** How long it took: ms. Where the slice was cut short, until it was. */
  readonly duration: number;
}

/** A slice that was carried through. */
export interface WorkedReport extends Ran, Work {}

/** A slice that was cut short. */
export interface AbortedReport extends Ran, Partial<Omit<Work, 'outcome'>> {
  readonly outcome: 'aborted';
  /** What cut it short. */
  readonly reason: AbortReason;
  /** False while the job still runs, having ignored its signal: it keeps its place in flight until it settles. */
  readonly settled: boolean;
  /** What the job threw when it was cut short, if it did. */
  readonly error?: unknown;
}

/** A slice that threw, rejected or returned nonsense. */
export interface FailedReport extends Ran {
  readonly outcome: 'failed';
  readonly reason: 'error';
  /** What was thrown, or a TypeError that quotes what was returned. */
  readonly error: unknown;
}

/** A slice that was drawn or asked for, but not run. */
export interface GatedReport extends Ran {
  readonly outcome: 'gated';
  /** What held it back. */
  readonly reason: GateReason;
}

/** What came of one slice. */
export type SliceReport = WorkedReport | AbortedReport | FailedReport | GatedReport;

type Settlement = { readonly work: Work } | { readonly error: unknown };

/** The slice as its job sees it. */
class BudgetedSlice implements Slice {
  declare readonly fencingToken?: number;

  constructor(
    readonly jobId: string,
    readonly signal: AbortSignal,
    private readonly clock: Clock,
    private readonly deadline: number,
    lease?: GrantedLease,
  ) {
    if (lease !== undefined) this.fencingToken = lease.fencingToken;
  }

  timeRemaining(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.deadline - this.clock.now());
  }
}

/** One run of a job: from its start until the job has let go of it. */
export class SliceRun {
  /** Resolves, never rejects, when the slice is over for the recruiter: it has settled, or ignored its signal. */
  readonly ended: Promise<SliceReport>;
  /** Resolves, never rejects, when the job has settled: with what it threw after the slice was over, if it did. */
  readonly settled: Promise<{ readonly lateError?: unknown }>;

  readonly #controller = new AbortController();
  readonly #begun: number;
  readonly #startedAt: number;
  readonly #ignored: Promise<undefined>;
  #reportIgnored!: () => void;
  #abortReason: AbortReason | undefined;
  #over = false;

  constructor(
    job: Job,
    private readonly jobId: string,
    private readonly budget: number,
    private readonly clock: Required<Clock>,
    private readonly lease?: GrantedLease,
  ) {
    this.#begun = clock.now();
    this.#startedAt = clock.timestamp();
    this.#ignored = new Promise((resolve) => (this.#reportIgnored = () => resolve(undefined)));
    const callOff = this.#abortWhenOver();
    const deadline = Math.min(this.#begun + budget, lease?.expiresAt ?? Infinity);
    const slice = new BudgetedSlice(jobId, this.#controller.signal, clock, deadline, lease);
    const settlement = settle(job, slice);
    this.ended = this.#end(settlement, callOff);
    this.settled = this.#letGo(settlement);
  }

  /** Aborts the signal, and gives the job one turn of the event loop to settle before the slice is over. */
  abort(reason: AbortReason): void {
    if (this.#over || this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#controller.abort(
      new DOMException(`The slice of "${this.jobId}" was cut short: ${reason}`, 'AbortError'),
    );
    setImmediate(this.#reportIgnored);
  }

  #abortWhenOver(): () => void {
    const callOff = this.clock.after(this.budget, () => this.abort('budget'), true);
    if (this.lease === undefined) return callOff;
    const left = this.lease.expiresAt - this.#begun;
    const callOffExpiry = this.clock.after(left, () => this.abort('lease'), true);
    return () => {
      callOff();
      callOffExpiry();
    };
  }

  async #end(settlement: Promise<Settlement>, callOff: () => void): Promise<SliceReport> {
    const settled = await Promise.race([settlement, this.#ignored]);
    callOff();
    const duration = this.clock.now() - this.#begun;
    if (duration > this.budget) this.abort('budget');
    this.#over = true;
    if (settled !== undefined && this.lease !== undefined) await this.lease.release();
    const ran = { jobId: this.jobId, startedAt: this.#startedAt, duration };
    if (this.#abortReason !== undefined) return abortedReport(ran, this.#abortReason, settled);
    if (settled === undefined) throw new Error('A slice that was not aborted ended before its job settled');
    return 'work' in settled
      ? { ...ran, ...settled.work }
      : { ...ran, outcome: 'failed', reason: 'error', error: settled.error };
  }

  async #letGo(settlement: Promise<Settlement>): Promise<{ lateError?: unknown }> {
    const report = await this.ended;
    const settled = await settlement;
    if (report.outcome !== 'aborted' || report.settled) return {};
    if (this.lease !== undefined) await this.lease.release();
    return 'error' in settled ? { lateError: settled.error } : {};
  }
}

/** Being async, it adopts whatever the job returns as `await` does: sync throws and hostile thenables included. */
async function settle(job: Job, slice: Slice): Promise<Settlement> {
  try {
    return { work: readResult(await job.recruited(slice)) };
  } catch (error) {
    return { error };
  }
}

function abortedReport(ran: Ran, reason: AbortReason, settled: Settlement | undefined): AbortedReport {
  const aborted = { ...ran, outcome: 'aborted', reason, settled: settled !== undefined } as const;
  if (settled === undefined) return aborted;
  if ('error' in settled) return { ...aborted, error: settled.error };
  const { done, limit } = settled.work;
  return done === undefined || limit === undefined ? aborted : { ...aborted, done, limit };
}
