import { BusyTime } from './busy-time.js';
import type { Clock } from '../../time/clock.js';
import type { Coordination } from '../coordination/coordination.js';
import type { BusyGate } from '../gates/state.gates.js';
import type { Instruments, CombinedWatch } from './instruments.js';
import { NOT_RUN, type Grant, type GrantRequest, type Refusal } from '../coordination/grant.js';
import type { GateReason } from '../outcome.js';
import { outsideContext } from './outside-context.js';
import { QuietTurn } from './quiet-turn.js';
import type { InstalledJob } from '../installed-job.js';
import { SliceRun, type LateSettlement, type SliceOrigin, type SliceReport } from './slice.js';
import type { UtilizationProbe } from '../gates/utilization.js';

/** The part of the recruiter that the runner of its slices calls. */
export interface SliceObserver {
  /** Why a slice that was admitted earlier must not start; undefined when it may. */
  reasonAgainstStart(job: InstalledJob, origin: SliceOrigin): GateReason | undefined;
  /** A slice has ended for the recruiter, and kept the event loop busy for `busyFor` ms. */
  ended(job: InstalledJob, report: SliceReport, busyFor: number): void;
  /** A slice settled after its end was reported; its concurrency slot is free. */
  settledLate(job: InstalledJob, settled: LateSettlement, busyFor: number): void;
  /** Whether a slice of a pass runs even if no pass is due. */
  isForced(job: InstalledJob, origin: SliceOrigin): boolean;
  /** The coordinator refused a slice. */
  refused(job: InstalledJob, origin: SliceOrigin, by: Refusal): SliceReport;
  /** A slice fits its pace, or the coordinator did not reply. */
  paceGranted(job: InstalledJob, perSecond: number): void;
  /** An admitted slice was not run. */
  discarded(job: InstalledJob, origin: SliceOrigin, reason: GateReason): SliceReport;
  /** A concurrency slot became free without a report. */
  freed(): void;
}

/** A slice that has passed the gates and holds a concurrency slot. */
interface AdmittedSlice {
  readonly job: InstalledJob;
  readonly origin: SliceOrigin;
  /** Whether it runs even if no pass is due. */
  readonly isForced: boolean;
  /** Releases its concurrency slot. */
  readonly release: () => void;
  readonly watch: CombinedWatch | undefined;
}

/** Runs admitted slices outside the caller's async context, and ends them when the application closes. */
export class SliceRunner {
  readonly #queued = new Set<AdmittedSlice>();
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
   * Runs a slice in the next turn of the event loop, after the response of the caller has been handed over; with `quietly`,
   * in the next quiet turn.
   */
  runLater(job: InstalledJob, origin: SliceOrigin, quietly: boolean): void {
    const admitted = this.#admit(job, origin);
    this.#queued.add(admitted);
    const begin = () => {
      if (!this.#queued.delete(admitted)) return;
      const reason = this.#reasonAgainst(admitted);
      if (reason === undefined) void this.#begin(admitted);
      else this.#discard(admitted, reason);
    };
    outsideContext(() => setImmediate(() => (quietly ? this.#quietTurn.wait(begin) : begin())));
  }

  /** Gates slices that have not begun, waits at most `grace` ms for slices in flight, and aborts the rest. */
  async close(grace: number): Promise<void> {
    for (const admitted of this.#queued) this.#discard(admitted, 'closing');
    let cancel!: () => void;
    const graceIsOver = new Promise<void>((resolve) => (cancel = this.clock.after(grace, resolve, true)));
    // A job that closes its recruiter before its first await is added to the set only after this call has returned.
    await Promise.resolve();
    const inFlight = [...this.#asking, ...[...this.#inFlight].map((run) => run.settled)];
    await Promise.race([graceIsOver, Promise.all(inFlight)]);
    cancel();
    const left = [...this.#inFlight];
    for (const run of left) run.abort('closing');
    await Promise.all(left.map((run) => run.ended));
  }

  #admit(job: InstalledJob, origin: SliceOrigin): AdmittedSlice {
    // First, since an instrument may change the restrictions of draws.
    const isForced = this.observer.isForced(job, origin);
    return {
      job,
      origin,
      isForced,
      release: this.busy.acquire(),
      watch: this.instruments.drawn(job, origin),
    };
  }

  #discard(admitted: AdmittedSlice, reason: GateReason): SliceReport {
    this.#queued.delete(admitted);
    admitted.release();
    return this.observer.discarded(admitted.job, admitted.origin, reason);
  }

  #reasonAgainst({ job, origin }: AdmittedSlice): GateReason | undefined {
    return this.observer.reasonAgainstStart(job, origin);
  }

  #begin(admitted: AdmittedSlice): Promise<SliceReport> {
    const { pace } = admitted.job.coordination;
    return pace === undefined ? this.#proceed(admitted) : this.#startPaced(admitted, pace.perSecond);
  }

  async #startPaced(admitted: AdmittedSlice, perSecond: number): Promise<SliceReport> {
    const { job, origin, release } = admitted;
    const asking = outsideContext(() => this.coordination.paces.ask(job, perSecond));
    this.#asking.add(asking);
    const wait = await asking;
    this.#asking.delete(asking);
    if (wait <= 0) this.observer.paceGranted(job, perSecond);
    const reason = this.#reasonAgainst(admitted);
    if (reason !== undefined) return this.#discard(admitted, reason);
    if (wait <= 0) return this.#proceed(admitted);
    release();
    return this.observer.refused(job, origin, { reason: 'pace-spent', wait });
  }

  #proceed(admitted: AdmittedSlice): Promise<SliceReport> {
    const { job, isForced } = admitted;
    const { period } = job;
    const { lease } = job.coordination;
    const { leases, periods } = this.coordination;
    if (period !== undefined) {
      return this.#startGranted(admitted, () => periods.request(job, period, isForced));
    }
    if (lease === undefined) return this.#start(admitted);
    return this.#startGranted(admitted, () => leases.request(job.id, lease.ttl, job.budget));
  }

  async #startGranted(admitted: AdmittedSlice, request: () => GrantRequest): Promise<SliceReport> {
    const { job, origin, release } = admitted;
    const asked = this.clock.now();
    const startedAt = this.clock.timestamp();
    const { answer, settled } = outsideContext(request);
    this.#asking.add(settled);
    void settled.then(() => this.#asking.delete(settled));
    const answered = await answer;
    const reason = this.#reasonAgainst(admitted);
    if ('grant' in answered && reason === undefined) return this.#start(admitted, answered.grant);
    if ('grant' in answered) await answered.grant.release(NOT_RUN);
    if (reason !== undefined) return this.#discard(admitted, reason);
    if ('error' in answered) {
      // A request without a reply keeps the slot, so that requests cannot accumulate.
      if (answered.isUnanswered) void settled.then(() => this.#free(release));
      else release();
      const duration = this.clock.now() - asked;
      const ran = { jobId: job.id, origin, startedAt, duration, overran: duration > job.budget };
      return this.#over(admitted, { ...ran, outcome: 'failed', reason: 'error', error: answered.error }, 0);
    }
    release();
    return this.observer.refused(job, origin, (answered as { readonly refusal: Refusal }).refusal);
  }

  async #start(admitted: AdmittedSlice, grant?: Grant): Promise<SliceReport> {
    const { job, origin, release, watch } = admitted;
    const mark = this.#busyTime.begin();
    const begin = () => new SliceRun(job, origin, this.clock, grant);
    const run = outsideContext(() => (watch === undefined ? begin() : watch.run(begin)));
    this.#inFlight.add(run);
    const report = await run.ended;
    const busyFor = this.#busyTime.since(mark);
    if (report.outcome === 'aborted' && !report.settled)
      void this.#awaitLate(admitted, run, report.startedAt);
    else this.#release(run, release);
    return this.#over(admitted, report, busyFor);
  }

  #over({ job, watch }: AdmittedSlice, report: SliceReport, busyFor: number): SliceReport {
    this.observer.ended(job, report, busyFor);
    watch?.ended(report);
    return report;
  }

  async #awaitLate({ job, release }: AdmittedSlice, run: SliceRun, startedAt: number): Promise<void> {
    const mark = this.#busyTime.begin();
    const forget = job.record.addUnsettled(startedAt);
    const settled = await run.settled;
    forget();
    this.#release(run, release);
    if (settled === undefined) this.observer.freed();
    else this.observer.settledLate(job, settled, this.#busyTime.since(mark));
  }

  #release(run: SliceRun, release: () => void): void {
    this.#inFlight.delete(run);
    release();
  }

  #free(release: () => void): void {
    release();
    this.observer.freed();
  }
}
