import { setMaxListeners } from 'node:events';
import type { Clock } from '../../time/clock.js';
import type { Job, Slice, SlicePass } from '../job.js';
import type { Grant } from '../coordination/grant.js';
import { readResult, type GateReason, type Work } from '../outcome.js';

/**
 * What started a slice: an `enlistment` that drew it; the `agenda` of its recruiter, which does known work between
 * enlistments and runs jobs that are drawn too rarely; or an `operator` ({@link Recruiter.recruit}).
 */
export type SliceOrigin = 'enlistment' | 'agenda' | 'operator';

/** Why a slice was aborted: its budget was spent, the application closed, or its lease or claim expired. */
export type AbortReason = 'budget' | 'closing' | 'lease';

interface Ran {
  /** Id under which the job is installed. */
  readonly jobId: string;
  /** What started the slice. */
  readonly origin: SliceOrigin;
  /** When it began: ms since the epoch. */
  readonly startedAt: number;
  /** Time that it took: ms. If the job ignored its signal, the time until the recruiter stopped waiting for it. */
  readonly duration: number;
  /** Whether it took longer than its budget. */
  readonly overran: boolean;
}

/** A completed slice. */
export interface WorkedReport extends Ran, Work {}

/** A slice that was aborted and returned no valid result in time. */
export interface AbortedReport extends Ran, Partial<Omit<Work, 'outcome'>> {
  readonly outcome: 'aborted';
  /** Why it was aborted. */
  readonly reason: AbortReason;
  /** False while the job ignores its signal and still runs: it keeps its concurrency slot until it settles. */
  readonly settled: boolean;
  /** Value that the job threw after it was aborted, if it threw. */
  readonly error?: unknown;
}

/** A slice that threw, rejected or returned an invalid value. */
export interface FailedReport extends Ran {
  readonly outcome: 'failed';
  readonly reason: 'error';
  /** The thrown value, or a TypeError that quotes the invalid return value. */
  readonly error: unknown;
}

/** A slice that was drawn, due or requested, but not run. */
export interface GatedReport extends Ran {
  readonly outcome: 'gated';
  /** Why it was held back. */
  readonly reason: GateReason;
}

/** The result of one slice. */
export type SliceReport = WorkedReport | AbortedReport | FailedReport | GatedReport;

type Settlement = { readonly work: Work } | { readonly error: unknown };

/** The argument of `recruited()`. */
class BudgetedSlice implements Slice {
  declare readonly fencingToken?: number;
  declare readonly pass?: SlicePass;

  constructor(
    readonly jobId: string,
    readonly signal: AbortSignal,
    private readonly clock: Clock,
    private readonly deadline: number,
    grant?: Grant,
  ) {
    if (grant !== undefined) this.fencingToken = grant.fencingToken;
    if (grant?.pass !== undefined) this.pass = grant.pass;
  }

  timeRemaining(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.deadline - this.clock.now());
  }
}

/** The result of a slice that settled after the recruiter had stopped waiting for it. */
export interface LateSettlement {
  /** Its work; undefined when it threw. */
  readonly work?: Work;
  /** The thrown value. */
  readonly error?: unknown;
  /** Time from its start until it settled: ms. */
  readonly duration: number;
  /** Time from its end for the recruiter until it settled: ms. */
  readonly lateBy: number;
}

/**
 * One run of a job: from its start until its promise has settled.
 *
 * It ends for the recruiter when it settles; at twice its budget at the latest, so that a slice that completes a little late
 * still counts; and one turn of the event loop after its signal was aborted for another reason than its budget. There is one
 * more turn after the second budget too: if the whole process was stopped for a while, timers run before the replies that
 * arrived meanwhile are read.
 */
export class SliceRun {
  /** Resolves, never rejects, when the slice ends for the recruiter: it has settled, or ignored its signal. */
  readonly ended: Promise<SliceReport>;
  /** Resolves, never rejects, when the job has settled: with its result, if the slice had ended before. */
  readonly settled: Promise<LateSettlement | undefined>;

  readonly #controller = new AbortController();
  readonly #begun: number;
  readonly #startedAt: number;
  readonly #ignored: Promise<undefined>;
  #stopWaiting!: () => void;
  readonly #cancel: () => void;
  #abortReason: AbortReason | undefined;
  #isOver = false;

  constructor(
    private readonly job: { readonly id: string; readonly job: Job; readonly budget: number },
    private readonly origin: SliceOrigin,
    private readonly clock: Required<Clock>,
    private readonly grant?: Grant,
  ) {
    // Each reply that a slice waits for adds a listener to its signal: many at once are not a leak.
    setMaxListeners(0, this.#controller.signal);
    this.#begun = clock.now();
    this.#startedAt = clock.timestamp();
    this.#ignored = new Promise(
      (resolve) => (this.#stopWaiting = () => void setImmediate(resolve, undefined)),
    );
    this.#cancel = this.#abortWhenSpent();
    const deadline = Math.min(this.#begun + job.budget, grant?.expiresAt ?? Infinity);
    const slice = new BudgetedSlice(job.id, this.#controller.signal, clock, deadline, grant);
    const settlement = settle(job.job, slice);
    this.ended = this.#end(settlement);
    this.settled = this.#settle(settlement);
  }

  /** Aborts the signal. For `closing` and `lease` the slice ends one turn later, settled or not. */
  abort(reason: AbortReason): void {
    if (this.#isOver) return;
    // A lease that expires during the second budget invalidates the result; any other reason changes nothing.
    if (this.#abortReason === undefined || reason === 'lease') this.#abortReason = reason;
    if (reason !== 'budget') this.#stopWaiting();
    if (this.#controller.signal.aborted) return;
    const why = new DOMException(`The slice of "${this.job.id}" was cut short: ${reason}`, 'AbortError');
    this.#controller.abort(Object.assign(why, { cause: reason }));
  }

  #abortWhenSpent(): () => void {
    const { budget } = this.job;
    const spend = () => {
      cancelBudget = this.clock.after(budget, this.#stopWaiting, true);
      this.abort('budget');
    };
    let cancelBudget = this.clock.after(budget, spend, true);
    const { grant } = this;
    if (grant === undefined) return () => cancelBudget();
    const expire = () => {
      // A claim that was renewed meanwhile expires later.
      const left = grant.expiresAt - this.clock.now();
      if (left < 1) this.abort('lease');
      else cancelExpiry = this.clock.after(left, expire, true);
    };
    let cancelExpiry = this.clock.after(grant.expiresAt - this.#begun, expire, true);
    return () => {
      cancelBudget();
      cancelExpiry();
    };
  }

  async #end(settlement: Promise<Settlement>): Promise<SliceReport> {
    const settled = await Promise.race([settlement, this.#ignored]);
    this.#cancel();
    const now = this.clock.now();
    if (settled !== undefined && this.grant !== undefined && now >= this.grant.expiresAt) this.abort('lease');
    this.#isOver = true;
    const report = this.#report(now - this.#begun, settled);
    if (settled !== undefined && this.grant !== undefined) await this.grant.release(report);
    return report;
  }

  #report(duration: number, settled: Settlement | undefined): SliceReport {
    const { id: jobId, budget } = this.job;
    const { origin } = this;
    const ran = { jobId, origin, startedAt: this.#startedAt, duration, overran: duration > budget };
    const reason = this.#abortReason;
    if (settled === undefined)
      return { ...ran, outcome: 'aborted', reason: reason ?? 'budget', settled: false };
    if ('work' in settled) {
      if (reason !== 'lease') return { ...ran, ...settled.work };
      return { ...ran, ...settled.work, outcome: 'aborted', reason, settled: true };
    }
    const { error } = settled;
    return reason === undefined
      ? { ...ran, outcome: 'failed', reason: 'error', error }
      : { ...ran, outcome: 'aborted', reason, settled: true, error };
  }

  async #settle(settlement: Promise<Settlement>): Promise<LateSettlement | undefined> {
    const report = await this.ended;
    const settled = await settlement;
    if (report.outcome !== 'aborted' || report.settled) return undefined;
    if (this.grant !== undefined) {
      await this.grant.release('work' in settled ? settled.work : { outcome: 'failed' });
    }
    const duration = this.clock.now() - this.#begun;
    return { ...settled, duration, lateBy: duration - report.duration };
  }
}

/** Handles any return value as `await` does, including synchronous throws and hostile thenables. */
async function settle(job: Job, slice: Slice): Promise<Settlement> {
  try {
    return { work: readResult(await job.recruited(slice)) };
  } catch (error) {
    return { error };
  }
}
