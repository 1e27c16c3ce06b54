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
import { toJobError } from './slice/job-error.js';
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
import { snapshotOf, type JobSnapshot } from './record/snapshot.js';
import { Surveyor, type JobSurvey } from './record/survey.js';
import { EventLoopProbe, type UtilizationProbe } from './gates/utilization.js';

const DISMISSED = Promise.resolve(Duty.DISMISSED);

/**
 * The state of a recruiter: `starting` until bootstrap is complete, then `open`, and `closing` from the beginning of the
 * shutdown; `disabled` if the option `enabled` is false. Only an open recruiter recruits.
 */
export type RecruiterState = 'starting' | 'open' | 'disabled' | 'closing';

const NAME = { name: required(JOB_ID) };

/**
 * Holds the jobs of one process and decides which enlistment carries a slice of which job.
 *
 * In a Nest application the module creates, opens and closes it; inject it to install jobs at run time, to enlist by hand,
 * or to pause jobs and change rates. Its state is local to the process, except for leases, paces and passes of `every`.
 */
export class Recruiter {
  /** Name of the recruiter: `default`, or the name with which it was registered. */
  readonly name: string;

  readonly #options: ResolvedOptions;
  readonly #clock: Required<Clock>;
  readonly #roster: Roster;
  readonly #decider: Decider;
  readonly #ledger: SliceLedger;
  /**
   * Declared without an initial value, so that the field is never undefined: V8 then knows its type, and omits a check on
   * the hot path (a dismissal takes 1.17 times as long as an empty call, with a `#lottery` 1.21 to 1.27 times).
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
    // The time of an injected clock is unrelated to the time that the event loop spends.
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
   * Returns the recruiter that a value is, or that a proxy wraps; undefined for a test double, whatever its prototype.
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

  /** Snapshots of the jobs, in the order of their installation. */
  get jobs(): readonly JobSnapshot[] {
    const { stuckAfter } = this.#options;
    return [...this.#roster.jobs].map((job) => snapshotOf(job, this.#decider, this.#clock, stuckAfter));
  }

  /**
   * Whether a job of this id is installed. Unlike `jobs` it copies nothing.
   *
   * @internal
   */
  has(id: string): boolean {
    return this.#roster.knows(id);
  }

  /** Number of enlistments so far: exact. */
  get enlistments(): number {
    return this.lottery.enlistments;
  }

  /** The state of the recruiter: `starting`, `open`, `closing` or `disabled`. */
  get state(): RecruiterState {
    if (this.#closed !== undefined) return 'closing';
    if (!this.#options.enabled) return 'disabled';
    return this.#isOpen ? 'open' : 'starting';
  }

  /** Number of slices in flight: 0 to `concurrency`. */
  get inFlight(): number {
    return this.#decider.busy.inFlight;
  }

  /** Event-loop utilization as the load gate reads it: 0 to 1. */
  get utilization(): number {
    return this.#decider.utilization;
  }

  /**
   * Installs a job.
   *
   * @param id - unique in this recruiter: 1 to 512 characters.
   * @param options - its rate, 0 to 1, or its options. Default: the default rate.
   * @returns a function that removes the job; a slice in flight runs to its end.
   * @throws WorkStealingConfigError that lists all problems, or when the recruiter is open and no coordinator offers the
   * lease, pace or `every` of the job; nothing is installed then.
   */
  install(job: Job, id: string, options: number | JobOptions = {}): () => void {
    const declared: JobOptions =
      typeof options === 'object' && options !== null ? options : { rate: options };
    const rate = this.#options.rates.get(id) ?? declared.rate;
    if (this.#isOpen) this.coordination.refuseUncoordinated([{ id, coordination: declared }]);
    const installed = this.#roster.add(job, id, { ...declared, rate });
    this.#decider.rosterChanged(installed);
    if (this.#isOpen && installed.isShared) this.coordination.fleetSize.start();
    return () => {
      this.#roster.remove(installed);
      this.#decider.rosterChanged();
    };
  }

  /**
   * Offers this worker for a slice. Nearly always it is dismissed at once; when it is recruited, the promise resolves when
   * the slice has ended. Never rejects.
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
   * Offers this worker for a slice without waiting for it: a slice runs in the next turn of the event loop, outside the
   * caller's async context. Never throws.
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
   * Runs one slice of a job now, without the lottery and the gates that limit load: for operators and tests. The report is
   * `gated` if the job is paused, all concurrency slots are taken, the application is closing, or a coordinator refuses.
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
   * Reads the backlog and the progress of a job, if it reports them. An error of the job does not reject: it becomes an
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
   * Sets the declared rate of a job, 0 to 1; a job with the default rate then has a declared one.
   *
   * @throws WorkStealingConfigError when there is no such job, the rate is not from 0 to 1, all rates would add up to more
   * than 1, or it is 0 for a job with `every` (pause it instead); nothing has changed then.
   */
  setRate(id: string, rate: number): void {
    this.#roster.setRate(id, rate);
    this.#decider.rosterChanged();
    this.#ledger.emitRate(this.#roster.get(id));
  }

  /**
   * Restores the default rate of a job, when an override for the whole fleet ends.
   *
   * @throws WorkStealingConfigError when there is no such job.
   * @internal
   */
  undeclareRate(id: string): void {
    this.#roster.undeclareRate(id);
    this.#decider.rosterChanged();
    this.#ledger.emitRate(this.#roster.get(id));
  }

  /**
   * Adds a gate that holds slices back while something outside the process is unhealthy, such as the replicas of a database.
   * The gate is checked in the background while a job that it concerns waits for it, has work or is due: never by an
   * enlistment, and not while nothing would run. It is shut before the first result, when the last result is older than
   * twice `checkEvery`, and after three consecutive failures. {@link recruit} bypasses it.
   *
   * ```ts
   * recruiter.useGate('replica-lag', async () => (await db.lagSeconds()) > 5, { checkEvery: 1_000, jobs: ['Backfill'] });
   * ```
   *
   * @param name - 1 to 64 letters, digits, `_`, `.` or `-`; slices that it holds back have the reason `gate:<name>`.
   * @param isShut - returns true while the jobs must not run.
   * @returns a function that removes the gate.
   * @throws WorkStealingConfigError for a name that is in use or a built-in reason, and for invalid options.
   */
  useGate(name: string, isShut: () => boolean | Promise<boolean>, options: UserGateOptions): () => void {
    const undo = this.#decider.userGates.add(name, isShut, options);
    if (this.#isOpen) this.#decider.userGates.reportUnknownJobs(name);
    return undo;
  }

  /**
   * Makes every enlistment draw this job, or without an id none, until the returned function is called; rates do not
   * change. For `nestjs-work-stealing/testing`.
   *
   * @throws WorkStealingConfigError when there is no such job.
   * @internal
   */
  drawOnly(id?: string): () => void {
    return this.#decider.drawOnly(id === undefined ? undefined : this.#roster.get(id).id);
  }

  /**
   * Pauses one job, or without an id all jobs, until {@link resume}: their slices are drawn, but gated.
   *
   * @throws WorkStealingConfigError when there is no such job.
   */
  pause(id?: string): void {
    this.#decider.setPaused(id === undefined ? undefined : this.#roster.get(id), true);
  }

  /**
   * Ends the {@link pause} of one job, or without an id the pause of all: `resume()` ends `pause()`, `resume(id)` ends
   * `pause(id)`.
   *
   * @throws WorkStealingConfigError when there is no such job.
   */
  resume(id?: string): void {
    this.#decider.setPaused(id === undefined ? undefined : this.#roster.get(id), false);
  }

  /**
   * Adds a listener of an event. Listeners are called synchronously and must be quick; an error that one throws or rejects
   * with becomes an `error` event.
   *
   * @returns a function that removes the listener.
   * @throws TypeError for an unknown event, or a listener that is not a function.
   */
  on<E extends keyof RecruiterEvents>(event: E, listener: (e: RecruiterEvents[E]) => void): () => void {
    return this.#listeners.add(event, listener);
  }

  /**
   * Adds an instrument that follows slices from their draw to their end, and chooses the async context in which they run:
   * for tracing. It adds no cost to a dismissal.
   *
   * @returns a function that removes the instrument.
   * @throws TypeError when it is not a function.
   */
  instrument(instrument: SliceInstrument): () => void {
    return this.#instruments.add(instrument);
  }

  /**
   * Adds a coordinator for the parts that it offers: leases, paces, periods or the size of the fleet. Several coordinators
   * may each offer different parts. `WorkStealingRedisModule` adds one to every recruiter; add your own in `onModuleInit` at
   * the latest.
   *
   * @returns a function that removes the coordinator: slices of jobs with a lease or `every` fail then, and paces no longer
   * hold.
   * @throws WorkStealingConfigError when it is not a coordinator, or another one already offers the same part.
   */
  useCoordinator(coordinator: Coordinator): () => void {
    const undo = this.coordination.use(coordinator);
    if (this.#isOpen) this.coordination.fleetSize.start();
    return undo;
  }

  /**
   * Starts recruiting; until then every enlistment is dismissed. The module calls it when bootstrap is complete.
   *
   * @throws WorkStealingConfigError when no coordinator offers the lease, pace or `every` of a job.
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
   * Stops recruiting permanently: every enlistment is dismissed, timers stop, and slices in flight have `shutdownGrace`
   * before their signal is aborted. Resolves when all slices have ended or been aborted. The module calls it on shutdown.
   */
  close(): Promise<void> {
    this.#decider.close();
    this.coordination.fleetSize.stop();
    this.#closed ??= this.#runner.close(this.#options.shutdownGrace);
    return this.#closed;
  }

  /**
   * Reports an error that belongs to no slice and must not reach a caller. Never throws.
   *
   * @internal
   */
  reportError(cause: unknown, where: string, reason: 'error' | 'warning' = 'error'): void {
    const error = toJobError(cause, reason, 0, this.#clock);
    this.#listeners.emit('error', { recruiter: this.name, where, error, cause });
  }

  /** Not synchronously: it is called during a draw or in the constructor, and listeners may change rates. */
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
      run: (job) => this.#runByAgenda(job),
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

  #runByAgenda(job: InstalledJob): void {
    if (this.#decider.isLoaded) this.#runner.runLater(job, 'agenda', true);
    else void this.#runner.run(job, 'agenda');
  }
}
