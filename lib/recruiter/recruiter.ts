import { SteadyClock, systemClock, type Clock } from '../time/clock.js';
import { Coordination } from './coordination/coordination.js';
import type { Coordinator } from './coordination/coordinator.js';
import { Decider, type DeciderDependencies } from './decider.js';
import { DEFAULT_RECRUITER } from './default-recruiter.js';
import { describeValue } from '../options/describe-value.js';
import { required } from '../options/option.js';
import { problemsOf } from '../options/option-table.js';
import { publishDiagnostics } from './slice/diagnostics.js';
import { refuse } from '../options/errors.js';
import { Listeners, type RecruiterEvents, type ReportError } from './events.js';
import { keepable } from './slice/forensics.js';
import { JOB_ID, type JobOptions } from './job-options.js';
import { Instruments, type SliceInstrument } from './slice/instruments.js';
import { Duty, type Job } from './job.js';
import type { Lottery } from './lottery.js';
import { RECRUITER_OPTIONS, resolveOptions, type RecruiterOptions, type ResolvedOptions } from './options.js';
import { dutyOf } from './outcome.js';
import { GuardedRandom } from './random.js';
import type { UserGateOptions } from './gates/user-gates.js';
import type { InstalledJob } from './installed-job.js';
import { Roster } from './roster.js';
import { SELF, selfOf } from './self.js';
import { SliceLedger } from './slice/slice-ledger.js';
import { SliceRunner } from './slice/slice-runner.js';
import type { SliceReport } from './slice/slice.js';
import { planOf } from './record/plan.js';
import { snapshotOf, type JobSnapshot } from './record/snapshot.js';
import { Surveyor, type JobSurvey } from './record/survey.js';
import { EventLoopProbe, type UtilizationProbe } from './gates/utilization.js';

const DISMISSED = Promise.resolve(Duty.DISMISSED);

/**
 * Where a recruiter is in its life: `starting` until bootstrap is complete, `open`, `closing` from the beginning of the
 * shutdown on; `disabled` where `enabled` is false. Only an open one recruits.
 */
export type RecruiterState = 'starting' | 'open' | 'disabled' | 'closing';

const NAME = { name: required(JOB_ID) };

/**
 * Holds the jobs of one process and decides which enlistment carries a slice of which job.
 *
 * In a Nest application it is made, opened and closed by the module; inject it to install jobs at run time, to
 * enlist by hand, or to steer. Its state is local to the process: nothing is stored, locked or agreed on.
 */
export class Recruiter {
  /** `default`, or the name that it was registered with. */
  readonly name: string;

  readonly #options: ResolvedOptions;
  readonly #clock: Required<Clock>;
  readonly #roster: Roster;
  readonly #decider: Decider;
  readonly #ledger: SliceLedger;
  /**
   * Declared only, so that the field is never undefined: V8 then knows what is in it, and spares the hot path a check
   * (a dismissal is 1.17 times an empty call, with a `#lottery` 1.21 to 1.27 times).
   */
  declare private readonly lottery: Lottery<InstalledJob>;
  readonly #listeners: Listeners;
  /**
   * The coordinators in use.
   *
   * @internal
   */
  readonly coordination: Coordination;
  readonly #instruments: Instruments;
  readonly #runner: SliceRunner;
  readonly #probe: UtilizationProbe;
  readonly #surveyor = new Surveyor();
  #isOpen = false;
  #closed: Promise<void> | undefined;

  /** @throws WorkStealingConfigError that lists every problem of `options`. */
  constructor(name = DEFAULT_RECRUITER, options: RecruiterOptions = {}, probe?: UtilizationProbe) {
    const problems = problemsOf(NAME, { name }).concat(problemsOf(RECRUITER_OPTIONS, options));
    refuse(`Recruiter ${describeValue(name)}`, problems);
    this.name = name;
    this.#options = resolveOptions(options);
    const reportError: ReportError = (error, where, reason) => this.reportError(error, where, reason);
    this.#listeners = new Listeners((error, event) => reportError(error, `a listener of '${event}'`));
    this.#instruments = new Instruments(name, (error) => reportError(error, 'an instrument'));
    publishDiagnostics(name, this.#listeners, this.#instruments);
    this.#clock = new SteadyClock(this.#options.clock, this.#reportErrorSoon('the clock'));
    this.#probe = probe ?? new EventLoopProbe(this.#clock);
    this.#roster = new Roster(name, this.#options, undefined, () => this.#clock.timestamp());
    this.#decider = new Decider(this.#roster, this.#options, this.#deciderDependencies());
    this.lottery = this.#decider.lottery;
    const hasSharedWork = () => [...this.#roster.jobs].some(({ isShared }) => isShared);
    this.coordination = new Coordination(name, this.#clock, reportError, hasSharedWork);
    this.#ledger = new SliceLedger(name, this.#clock, this.#listeners, this.#decider);
    // Time by a clock that was handed in has nothing to do with what the event loop spends.
    const meter = probe ?? (this.#options.clock === systemClock ? this.#probe : {});
    const { busy } = this.#decider;
    this.#runner = new SliceRunner(
      this.#clock,
      busy,
      this.coordination,
      this.#instruments,
      this.#ledger,
      meter,
    );
  }

  /**
   * The recruiter that a value is, or that a proxy stands before; undefined of a test double, whatever prototype it has.
   *
   * @internal
   */
  static from(value: unknown): Recruiter | undefined {
    const self = selfOf(value);
    return self !== undefined && #isOpen in self ? self : undefined;
  }

  /** @internal */
  get [SELF](): this {
    return this;
  }

  /** The jobs as they are now, in the order of their installation. */
  get jobs(): readonly JobSnapshot[] {
    return [...this.#roster.jobs].map((job) =>
      snapshotOf(job, planOf(job, this.#decider, this.#clock, this.#options.stuckAfter)),
    );
  }

  /**
   * Whether a job of that id is installed. Unlike `jobs` it copies nothing, however many there are.
   *
   * @internal
   */
  has(id: string): boolean {
    return this.#roster.knows(id);
  }

  /** How often a worker has enlisted so far: exact. */
  get enlistments(): number {
    return this.lottery.enlistments;
  }

  /** Where it is in its life. */
  get state(): RecruiterState {
    if (this.#closed !== undefined) return 'closing';
    if (!this.#options.enabled) return 'disabled';
    return this.#isOpen ? 'open' : 'starting';
  }

  /** Slices in flight now. */
  get inFlight(): number {
    return this.#decider.busy.inFlight;
  }

  /** Event-loop utilization as the load gate sees it: 0 to 1. */
  get utilization(): number {
    return this.#decider.utilization;
  }

  /**
   * Puts a job on the roster; returns a function that takes it off again (a slice in flight is carried through).
   *
   * @param id - unique in this recruiter: 1 to 512 characters.
   * @param options - its rate, or all its options. Default: the default rate.
   * @throws WorkStealingConfigError that lists everything wrong, or when the recruiter is open and it has a lease, a
   * pace or `every` that nothing coordinates; nothing is installed then.
   */
  install(job: Job, id: string, options: number | JobOptions = {}): () => void {
    const declared: JobOptions =
      typeof options === 'object' && options !== null ? options : { rate: options };
    const rate = this.#options.rates.get(id) ?? declared.rate;
    if (this.#isOpen) this.coordination.refuseUncoordinated([{ id, coordination: declared }]);
    const installed = this.#roster.add(job, id, { ...declared, rate });
    this.#decider.rosterChanged(installed);
    if (this.#isOpen) this.coordination.fleetSize.start();
    return () => {
      this.#roster.remove(installed);
      this.#decider.rosterChanged();
    };
  }

  /**
   * Offers this worker. Nearly always it is dismissed at once; when it is recruited, the promise resolves when the
   * slice has ended. Never rejects.
   */
  enlist(): Promise<Duty> {
    const lottery = this.lottery;
    if (lottery.skip > 0) {
      lottery.skip--;
      return DISMISSED;
    }
    return this.#enlistDrawn();
  }

  /**
   * Offers this worker and does not wait: a slice runs in the next turn of the event loop, outside the caller's async
   * context. Never throws.
   */
  enlistDetached(): void {
    const lottery = this.lottery;
    if (lottery.skip > 0) {
      lottery.skip--;
      return;
    }
    this.#enlistDrawnDetached();
  }

  /**
   * Runs one slice of a job now, past the lottery and the gates that only ease the load: for operators and tests. The
   * report is `gated` where the job is paused, all places in flight are taken or the application is closing.
   *
   * @throws WorkStealingConfigError (as a rejection) when there is no such job.
   */
  async recruit(id: string): Promise<SliceReport> {
    const job = this.#roster.get(id);
    const reason = this.#decider.reasonAgainstOperator(job);
    return reason === undefined
      ? this.#runner.run(job, 'operator')
      : this.#ledger.gate(job, reason, 'operator');
  }

  /**
   * Asks a job what waits and how far it is, where it can tell. Never rejects for what the job does: that becomes an
   * `error` event.
   *
   * @throws WorkStealingConfigError (as a rejection) when there is no such job.
   */
  async survey(id: string): Promise<JobSurvey> {
    const { job, period } = this.#roster.get(id);
    const reportError = (error: unknown, what: string) => this.reportError(error, `${what} of "${id}"`);
    const ask = period && (() => this.coordination.periods.inspect(id, period));
    return this.#surveyor.ask(job, reportError, ask);
  }

  /**
   * Changes a job's declared rate, or declares that of a job which had the default one.
   *
   * @throws WorkStealingConfigError when there is no such job, the rate is not from 0 to 1, all rates would add up to more
   * than 1, or it is 0 for a job with `every` (pause that); nothing has changed then.
   */
  setRate(id: string, rate: number): void {
    this.#roster.setRate(id, rate);
    this.#decider.rosterChanged();
    this.#ledger.tellRate(this.#roster.get(id));
  }

  /**
   * Holds slices back while something outside the process is not well, such as the replicas of the database that they write
   * to. It is asked in the background while a job that it concerns waits for it, has work or is due: never by an enlistment,
   * and not at all when nothing would run. Without an answer, with one older than two `checkEvery`, and after three failures
   * in a row it is shut. {@link recruit} goes past it.
   *
   * ```ts
   * recruiter.useGate('replica-lag', async () => (await db.lagSeconds()) > 5, { checkEvery: 1_000, jobs: ['Backfill'] });
   * ```
   *
   * @param name - 1 to 64 letters, digits, `_`, `.` or `-`; the reason of what it holds back is `gate:<name>`.
   * @param isShut - returns true while the jobs must not run.
   * @returns a function that takes the gate away.
   * @throws WorkStealingConfigError for a name that is in use or a reason of the recruiter's own, and for wrong options.
   */
  useGate(name: string, isShut: () => boolean | Promise<boolean>, options: UserGateOptions): () => void {
    const undo = this.#decider.userGates.add(name, isShut, options);
    if (this.#isOpen) this.#decider.userGates.reportUnknownJobs(name);
    return undo;
  }

  /**
   * Has every enlistment draw this job, or none draw any, until the returned function is called; rates stay as they
   * are. For `nestjs-work-stealing/testing`.
   *
   * @throws WorkStealingConfigError when there is no such job.
   * @internal
   */
  drawOnly(id?: string): () => void {
    return this.#decider.drawOnly(id === undefined ? undefined : this.#roster.get(id).id);
  }

  /**
   * Stops slices of one job, or of all, until {@link resume}: they are drawn, but gated.
   *
   * @throws WorkStealingConfigError when there is no such job.
   */
  pause(id?: string): void {
    this.#setPaused(id, true);
  }

  /**
   * Ends a {@link pause} of the same extent: `resume()` ends `pause()`, `resume(id)` ends `pause(id)`.
   *
   * @throws WorkStealingConfigError when there is no such job.
   */
  resume(id?: string): void {
    this.#setPaused(id, false);
  }

  /**
   * Listens to an event; returns a function that ends it. Listeners run at once and must be quick; what they throw
   * becomes an `error` event.
   *
   * @throws TypeError for an unknown event.
   */
  on<E extends keyof RecruiterEvents>(event: E, listener: (e: RecruiterEvents[E]) => void): () => void {
    return this.#listeners.add(event, listener);
  }

  /**
   * Watches slices from their draw to their end, and decides in which async context they run: for tracing. Returns a
   * function that ends it. A dismissal costs nothing more for it.
   *
   * @throws TypeError when it is no function.
   */
  instrument(instrument: SliceInstrument): () => void {
    return this.#instruments.add(instrument);
  }

  /**
   * Asks this coordinator for what it offers (leases, paces, periods); several may each offer another part. Returns a
   * function that takes it away: slices of jobs with a lease or `every` fail then, and paces no longer hold. `WorkStealingRedisModule` calls
   * it for every recruiter; call it in `onModuleInit` at the latest.
   *
   * @throws WorkStealingConfigError when it is no coordinator, or another offers the same part already.
   */
  useCoordinator(coordinator: Coordinator): () => void {
    const undo = this.coordination.use(coordinator);
    if (this.#isOpen) this.coordination.fleetSize.start();
    return undo;
  }

  /**
   * Begins to recruit: until then every enlistment is dismissed. The module calls it when bootstrap is complete.
   *
   * @throws WorkStealingConfigError when a job has a lease, a pace or `every` that nothing coordinates.
   */
  open(): void {
    if (this.#isOpen || this.#closed !== undefined || !this.#options.enabled) return;
    this.coordination.refuseUncoordinated(this.#roster.jobs);
    this.#isOpen = true;
    this.#decider.open();
    this.coordination.fleetSize.start();
    this.#decider.userGates.reportUnknownJobs();
  }

  /**
   * Ends recruiting for good: nobody is recruited any more, timers end, slices in flight get `shutdownGrace` before
   * their signal aborts. Resolves when none is waited for any longer. The module calls it on shutdown.
   */
  close(): Promise<void> {
    this.#decider.close();
    this.coordination.fleetSize.stop();
    this.#closed ??= this.#runner.close(this.#options.shutdownGrace);
    return this.#closed;
  }

  /**
   * Reports an error that is no slice's and that no caller may see. Never throws.
   *
   * @internal
   */
  reportError(cause: unknown, where: string, reason: 'error' | 'warning' = 'error'): void {
    const error = keepable(cause, reason, 0, this.#clock);
    this.#listeners.emit('error', { recruiter: this.name, where, error, cause });
  }

  /** Not at once: this is the middle of a draw, or of the constructor, and listeners may change rates. */
  #reportErrorSoon(where: string): (error: Error) => void {
    return (error) => queueMicrotask(() => this.reportError(error, where));
  }

  #deciderDependencies(): DeciderDependencies {
    return {
      clock: this.#clock,
      random: new GuardedRandom(this.#options.random, this.#reportErrorSoon('the random source')),
      probe: this.#probe,
      recruiter: this.name,
      processes: () => this.coordination.fleetSize.processes,
      reportError: (error, where, reason) => this.reportError(error, where, reason),
      run: (job) => this.#runUnasked(job),
      gated: (job, reason, origin) => void this.#ledger.gate(job, reason, origin),
    };
  }

  #enlistDrawn(): Promise<Duty> {
    const job = this.#decider.draw();
    if (job === undefined) return DISMISSED;
    return this.#runner.run(job, 'enlistment').then(({ outcome }) => dutyOf(outcome));
  }

  #enlistDrawnDetached(): void {
    const job = this.#decider.draw();
    if (job !== undefined) this.#runner.runLater(job, 'enlistment', this.#decider.isLoaded);
  }

  #runUnasked(job: InstalledJob): void {
    if (this.#decider.isLoaded) this.#runner.runLater(job, 'agenda', true);
    else void this.#runner.run(job, 'agenda');
  }

  #setPaused(id: string | undefined, paused: boolean): void {
    this.#decider.setPaused(id === undefined ? undefined : this.#roster.get(id), paused);
  }
}
