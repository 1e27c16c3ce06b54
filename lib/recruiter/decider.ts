import type { ReportError } from './events.js';
import { Admission } from './gates/admission.js';
import { Agenda } from './agenda.js';
import type { Clock } from '../time/clock.js';
import { BusyGate } from './gates/busy.gate.js';
import { ClosingGate } from './gates/closing.gate.js';
import { CoordinationGate } from './gates/coordination.gate.js';
import { DutyGate } from './gates/duty.gate.js';
import type { Gate } from './gates/gate.js';
import { LoadGate } from './gates/load.gate.js';
import { UserGates } from './gates/user-gates.js';
import type { Refusal } from './coordination/grant.js';
import { PausedGate } from './gates/paused.gate.js';
import type { SliceOrigin } from './slice/slice.js';
import { Lottery } from './lottery.js';
import { Planner } from './planner.js';
import { NextLook } from './rate/next-look.js';
import type { ResolvedOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { InstalledJob } from './installed-job.js';
import { Restrictions } from './restrictions.js';
import type { Roster } from './roster.js';
import type { UtilizationProbe } from './gates/utilization.js';

/** The clock, the chance and the world of a decider. */
export interface DeciderDependencies {
  readonly clock: Required<Clock>;
  readonly random: Random;
  readonly probe: UtilizationProbe;
  /** Runs a slice that no enlistment asked for. It has passed the gates. */
  readonly run: (job: InstalledJob) => void;
  /** Name of the recruiter, for messages. */
  readonly recruiter?: string;
  /** About how many processes the fleet has. @default 1 */
  readonly processes?: () => number;
  readonly reportError?: ReportError;
  /** Hears of a slice that was drawn, or looked at by the agenda, and held back. */
  readonly gated: (job: InstalledJob, reason: GateReason, origin: SliceOrigin) => void;
}

/** What came of a slice, as far as the algorithm learns from it. */
export interface EndedSlice {
  readonly outcome: Outcome;
  /** How long it took: ms. */
  readonly duration: number;
  /** For how long it kept the event loop busy: ms. @default `duration` */
  readonly busyFor?: number;
  /** Items done, where it counted them. */
  readonly done?: number | undefined;
}

/**
 * The whole recruiting algorithm of one process: draw, back-off, gates; after each slice rest, learn, plan the next.
 *
 * It is synchronous and knows no promises: the recruiter runs what it decides in a real event loop, the simulator
 * (`lab/simulator`) in a simulated one, so that what was simulated is what is shipped. Each slice that it lets begin
 * comes back in one of {@link ended}, {@link refused} and {@link turnedAway}.
 */
export class Decider {
  /** The recruiter counts its gap down in place: see {@link Lottery.skip}. */
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
    const counts = { processes: () => dependencies.processes?.() ?? 1, jobs: () => roster.size };
    this.#planner = new Planner(clock, new NextLook(random, idle && idle.interval, counts));
    this.userGates = this.#newUserGates();
    this.agenda = new Agenda(
      clock,
      () => roster.jobs,
      () => this.#freeAt(),
      (job) => this.#look(job),
    );
  }

  /** Event-loop utilization as the load gate sees it: 0 to 1. */
  get utilization(): number {
    return (this.#load ?? this.dependencies.probe).utilization;
  }

  /** Whether the event loop is busy: slices that pass the load gate all the same should mind the requests beside them. */
  get isLoaded(): boolean {
    return this.#load?.isLoaded === true;
  }

  /** Begins to draw; until then no enlistment draws anything, and no timer is set. */
  open(): void {
    this.#isOpen = true;
    this.lottery.invalidate();
    for (const job of this.roster.jobs) this.#planner.first(job);
    this.agenda.start();
  }

  /** Has every enlistment draw this job, or none draw any, until the returned function is called. */
  drawOnly(id: string | undefined): () => void {
    return this.#restrictions.add(id);
  }

  /** Shuts the gates for good and ends the timer. */
  close(): void {
    this.#closing.shut();
    this.agenda.stop();
    this.userGates.stop();
  }

  /** To be called when a job has come, gone or changed its rate. */
  rosterChanged(installed?: InstalledJob): void {
    this.lottery.invalidate();
    if (installed === undefined) {
      this.agenda.arm();
    } else if (this.#isOpen) {
      this.#planner.first(installed);
      // No pass over all jobs: thousands may be installed one after the other.
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

  /** One enlistment whose gap is counted down: the job that it should run now, if any. */
  draw(): InstalledJob | undefined {
    const job = this.lottery.draw();
    // Between passes a job is not in the lottery: what draws it draws nothing.
    if (job === undefined || !this.#mayBeDrawn(job)) return undefined;
    const backedOff = !job.control.admits(this.dependencies.random);
    const reason = backedOff
      ? 'backed-off'
      : (this.#admission.reasonAgainst(job) ?? this.userGates.reasonAgainst(job));
    if (reason === undefined) return job;
    this.dependencies.gated(job, reason, 'enlistment');
    if (reason === 'busy' || reason === 'duty-spent') this.#keep(job);
    else if (reason.startsWith('gate:')) this.#waitFor(job, reason);
    return undefined;
  }

  /** Why a slice that an operator asks for must not run now; undefined when it may. */
  reasonAgainstOperator(job: InstalledJob): GateReason | undefined {
    return this.#admission.reasonAgainstOperator(job);
  }

  /** Why a slice that was admitted a while ago must not start after all: what it stood for may be gone. */
  reasonAgainstStart(job: InstalledJob, origin: SliceOrigin): GateReason | undefined {
    if (this.#closing.isShut()) return 'closing';
    if (!this.roster.has(job)) return 'removed';
    const isUnwanted = origin !== 'operator' && job.isOff && this.#restrictions.isEmpty;
    return isUnwanted || this.isPaused(job) ? 'paused' : undefined;
  }

  /** Takes note of a slice that has just ended, and of what came of it. */
  ended(job: InstalledJob, { outcome, duration, busyFor = duration, done }: EndedSlice): void {
    this.#duty.rest(job, duration, busyFor);
    // What the shutdown cut off says nothing about the job.
    if (!(outcome === 'aborted' && this.#closing.isShut())) {
      // A pass that found nothing is no reason to begin the next one later.
      job.control.learn(outcome === 'idle' && job.period !== undefined ? 'partial' : outcome, done);
    }
    this.#planner.ended(job, outcome, duration);
    this.agenda.arm();
  }

  /**
   * Takes note of a slice that settled after it was over, `duration` ms after its start, and kept the event loop busy
   * for `busyFor` ms since it was over. Its outcome stands; whether it left work behind is news.
   *
   * @param more - whether more is waiting; undefined when it threw.
   * @param lateBy - ms since it was over: for the time before, its job rests already.
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

  /** A pace was granted: the next slice fits it no earlier than this. */
  paceGranted(job: InstalledJob, perSecond: number): void {
    this.#planner.paceGranted(job, perSecond);
  }

  /**
   * The fleet refused a slice, which says nothing about work: what is known of the job stays. Who does not say for how long
   * not to ask is asked ever later from refusal to refusal.
   */
  refused(job: InstalledJob, refusal: Refusal): void {
    this.#planner.refused(job, refusal);
    this.agenda.arm();
  }

  /** Whether this is the only job that enlistments draw, by {@link drawOnly}. */
  isOnlyDrawn(job: InstalledJob): boolean {
    return this.#restrictions.isOnly(job);
  }

  /** An admitted slice was not run. */
  turnedAway(job: InstalledJob): void {
    job.isLookedAt = false;
    this.agenda.arm();
  }

  /** The chance with which an enlistment draws the job, before back-off: its rate, unless only one job is drawn. */
  #chanceOf({ rate }: InstalledJob): number {
    return this.#restrictions.isEmpty ? rate : 1;
  }

  #freeAt(): number {
    return this.busy.isShut() || this.#paused.all ? Infinity : this.#duty.restUntil;
  }

  #keep(job: InstalledJob): void {
    if (this.options.idle === false) return;
    this.#planner.keep(job);
    this.agenda.bringForward(job);
  }

  #waitFor(job: InstalledJob, reason: GateReason): void {
    this.#planner.waitFor(job, reason);
    this.agenda.arm();
  }

  #look(job: InstalledJob): void {
    const reason = this.#load?.isShut() === true ? 'loaded' : this.userGates.reasonAgainst(job);
    if (reason === undefined) {
      job.isLookedAt = true;
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
    const { clock, recruiter = 'simulated', reportError = () => undefined } = this.dependencies;
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
