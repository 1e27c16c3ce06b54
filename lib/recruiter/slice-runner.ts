import type { Clock } from './clock.js';
import type { BusyGate } from './gates/index.js';
import type { Instruments, SliceOrigin, Watches } from './instruments.js';
import type { Keepers } from './keepers.js';
import type { GrantedLease, LeaseAnswer } from './leases.js';
import type { GateReason } from './outcome.js';
import { outsideContext } from './outside-context.js';
import { QuietTurn } from './quiet-turn.js';
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

/** An admitted slice. */
interface Recruit {
  readonly job: InstalledJob;
  /** Gives its place in flight back. */
  readonly leave: () => void;
  readonly watches: Watches | undefined;
}

/** Runs admitted slices outside the caller's async context, and sees them off when the application closes. */
export class SliceRunner {
  readonly #queued = new Set<Recruit>();
  readonly #inFlight = new Set<SliceRun>();
  readonly #asking = new Set<Promise<unknown>>();
  readonly #quietTurn: QuietTurn;
  #closing = false;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly busy: BusyGate,
    private readonly keepers: Keepers,
    private readonly instruments: Instruments,
    private readonly observer: SliceObserver,
  ) {
    this.#quietTurn = new QuietTurn(clock);
  }

  /** Runs a slice now. Never rejects. */
  run(job: InstalledJob, origin: SliceOrigin): Promise<SliceReport> {
    return this.#begin(this.#admit(job, origin));
  }

  /**
   * Runs a slice in the next turn of the event loop, when what the caller was doing has been handed over; with
   * `patiently`, in the next quiet turn.
   */
  runLater(job: InstalledJob, origin: SliceOrigin, patiently: boolean): void {
    const recruit = this.#admit(job, origin);
    this.#queued.add(recruit);
    const begin = () => {
      if (this.#queued.delete(recruit)) void this.#begin(recruit);
    };
    outsideContext(() => setImmediate(() => (patiently ? this.#quietTurn.wait(begin) : begin())));
  }

  /** Gates slices that have not begun, waits for those in flight, and aborts after `grace` ms those that are left. */
  async close(grace: number): Promise<void> {
    this.#closing = true;
    for (const recruit of this.#queued) this.#turnAway(recruit);
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

  #admit(job: InstalledJob, origin: SliceOrigin): Recruit {
    return { job, leave: this.busy.enter(), watches: this.instruments.drawn(job.id, origin) };
  }

  #turnAway(recruit: Recruit): void {
    this.#queued.delete(recruit);
    recruit.leave();
    this.observer.gated(recruit.job, 'closing', 0);
  }

  #begin(recruit: Recruit): Promise<SliceReport> {
    const { pace } = recruit.job.wishes;
    return pace === undefined ? this.#proceed(recruit) : this.#startPaced(recruit, pace.perSecond);
  }

  async #startPaced(recruit: Recruit, perSecond: number): Promise<SliceReport> {
    const { job, leave } = recruit;
    const asked = this.clock.now();
    const asking = outsideContext(() => this.keepers.paces.admits(job, perSecond));
    this.#asking.add(asking);
    const isAdmitted = await asking;
    this.#asking.delete(asking);
    if (isAdmitted && !this.#closing) return this.#proceed(recruit);
    leave();
    return this.observer.gated(job, isAdmitted ? 'closing' : 'pace-spent', this.clock.now() - asked);
  }

  #proceed(recruit: Recruit): Promise<SliceReport> {
    const { lease } = recruit.job.wishes;
    return lease === undefined ? this.#start(recruit) : this.#startLeased(recruit, lease.ttl);
  }

  async #startLeased(recruit: Recruit, ttl: number): Promise<SliceReport> {
    const { job, leave } = recruit;
    const asked = this.clock.now();
    const startedAt = this.clock.timestamp();
    const { answer, settled } = outsideContext(() => this.keepers.leases.request(job.id, ttl, job.budget));
    this.#asking.add(settled);
    void settled.then(() => this.#asking.delete(settled));
    const answered = await answer;
    if ('lease' in answered && !this.#closing) return this.#start(recruit, answered.lease);
    if ('lease' in answered) await answered.lease.release();
    // Who does not answer keeps the place, so that questions cannot pile up.
    if ('isUnanswered' in answered) void settled.then(leave);
    else leave();
    const duration = this.clock.now() - asked;
    if (!('error' in answered)) return this.observer.gated(job, reasonOf(answered), duration);
    const { error } = answered;
    const report = { jobId: job.id, startedAt, duration, outcome: 'failed', reason: 'error', error } as const;
    return this.#over(recruit, report);
  }

  async #start(recruit: Recruit, lease?: GrantedLease): Promise<SliceReport> {
    const { job, leave, watches } = recruit;
    const begin = () => new SliceRun(job.job, job.id, job.budget, this.clock, lease);
    const run = outsideContext(() => (watches === undefined ? begin() : watches.run(begin)));
    this.#inFlight.add(run);
    const report = await run.ended;
    if (report.outcome === 'aborted' && !report.settled) void this.#awaitLate(job, run, leave);
    else this.#letGo(run, leave);
    return this.#over(recruit, report);
  }

  #over({ job, watches }: Recruit, report: SliceReport): SliceReport {
    this.observer.ended(job, report);
    watches?.ended(report);
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
