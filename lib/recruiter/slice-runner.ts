import type { Clock } from './clock.js';
import type { BusyGate } from './gates/index.js';
import type { Keepers } from './keepers.js';
import type { GrantedLease, LeaseAnswer } from './leases.js';
import type { GateReason } from './outcome.js';
import { outsideContext } from './outside-context.js';
import type { InstalledJob } from './roster.js';
import { SliceRun, type SliceReport } from './slice.js';

/** Who wants to know what came of slices. */
export interface SliceObserver {
  /** A slice is over for the recruiter. */
  ended(job: InstalledJob, report: SliceReport): void;
  /** A slice was not run, after `duration` ms in which its pace or lease was asked for. */
  gated(job: InstalledJob, reason: GateReason, duration: number): SliceReport;
  /** A job failed after its slice was over. */
  failedLate(job: InstalledJob, error: unknown): void;
}

/** Runs admitted slices outside the caller's async context, and sees them off when the application closes. */
export class SliceRunner {
  readonly #inFlight = new Set<SliceRun>();
  readonly #asking = new Set<Promise<unknown>>();
  #closing = false;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly busy: BusyGate,
    private readonly keepers: Keepers,
    private readonly observer: SliceObserver,
  ) {}

  /** Runs a slice now. Never rejects. */
  run(job: InstalledJob): Promise<SliceReport> {
    return this.#begin(job, this.busy.enter());
  }

  /** Runs a slice in the next turn of the event loop, when what the caller was doing has been handed over. */
  runLater(job: InstalledJob, isStillAdmitted: () => boolean): void {
    const leave = this.busy.enter();
    outsideContext(() =>
      setImmediate(() => {
        if (isStillAdmitted()) void this.#begin(job, leave);
        else leave();
      }),
    );
  }

  /** Waits for slices in flight; aborts after `grace` ms those that are left, and no longer waits then. */
  async close(grace: number): Promise<void> {
    this.#closing = true;
    let callOff!: () => void;
    const graceIsOver = new Promise<void>((resolve) => (callOff = this.clock.after(grace, resolve, true)));
    // A job that closes its recruiter before its first await is in the set only when this call has returned to it.
    await Promise.resolve();
    const inFlight = [...this.#asking, ...[...this.#inFlight].map((run) => run.settled)];
    await Promise.race([graceIsOver, Promise.all(inFlight)]);
    callOff();
    const left = [...this.#inFlight];
    for (const run of left) run.abort('closing');
    await Promise.all(left.map((run) => run.ended));
  }

  #begin(job: InstalledJob, leave: () => void): Promise<SliceReport> {
    const { pace } = job.wishes;
    return pace === undefined ? this.#proceed(job, leave) : this.#startPaced(job, pace.perSecond, leave);
  }

  async #startPaced(job: InstalledJob, perSecond: number, leave: () => void): Promise<SliceReport> {
    const asked = this.clock.now();
    const asking = outsideContext(() => this.keepers.paces.admits(job, perSecond));
    this.#asking.add(asking);
    const isAdmitted = await asking;
    this.#asking.delete(asking);
    if (isAdmitted && !this.#closing) return this.#proceed(job, leave);
    leave();
    return this.observer.gated(job, isAdmitted ? 'closing' : 'pace-spent', this.clock.now() - asked);
  }

  #proceed(job: InstalledJob, leave: () => void): Promise<SliceReport> {
    const { lease } = job.wishes;
    return lease === undefined ? this.#start(job, leave) : this.#startLeased(job, lease.ttl, leave);
  }

  async #startLeased(job: InstalledJob, ttl: number, leave: () => void): Promise<SliceReport> {
    const asked = this.clock.now();
    const startedAt = this.clock.timestamp();
    const { answer, settled } = outsideContext(() => this.keepers.leases.request(job.id, ttl, job.budget));
    this.#asking.add(settled);
    void settled.then(() => this.#asking.delete(settled));
    const answered = await answer;
    if ('lease' in answered && !this.#closing) return this.#start(job, leave, answered.lease);
    if ('lease' in answered) await answered.lease.release();
    // Who does not answer keeps the place, so that questions cannot pile up.
    if ('isUnanswered' in answered) void settled.then(leave);
    else leave();
    const duration = this.clock.now() - asked;
    if (!('error' in answered)) return this.observer.gated(job, reasonOf(answered), duration);
    const { error } = answered;
    const report = { jobId: job.id, startedAt, duration, outcome: 'failed', reason: 'error', error } as const;
    this.observer.ended(job, report);
    return report;
  }

  async #start(job: InstalledJob, leave: () => void, lease?: GrantedLease): Promise<SliceReport> {
    const run = outsideContext(() => new SliceRun(job.job, job.id, job.budget, this.clock, lease));
    this.#inFlight.add(run);
    const report = await run.ended;
    if (report.outcome === 'aborted' && !report.settled) void this.#awaitLate(job, run, leave);
    else this.#letGo(run, leave);
    this.observer.ended(job, report);
    return report;
  }

  async #awaitLate(job: InstalledJob, run: SliceRun, leave: () => void): Promise<void> {
    const settled = await run.settled;
    this.#letGo(run, leave);
    if ('lateError' in settled) this.observer.failedLate(job, settled.lateError);
  }

  #letGo(run: SliceRun, leave: () => void): void {
    this.#inFlight.delete(run);
    leave();
  }
}

function reasonOf(answer: Exclude<LeaseAnswer, { error: unknown }>): GateReason {
  return 'held' in answer ? 'lease-held' : 'closing';
}
