import { Admission } from './gates/admission.js';
import { Agenda } from './agenda.js';
import type { Clock } from '../time/clock.js';
import { BusyGate } from './gates/busy.gate.js';
import { ClosingGate } from './gates/closing.gate.js';
import { CoordinationGate } from './gates/coordination.gate.js';
import { DutyGate } from './gates/duty.gate.js';
import type { Gate } from './gates/gate.js';
import { LoadGate } from './gates/load.gate.js';
import { PausedGate } from './gates/paused.gate.js';
import type { SliceOrigin } from './slice/slice.js';
import { Lottery } from './lottery.js';
import { MIN_PATIENCE_MS, NextLook } from './rate/next-look.js';
import type { ResolvedOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { InstalledJob, Roster } from './roster.js';
import type { UtilizationProbe } from './gates/utilization.js';

/** How soon the agenda comes back to a job that the load gate held back: ms. */
const LOAD_RECHECK_MS = 20_000;

/** What the decider sees and acts by. */
export interface Surroundings {
  readonly clock: Required<Clock>;
  readonly random: Random;
  readonly probe: UtilizationProbe;
  /** Runs a slice that no enlistment asked for. It has passed the gates. */
  readonly run: (job: InstalledJob) => void;
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
    private readonly surroundings: Surroundings,
  ) {
    const { clock, random, probe } = surroundings;
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
    this.#nextLook = new NextLook(random, idle !== false && idle.interval);
    this.agenda = new Agenda(
      clock,
      () => roster.jobs,
      () => this.#freeAt(),
      (job) => this.#look(job),
    );
  }

  /** Event-loop utilization as the load gate sees it: 0 to 1. */
  get utilization(): number {
    return (this.#load ?? this.surroundings.probe).utilization;
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
    if (job === undefined) return undefined;
    const backedOff = !job.control.admits(this.surroundings.random);
    const reason = backedOff ? 'backed-off' : this.#admission.reasonAgainst(job);
    if (reason === undefined) return job;
    this.surroundings.gated(job, reason, 'enlistment');
    if (reason === 'busy' || reason === 'duty-spent') this.#keep(job);
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
    const isUnwanted = origin !== 'operator' && this.#chanceOf(job) === 0;
    return isUnwanted || this.isPaused(job) ? 'paused' : undefined;
  }

  /** Takes note of a slice that has just ended, and of what came of it. */
  ended(job: InstalledJob, { outcome, duration, busyFor = duration, done }: EndedSlice): void {
    const now = this.surroundings.clock.now();
    this.#duty.rest(job, duration, busyFor);
    // What the shutdown cut off says nothing about the job.
    if (!(outcome === 'aborted' && this.#closing.isShut())) job.control.learn(outcome, done);
    job.lookAt = now + this.#nextLook.after(outcome, duration, job);
    job.refusals = 0;
    job.isLookedAt = false;
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
      job.lookAt = Math.min(job.lookAt, this.surroundings.clock.now() + wait);
    }
    this.agenda.arm();
  }

  /** A pace was granted: the next slice fits it no earlier than this. */
  paceGranted(job: InstalledJob, perSecond: number): void {
    this.#holdBack(job, 'pace-spent', 1000 / perSecond);
  }

  /**
   * The fleet refused a slice, which says nothing about work: what is known of the job stays.
   *
   * @param wait - for how long it said not to ask again: ms. By default, ever longer from refusal to refusal.
   */
  refused(job: InstalledJob, by: 'lease-held' | 'pace-spent', wait?: number): void {
    this.#holdBack(job, by, wait ?? this.#nextLook.afterRefusal(job, job.refusals++));
    this.turnedAway(job);
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
    const now = this.surroundings.clock.now();
    if (this.options.idle === false || now < job.restUntil) return;
    job.lookAt = Math.min(job.lookAt, now);
    this.agenda.bringForward(job);
  }

  #look(job: InstalledJob): void {
    if (this.#load?.isShut() === true) {
      job.lookAt = this.surroundings.clock.now() + this.#nextLook.spread(LOAD_RECHECK_MS);
      this.surroundings.gated(job, 'loaded', 'agenda');
      return;
    }
    job.isLookedAt = true;
    this.surroundings.run(job);
  }

  #planFirst(job: InstalledJob): void {
    // An operator may have run it before the recruiter was opened.
    if (job.lookAt === Infinity) job.lookAt = this.surroundings.clock.now() + this.#nextLook.first();
  }

  #holdBack(job: InstalledJob, by: 'lease-held' | 'pace-spent', wait: number): void {
    job.notBefore = Math.max(job.notBefore, this.surroundings.clock.now() + wait);
    job.refusedBy = by;
  }

  #easingGates(): Gate[] {
    const { clock } = this.surroundings;
    const gates = [
      this.#duty,
      new CoordinationGate('pace-spent', clock),
      new CoordinationGate('lease-held', clock),
    ];
    return this.#load === undefined ? gates : [...gates, this.#load];
  }
}
