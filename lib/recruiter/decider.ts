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
import { MIN_PATIENCE_MS, NextLook } from './rate/next-look.js';
import type { ResolvedOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { InstalledJob } from './installed-job.js';
import type { Roster } from './roster.js';
import type { UtilizationProbe } from './gates/utilization.js';

/** How soon the agenda comes back to a job that the load gate held back: ms. */
const LOAD_RECHECK_MS = 20_000;

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
  readonly reportError?: (error: unknown, where: string) => void;
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
  readonly #nextLook: NextLook;
  /** The id of the only job that is drawn, or undefined where none is; the last one counts. */
  readonly #restrictions: { readonly id: string | undefined }[] = [];
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
      () => (this.#isOpen ? this.#admitted(roster.jobs) : []),
      (job) => this.#chanceOf(job),
    );
    this.busy = new BusyGate(concurrency);
    this.#duty = new DutyGate(dutyCycle, clock);
    this.#load = load === false ? undefined : new LoadGate(load, probe, clock, random);
    this.#admission = new Admission([this.#closing, this.#paused, this.busy], this.#easingGates());
    this.#nextLook = new NextLook(random, idle && idle.interval, {
      processes: () => dependencies.processes?.() ?? 1,
      jobs: () => roster.size,
    });
    this.userGates = new UserGates(dependencies.recruiter ?? 'simulated', {
      clock,
      jobs: () => roster.jobs,
      isWanted: (job) => job.control.more || this.#isPassDue(job),
      opened: () => this.agenda.arm(),
      reportError: dependencies.reportError ?? (() => undefined),
    });
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
    for (const job of this.roster.jobs) this.#planFirst(job);
    this.agenda.start();
  }

  /** Has every enlistment draw this job, or none draw any, until the returned function is called. */
  drawOnly(id: string | undefined): () => void {
    const restriction = { id };
    this.#restrictions.push(restriction);
    this.lottery.invalidate();
    return () => {
      const at = this.#restrictions.indexOf(restriction);
      if (at >= 0) this.#restrictions.splice(at, 1);
      this.lottery.invalidate();
    };
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
      this.#planFirst(installed);
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
    const isUnwanted = origin !== 'operator' && job.isOff && this.#restrictions.length === 0;
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
    job.refusals = 0;
    job.isLookedAt = false;
    this.#planNext(job, outcome, duration);
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
    if (more === true) {
      // A job that is late each time would spin where there is no rest.
      const wait = Math.max(MIN_PATIENCE_MS, this.#nextLook.after('full', duration, job));
      job.lookAt = Math.min(job.lookAt, this.dependencies.clock.now() + wait);
    } else if (job.period !== undefined && job.period.dueAt > this.dependencies.clock.now()) {
      job.lookAt = job.period.dueAt;
    }
    this.agenda.arm();
  }

  /** A pace was granted: the next slice fits it no earlier than this. */
  paceGranted(job: InstalledJob, perSecond: number): void {
    this.#holdBack(job, 'pace-spent', 1000 / perSecond);
  }

  /**
   * The fleet refused a slice, which says nothing about work: what is known of the job stays. Who does not say for how long
   * not to ask is asked ever later from refusal to refusal.
   */
  refused(job: InstalledJob, { reason, wait = Infinity }: Refusal): void {
    if (reason === 'not-due') {
      job.refusals = 0;
      job.lookAt = this.dependencies.clock.now() + wait + this.#nextLook.spreadOf(job.period!);
    } else if (reason === 'pace-spent') {
      this.#holdBack(job, reason, wait);
    } else {
      // Who holds it may be done long before the claim ends.
      this.#holdBack(job, reason, Math.min(wait, this.#nextLook.afterRefusal(job, job.refusals++)));
    }
    this.turnedAway(job);
  }

  /** Whether this is the only job that enlistments draw, by {@link drawOnly}. */
  isOnlyDrawn({ id }: InstalledJob): boolean {
    return this.#restrictions.at(-1)?.id === id;
  }

  /** An admitted slice was not run. */
  turnedAway(job: InstalledJob): void {
    job.isLookedAt = false;
    this.agenda.arm();
  }

  #admitted(jobs: Iterable<InstalledJob>): Iterable<InstalledJob> {
    const only = this.#restrictions.at(-1);
    return only === undefined ? jobs : [...jobs].filter(({ id }) => id === only.id);
  }

  /** The chance with which an enlistment draws the job, before back-off: its rate, unless only one job is drawn. */
  #chanceOf({ rate }: InstalledJob): number {
    return this.#restrictions.length === 0 ? rate : 1;
  }

  #freeAt(): number {
    return this.busy.isShut() || this.#paused.all ? Infinity : this.#duty.restUntil;
  }

  /** A draw that came while the process was busy or rested stands for the next free moment. */
  #keep(job: InstalledJob): void {
    const now = this.dependencies.clock.now();
    if (this.options.idle === false || now < job.restUntil) return;
    job.lookAt = Math.min(job.lookAt, now);
    this.agenda.bringForward(job);
  }

  #look(job: InstalledJob): void {
    if (this.#load?.isShut() === true) {
      job.lookAt = this.dependencies.clock.now() + this.#nextLook.spread(LOAD_RECHECK_MS);
      this.dependencies.gated(job, 'loaded', 'agenda');
      return;
    }
    const reason = this.userGates.reasonAgainst(job);
    if (reason !== undefined) {
      this.#waitFor(job, reason);
      this.dependencies.gated(job, reason, 'agenda');
      return;
    }
    job.isLookedAt = true;
    this.dependencies.run(job);
  }

  #planFirst(job: InstalledJob): void {
    // An operator may have run it before the recruiter was opened.
    if (job.lookAt === Infinity) job.lookAt = this.dependencies.clock.now() + this.#nextLook.first(job);
  }

  /** When the agenda looks at a job again of which a slice has just ended. */
  #planNext(job: InstalledJob, outcome: Outcome, duration: number): void {
    const now = this.dependencies.clock.now();
    const { period } = job;
    const hasEnded = outcome === 'partial' || outcome === 'idle';
    if (period === undefined || !hasEnded) {
      job.lookAt = now + this.#nextLook.after(outcome, duration, job);
      if (period !== undefined) job.lookAt = Math.max(job.lookAt, period.retryAt);
    } else if (period.dueAt > now) {
      // Whose report ended the pass begins the next.
      job.lookAt = period.dueAt;
    } else {
      // The coordinator has not said that the pass is over: it may not have heard.
      job.lookAt = now + this.#nextLook.afterRefusal(job, job.refusals++);
    }
  }

  /** It waits for a gate of the user's to open, and runs then. */
  #waitFor(job: InstalledJob, reason: GateReason): void {
    job.waitsFor = reason;
    job.lookAt = Math.min(job.lookAt, this.dependencies.clock.now());
    this.agenda.arm();
  }

  #mayBeDrawn(job: InstalledJob): boolean {
    return job.period === undefined || this.#isPassDue(job) || this.isOnlyDrawn(job);
  }

  #isPassDue({ period }: InstalledJob): boolean {
    return period !== undefined && this.dependencies.clock.now() >= period.dueAt;
  }

  #holdBack(job: InstalledJob, by: 'lease-held' | 'pace-spent', wait: number): void {
    job.notBefore = Math.max(job.notBefore, this.dependencies.clock.now() + wait);
    job.refusedBy = by;
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
