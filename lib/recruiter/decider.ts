import type { ReportError } from './events.js';
import { Agenda } from './agenda.js';
import type { Clock } from '../time/clock.js';
import { DutyGate } from './gates/duty.gate.js';
import { Admission, type Gate } from './gates/gate.js';
import { LoadGate } from './gates/load.gate.js';
import { UserGates } from './gates/user-gates.js';
import type { Refusal } from './coordination/grant.js';
import { BusyGate, ClosingGate, CoordinationGate, PausedGate } from './gates/state.gates.js';
import type { SliceOrigin } from './slice/slice.js';
import { Lottery } from './lottery.js';
import { Planner } from './planner.js';
import { NextRun } from './rate/next-run.js';
import type { ResolvedOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { InstalledJob } from './installed-job.js';
import { Restrictions } from './restrictions.js';
import type { Roster } from './roster.js';
import type { UtilizationProbe } from './gates/utilization.js';

/** What a decider depends on: time, chance, load, and callbacks. */
export interface DeciderDependencies {
  readonly clock: Required<Clock>;
  readonly random: Random;
  readonly probe: UtilizationProbe;
  /** Runs a slice that the agenda starts. It has passed the gates. */
  readonly run: (job: InstalledJob) => void;
  /** Name of the recruiter, for messages. */
  readonly recruiter: string;
  /** Approximate number of processes of the fleet. */
  readonly processes: () => number;
  readonly reportError: ReportError;
  /** Called for each slice that an enlistment drew, or the agenda started, and a gate held back. */
  readonly gated: (job: InstalledJob, reason: GateReason, origin: SliceOrigin) => void;
}

/** The result of a slice, as far as the algorithm learns from it. */
export interface EndedSlice {
  readonly outcome: Outcome;
  /** Wall-clock time that it took: ms. */
  readonly duration: number;
  /** Time for which it kept the event loop busy: ms. @default `duration` */
  readonly busyFor?: number;
  /** Items done, if the slice counted them. */
  readonly done?: number | undefined;
}

/**
 * The whole recruiting algorithm of one process: draw, back-off, gates; after each slice rest, learn, plan the next run.
 *
 * It is synchronous and uses no promises: the recruiter executes its decisions in a real event loop, the simulator
 * (`lab/simulator`) in a simulated one, so the simulated algorithm is the shipped one. Each slice that it admits must be
 * reported back by one of {@link ended}, {@link refused} and {@link discarded}.
 */
export class Decider {
  /** The recruiter decrements its gap in place: see {@link Lottery.skip}. */
  readonly lottery: Lottery<InstalledJob>;
  readonly busy: BusyGate;
  readonly agenda: Agenda;
  /** The gates that users add. */
  readonly userGates: UserGates;

  readonly #paused = new PausedGate();
  readonly #closing = new ClosingGate();
  readonly #duty: DutyGate;
  readonly #load: LoadGate | undefined;
  readonly #admission: Admission;
  readonly #planner: Planner;
  readonly #restrictions = new Restrictions(() => this.lottery.invalidate());
  #isOpen = false;

  constructor(
    private readonly roster: Roster,
    private readonly options: ResolvedOptions,
    private readonly dependencies: DeciderDependencies,
  ) {
    const { clock, random, probe } = dependencies;
    const { concurrency, dutyCycle, idle, load } = options;
    this.lottery = new Lottery(
      random,
      () => (this.#isOpen ? this.#restrictions.admitted(roster.jobs) : []),
      (job) => this.#chanceOf(job),
    );
    this.busy = new BusyGate(concurrency);
    this.#duty = new DutyGate(dutyCycle, clock);
    this.#load = load === false ? undefined : new LoadGate(load, probe, clock, random);
    this.#admission = new Admission([this.#closing, this.#paused, this.busy], this.#easingGates());
    const counts = { processes: dependencies.processes, jobs: () => roster.size };
    this.#planner = new Planner(clock, new NextRun(random, idle && idle.interval, counts));
    this.userGates = this.#newUserGates();
    this.agenda = new Agenda(
      clock,
      () => roster.jobs,
      () => this.#freeAt(),
      (job) => this.#runByAgenda(job),
    );
  }

  /** Event-loop utilization as the load gate reads it: 0 to 1. */
  get utilization(): number {
    return (this.#load ?? this.dependencies.probe).utilization;
  }

  /** Whether the event loop is busy: a slice that passes the load gate nevertheless should let requests go first. */
  get isLoaded(): boolean {
    return this.#load?.isLoaded === true;
  }

  /** Starts drawing; until then no enlistment draws a job, and no timer is set. */
  open(): void {
    this.#isOpen = true;
    this.lottery.invalidate();
    for (const job of this.roster.jobs) this.#planner.first(job);
    this.agenda.start();
  }

  /** Makes every enlistment draw the job of this id, or with undefined none, until the returned function is called. */
  drawOnly(id: string | undefined): () => void {
    return this.#restrictions.add(id);
  }

  /** Shuts the gates permanently and stops the timers. */
  close(): void {
    this.#closing.shut();
    this.agenda.stop();
    this.userGates.stop();
  }

  /** Must be called when a job was installed, removed or has changed its rate. */
  rosterChanged(installed?: InstalledJob): void {
    this.lottery.invalidate();
    if (installed === undefined) {
      this.agenda.arm();
    } else if (this.#isOpen) {
      this.#planner.first(installed);
      // No pass over all jobs: thousands may be installed in a row.
      this.agenda.bringForward(installed);
    }
  }

  /** Pauses or resumes one job, or all. */
  setPaused(job: InstalledJob | undefined, paused: boolean): void {
    if (job === undefined) this.#paused.all = paused;
    else job.paused = paused;
    this.agenda.arm();
  }

  isPaused(job: InstalledJob): boolean {
    return this.#paused.isShut(job);
  }

  /** Handles an enlistment at the end of a gap. Returns the job to run now, if any. */
  draw(): InstalledJob | undefined {
    const job = this.lottery.draw();
    // Between its passes a job is not in the lottery: an enlistment that draws it draws nothing.
    if (job === undefined || !this.#mayBeDrawn(job)) return undefined;
    const backedOff = !job.control.admits(this.dependencies.random);
    const reason = backedOff
      ? 'backed-off'
      : (this.#admission.reasonAgainst(job) ?? this.userGates.reasonAgainst(job));
    if (reason === undefined) return job;
    this.dependencies.gated(job, reason, 'enlistment');
    if (reason === 'busy' || reason === 'duty-spent') this.#defer(job);
    else if (reason.startsWith('gate:')) this.#waitFor(job, reason);
    return undefined;
  }

  /** Why a slice that an operator requests must not run now; undefined when it may. */
  reasonAgainstOperator(job: InstalledJob): GateReason | undefined {
    return this.#admission.reasonAgainstOperator(job);
  }

  /** Why a slice that was admitted earlier must not start: the state may have changed since. Undefined when it may. */
  reasonAgainstStart(job: InstalledJob, origin: SliceOrigin): GateReason | undefined {
    if (this.#closing.isShut()) return 'closing';
    if (!this.roster.has(job)) return 'removed';
    const isUnwanted = origin !== 'operator' && job.isOff && this.#restrictions.isEmpty;
    return isUnwanted || this.isPaused(job) ? 'paused' : undefined;
  }

  /** Updates rests, rate control and plan after a slice has ended. */
  ended(job: InstalledJob, { outcome, duration, busyFor = duration, done }: EndedSlice): void {
    this.#duty.rest(job, duration, busyFor);
    // A slice that the shutdown aborted gives no evidence about the job.
    if (!(outcome === 'aborted' && this.#closing.isShut())) {
      // A pass that found nothing must not delay the next one.
      job.control.learn(outcome === 'idle' && job.period !== undefined ? 'partial' : outcome, done);
    }
    this.#planner.ended(job, outcome, duration);
    this.agenda.arm();
  }

  /**
   * Updates the state after a slice settled later than it was reported. Its outcome stays; whether more work is waiting is
   * new.
   *
   * @param more - whether more is waiting; undefined when the slice threw.
   * @param duration - ms since the start of the slice.
   * @param busyFor - ms for which it kept the event loop busy since it was reported.
   * @param lateBy - ms since it was reported: its job already rests for the time before.
   */
  settledLate(
    job: InstalledJob,
    more: boolean | undefined,
    duration: number,
    busyFor: number,
    lateBy = duration,
  ): void {
    this.#duty.rest(job, lateBy, busyFor);
    if (more !== undefined) job.control.learnLate(more);
    this.#planner.settledLate(job, more, duration);
    this.agenda.arm();
  }

  /** Called when the coordinator granted a slice: the next one cannot fit the pace earlier than 1/perSecond from now. */
  paceGranted(job: InstalledJob, perSecond: number): void {
    this.#planner.paceGranted(job, perSecond);
  }

  /**
   * Called when the coordinator refused a slice. A refusal gives no evidence about work, so the state of the rate control
   * stays. Where the refusal has no time, each further one doubles the wait.
   */
  refused(job: InstalledJob, refusal: Refusal): void {
    this.#planner.refused(job, refusal);
    this.agenda.arm();
  }

  /** Whether {@link drawOnly} makes this the only job that enlistments draw. */
  isOnlyDrawn(job: InstalledJob): boolean {
    return this.#restrictions.isOnly(job);
  }

  /** Called when an admitted slice was not run. */
  discarded(job: InstalledJob): void {
    job.hasAgendaRun = false;
    this.agenda.arm();
  }

  /** The probability that an enlistment draws the job, before back-off: its rate, or 1 for the only job of drawOnly(). */
  #chanceOf({ rate }: InstalledJob): number {
    return this.#restrictions.isEmpty ? rate : 1;
  }

  #freeAt(): number {
    return this.busy.isShut() || this.#paused.all ? Infinity : this.#duty.restUntil;
  }

  #defer(job: InstalledJob): void {
    if (this.options.idle === false) return;
    this.#planner.defer(job);
    this.agenda.bringForward(job);
  }

  #waitFor(job: InstalledJob, reason: GateReason): void {
    this.#planner.waitFor(job, reason);
    this.agenda.arm();
  }

  #runByAgenda(job: InstalledJob): void {
    const reason = this.#load?.isShut() === true ? 'loaded' : this.userGates.reasonAgainst(job);
    if (reason === undefined) {
      job.hasAgendaRun = true;
      this.dependencies.run(job);
      return;
    }
    if (reason === 'loaded') this.#planner.loaded(job);
    else this.#planner.waitFor(job, reason);
    this.dependencies.gated(job, reason, 'agenda');
  }

  #mayBeDrawn(job: InstalledJob): boolean {
    return job.period === undefined || this.#isPassDue(job) || this.isOnlyDrawn(job);
  }

  #isPassDue({ period }: InstalledJob): boolean {
    return period !== undefined && this.dependencies.clock.now() >= period.dueAt;
  }

  #newUserGates(): UserGates {
    const { clock, recruiter, reportError } = this.dependencies;
    return new UserGates(recruiter, {
      clock,
      jobs: () => this.roster.jobs,
      isWanted: (job) => job.control.more || this.#isPassDue(job),
      opened: () => this.agenda.arm(),
      reportError,
    });
  }

  #easingGates(): Gate[] {
    const { clock } = this.dependencies;
    const gates = [
      this.#duty,
      new CoordinationGate('pace-spent', clock),
      new CoordinationGate('lease-held', clock),
    ];
    return this.#load === undefined ? gates : [...gates, this.#load];
  }
}
