import { setMaxListeners } from 'node:events';
import type { Clock } from '../../time/clock.js';
import type { Job, Slice, SlicePass } from '../job.js';
import type { Grant } from '../coordination/grant.js';
import { readResult, type GateReason, type Work } from '../outcome.js';

/**
 * What brought a slice about: an `enlistment` that drew it; the `agenda` of its recruiter, which works off known work
 * and looks after jobs that went unseen; or an `operator` ({@link Recruiter.recruit}).
 */
export type SliceOrigin = 'enlistment' | 'agenda' | 'operator';

/** Why a slice was cut short: its time was spent, the application closed, or its lease or claim expired. */
export type AbortReason = 'budget' | 'closing' | 'lease';

interface Ran {
  /** The id under which the job is installed. */
  readonly jobId: string;
  /** What brought it about. */
  readonly origin: SliceOrigin;
  /** When it began: ms since the epoch. */
  readonly startedAt: number;
  /** How long it took: ms. Where the job ignored its signal, until the recruiter stopped waiting for it. */
  readonly duration: number;
  /** Whether it took longer than its budget. */
  readonly overran: boolean;
}

/** A slice that was carried through. */
export interface WorkedReport extends Ran, Work {}

/** A slice that was cut short, and had no result to show in time. */
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

/** A slice that was drawn, looked at or asked for, but not run. */
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

/** A slice that settled after the recruiter had stopped waiting for it. */
export interface LateSettlement {
  /** What it did; undefined when it threw. */
  readonly work?: Work;
  /** What it threw. */
  readonly error?: unknown;
  /** How long it took in all: ms. */
  readonly duration: number;
  /** How long it took after it was over: ms. */
  readonly lateBy: number;
}

/**
 * One run of a job: from its start until the job has let go of it.
 *
 * It is over for the recruiter when it settles; at twice its budget at the latest, so that a slice which has done its
 * work and is a little late still counts; and one turn of the event loop after its signal has aborted for any other
 * reason than its budget. A turn is granted after the second budget too: where the whole process was stopped for a
 * while, timers run before the replies that arrived meanwhile are read.
 */
export class SliceRun {
  /** Resolves, never rejects, when the slice is over for the recruiter: it has settled, or ignored its signal. */
  readonly ended: Promise<SliceReport>;
  /** Resolves, never rejects, when the job has settled: with what came of it, if the slice was over by then. */
  readonly settled: Promise<LateSettlement | undefined>;

  readonly #controller = new AbortController();
  readonly #begun: number;
  readonly #startedAt: number;
  readonly #ignored: Promise<undefined>;
  #giveUp!: () => void;
  readonly #callOff: () => void;
  #abortReason: AbortReason | undefined;
  #isOver = false;

  constructor(
    private readonly job: { readonly id: string; readonly job: Job; readonly budget: number },
    private readonly origin: SliceOrigin,
    private readonly clock: Required<Clock>,
    private readonly grant?: Grant,
  ) {
    // Each reply that a slice waits for listens to its signal: many at once are no leak.
    setMaxListeners(0, this.#controller.signal);
    this.#begun = clock.now();
    this.#startedAt = clock.timestamp();
    this.#ignored = new Promise((resolve) => (this.#giveUp = () => void setImmediate(resolve, undefined)));
    this.#callOff = this.#abortWhenSpent();
    const deadline = Math.min(this.#begun + job.budget, grant?.expiresAt ?? Infinity);
    const slice = new BudgetedSlice(job.id, this.#controller.signal, clock, deadline, grant);
    const settlement = settle(job.job, slice);
    this.ended = this.#end(settlement);
    this.settled = this.#settle(settlement);
  }

  /** Aborts the signal. For `closing` and `lease` the slice is over one turn later, settled or not. */
  abort(reason: AbortReason): void {
    if (this.#isOver) return;
    // A lease that is lost while the second budget runs takes the result's worth away; anything else changes nothing.
    if (this.#abortReason === undefined || reason === 'lease') this.#abortReason = reason;
    if (reason !== 'budget') this.#giveUp();
    if (this.#controller.signal.aborted) return;
    const why = new DOMException(`The slice of "${this.job.id}" was cut short: ${reason}`, 'AbortError');
    this.#controller.abort(Object.assign(why, { cause: reason }));
  }

  #abortWhenSpent(): () => void {
    const { budget } = this.job;
    const spend = () => {
      callOffBudget = this.clock.after(budget, this.#giveUp, true);
      this.abort('budget');
    };
    let callOffBudget = this.clock.after(budget, spend, true);
    const { grant } = this;
    if (grant === undefined) return () => callOffBudget();
    const expire = () => {
      // One that was renewed meanwhile ends later.
      const left = grant.expiresAt - this.clock.now();
      if (left < 1) this.abort('lease');
      else callOffExpiry = this.clock.after(left, expire, true);
    };
    let callOffExpiry = this.clock.after(grant.expiresAt - this.#begun, expire, true);
    return () => {
      callOffBudget();
      callOffExpiry();
    };
  }

  async #end(settlement: Promise<Settlement>): Promise<SliceReport> {
    const settled = await Promise.race([settlement, this.#ignored]);
    this.#callOff();
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

/** Being async, it adopts whatever the job returns as `await` does: sync throws and hostile thenables included. */
async function settle(job: Job, slice: Slice): Promise<Settlement> {
  try {
    return { work: readResult(await job.recruited(slice)) };
  } catch (error) {
    return { error };
  }
}
