import { BusyTime } from './busy-time.js';
import type { Clock } from '../../time/clock.js';
import type { Coordination } from '../coordination/coordination.js';
import type { BusyGate } from '../gates/busy.gate.js';
import type { Instruments, Watches } from './instruments.js';
import { NOT_RUN, type Grant, type GrantRequest, type Refusal } from '../coordination/grant.js';
import type { GateReason } from '../outcome.js';
import { outsideContext } from './outside-context.js';
import { QuietTurn } from './quiet-turn.js';
import type { InstalledJob } from '../installed-job.js';
import { SliceRun, type LateSettlement, type SliceOrigin, type SliceReport } from './slice.js';
import type { UtilizationProbe } from '../gates/utilization.js';

/** The recruiter, as the runner of its slices sees it. */
export interface SliceObserver {
  /** Why a slice that was admitted a while ago must not start after all. */
  reasonAgainstStart(job: InstalledJob, origin: SliceOrigin): GateReason | undefined;
  /** A slice is over for the recruiter, and kept the event loop busy for `busyFor` ms. */
  ended(job: InstalledJob, report: SliceReport, busyFor: number): void;
  /** A slice settled after it was over; its place is free. */
  settledLate(job: InstalledJob, settled: LateSettlement, busyFor: number): void;
  /** Whether a slice of a pass runs although no pass is due. */
  isForced(job: InstalledJob, origin: SliceOrigin): boolean;
  /** The fleet refused a slice. */
  refused(job: InstalledJob, origin: SliceOrigin, by: Refusal): SliceReport;
  /** The fleet let a slice fit its pace, or did not answer. */
  paceGranted(job: InstalledJob, perSecond: number): void;
  /** An admitted slice was not run. */
  turnedAway(job: InstalledJob, origin: SliceOrigin, reason: GateReason): SliceReport;
  /** A place in flight became free by itself. */
  freed(): void;
}

/** An admitted slice. */
interface Recruit {
  readonly job: InstalledJob;
  readonly origin: SliceOrigin;
  /** Whether it runs although no pass is due. */
  readonly isForced: boolean;
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
  readonly #busyTime: BusyTime;

  constructor(
    private readonly clock: Required<Clock>,
    private readonly busy: BusyGate,
    private readonly coordination: Coordination,
    private readonly instruments: Instruments,
    private readonly observer: SliceObserver,
    probe: Pick<UtilizationProbe, 'active'>,
  ) {
    this.#busyTime = new BusyTime(clock, probe);
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
      if (!this.#queued.delete(recruit)) return;
      const reason = this.#reasonAgainst(recruit);
      if (reason === undefined) void this.#begin(recruit);
      else this.#turnAway(recruit, reason);
    };
    outsideContext(() => setImmediate(() => (patiently ? this.#quietTurn.wait(begin) : begin())));
  }

  /** Gates slices that have not begun, waits for those in flight, and aborts after `grace` ms those that are left. */
  async close(grace: number): Promise<void> {
    for (const recruit of this.#queued) this.#turnAway(recruit, 'closing');
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
    // First, as an instrument may change what enlistments draw.
    const isForced = this.observer.isForced(job, origin);
    return { job, origin, isForced, leave: this.busy.enter(), watches: this.instruments.drawn(job, origin) };
  }

  #turnAway(recruit: Recruit, reason: GateReason): SliceReport {
    this.#queued.delete(recruit);
    recruit.leave();
    return this.observer.turnedAway(recruit.job, recruit.origin, reason);
  }

  #reasonAgainst({ job, origin }: Recruit): GateReason | undefined {
    return this.observer.reasonAgainstStart(job, origin);
  }

  #begin(recruit: Recruit): Promise<SliceReport> {
    const { pace } = recruit.job.coordination;
    return pace === undefined ? this.#proceed(recruit) : this.#startPaced(recruit, pace.perSecond);
  }

  async #startPaced(recruit: Recruit, perSecond: number): Promise<SliceReport> {
    const { job, origin, leave } = recruit;
    const asking = outsideContext(() => this.coordination.paces.ask(job, perSecond));
    this.#asking.add(asking);
    const wait = await asking;
    this.#asking.delete(asking);
    if (wait <= 0) this.observer.paceGranted(job, perSecond);
    const reason = this.#reasonAgainst(recruit);
    if (reason !== undefined) return this.#turnAway(recruit, reason);
    if (wait <= 0) return this.#proceed(recruit);
    leave();
    return this.observer.refused(job, origin, { reason: 'pace-spent', wait });
  }

  #proceed(recruit: Recruit): Promise<SliceReport> {
    const { job, isForced } = recruit;
    const { period } = job;
    const { lease } = job.coordination;
    const { leases, periods } = this.coordination;
    if (period !== undefined) {
      return this.#startGranted(recruit, () => periods.request(job, period, isForced));
    }
    if (lease === undefined) return this.#start(recruit);
    return this.#startGranted(recruit, () => leases.request(job.id, lease.ttl, job.budget));
  }

  async #startGranted(recruit: Recruit, request: () => GrantRequest): Promise<SliceReport> {
    const { job, origin, leave } = recruit;
    const asked = this.clock.now();
    const startedAt = this.clock.timestamp();
    const { answer, settled } = outsideContext(request);
    this.#asking.add(settled);
    void settled.then(() => this.#asking.delete(settled));
    const answered = await answer;
    const reason = this.#reasonAgainst(recruit);
    if ('grant' in answered && reason === undefined) return this.#start(recruit, answered.grant);
    if ('grant' in answered) await answered.grant.release(NOT_RUN);
    if (reason !== undefined) return this.#turnAway(recruit, reason);
    if ('error' in answered) {
      // Who does not answer keeps the place, so that questions cannot pile up.
      if (answered.isUnanswered) void settled.then(() => this.#free(leave));
      else leave();
      const duration = this.clock.now() - asked;
      const ran = { jobId: job.id, origin, startedAt, duration, overran: duration > job.budget };
      return this.#over(recruit, { ...ran, outcome: 'failed', reason: 'error', error: answered.error }, 0);
    }
    leave();
    return this.observer.refused(job, origin, (answered as { readonly refusal: Refusal }).refusal);
  }

  async #start(recruit: Recruit, grant?: Grant): Promise<SliceReport> {
    const { job, origin, leave, watches } = recruit;
    const mark = this.#busyTime.begin();
    const begin = () => new SliceRun(job, origin, this.clock, grant);
    const run = outsideContext(() => (watches === undefined ? begin() : watches.run(begin)));
    this.#inFlight.add(run);
    const report = await run.ended;
    const busyFor = this.#busyTime.since(mark);
    if (report.outcome === 'aborted' && !report.settled) void this.#awaitLate(recruit, run, report.startedAt);
    else this.#letGo(run, leave);
    return this.#over(recruit, report, busyFor);
  }

  #over({ job, watches }: Recruit, report: SliceReport, busyFor: number): SliceReport {
    this.observer.ended(job, report, busyFor);
    watches?.ended(report);
    return report;
  }

  async #awaitLate({ job, leave }: Recruit, run: SliceRun, startedAt: number): Promise<void> {
    const mark = this.#busyTime.begin();
    const forget = job.record.addUnsettled(startedAt);
    const settled = await run.settled;
    forget();
    this.#letGo(run, leave);
    if (settled === undefined) this.observer.freed();
    else this.observer.settledLate(job, settled, this.#busyTime.since(mark));
  }

  #letGo(run: SliceRun, leave: () => void): void {
    this.#inFlight.delete(run);
    leave();
  }

  #free(leave: () => void): void {
    leave();
    this.observer.freed();
  }
}
