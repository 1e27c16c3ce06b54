import { Admission } from './admission.js';
import type { Clock } from './clock.js';
import { Drain } from './drain.js';
import { FloorTimer } from './floor-timer.js';
import { BusyGate, ClosingGate, DutyGate, LoadGate, PaceGate, PausedGate, type Gate } from './gates/index.js';
import type { SliceOrigin } from './instruments.js';
import { Lottery } from './lottery.js';
import type { ResolvedOptions } from './options.js';
import type { GateReason, Outcome } from './outcome.js';
import type { Random } from './random.js';
import type { InstalledJob, Roster } from './roster.js';
import type { UtilizationProbe } from './utilization.js';

/** The load gate is open after so many intervals of unbroken load: longer than most bursts, short for a busy day. */
const LOAD_PATIENCE = 3;

/** What the decider sees and acts by. */
export interface Surroundings {
  readonly clock: Required<Clock>;
  readonly random: Random;
  readonly probe: UtilizationProbe;
  /** Runs a slice that no enlistment asked for: of the drain or the floor timer. It has passed the gates. */
  readonly run: (job: InstalledJob, origin: SliceOrigin) => void;
  /** Hears of a drawn slice that was held back. */
  readonly gated: (job: InstalledJob, reason: GateReason) => void;
}

/**
 * The whole recruiting algorithm of one process: draw, back-off, gates; after each slice rest, learn, drain.
 *
 * It is synchronous and knows no promises: the recruiter runs what it decides in a real event loop, the simulator
 * (`bench/simulator`) in a simulated one, so that what was simulated is what is shipped.
 */
export class Decider {
  /** The recruiter counts its gap down in place: see {@link Lottery.skip}. */
  readonly lottery: Lottery<InstalledJob>;
  readonly busy: BusyGate;
  readonly paused = new PausedGate();
  readonly drain: Drain | undefined;
  readonly floor: FloorTimer | undefined;

  readonly #closing = new ClosingGate();
  readonly #duty: DutyGate;
  readonly #admission: Admission;
  #isOpen = false;

  constructor(
    roster: Roster,
    private readonly options: ResolvedOptions,
    private readonly surroundings: Surroundings,
  ) {
    const { clock, random } = surroundings;
    const { concurrency, dutyCycle, idle } = options;
    const jobs = () => roster.jobs;
    const runFor = (origin: SliceOrigin) => (job: InstalledJob) => this.#runUnasked(job, origin);
    this.lottery = new Lottery(random, () => (this.#isOpen ? roster.jobs : []));
    this.busy = new BusyGate(concurrency);
    this.#duty = new DutyGate(dutyCycle, clock);
    if (idle !== false) {
      this.drain = new Drain(clock, random, jobs, runFor('drain'));
      this.floor = new FloorTimer(idle.interval, clock, random, jobs, runFor('floor-timer'));
    }
    this.#admission = new Admission([this.#closing, this.paused, this.busy], this.#easingGates());
  }

  get isClosing(): boolean {
    return this.#closing.isShut();
  }

  /** Whether the load gate holds slices back: those that pass had better mind the requests beside them. */
  get isLoaded(): boolean {
    const { load } = this.options;
    return load !== false && this.surroundings.probe.utilization > load.low;
  }

  /** Begins to draw; until then no enlistment draws anything. */
  open(): void {
    this.#isOpen = true;
    this.lottery.invalidate();
    this.floor?.start();
  }

  /** Shuts the gates for good and ends the timers. */
  close(): void {
    this.#closing.shut();
    this.drain?.stop();
    this.floor?.stop();
  }

  /** One enlistment whose gap is counted down: the job that it is to run now, if any. */
  draw(): InstalledJob | undefined {
    const job = this.lottery.draw();
    if (job === undefined) return undefined;
    const backedOff = !job.control.admits(this.surroundings.random);
    const reason = backedOff ? 'backed-off' : this.#admission.reasonAgainst(job);
    if (reason === undefined) return job;
    this.surroundings.gated(job, reason);
    return undefined;
  }

  /** Why a slice that an operator asks for must not run now; undefined when it may. */
  reasonAgainstOperator(job: InstalledJob): GateReason | undefined {
    return this.#admission.reasonAgainstOperator(job);
  }

  /** Takes note of a slice that has just ended after `duration` ms, and of what came of it. */
  ended(job: InstalledJob, outcome: Outcome, duration: number): void {
    job.lastRun = this.surroundings.clock.now();
    job.control.learn(outcome, job.lastRun);
    this.#duty.rest(duration);
    if (!this.isClosing) this.drain?.arm(this.#duty.restUntil - job.lastRun);
  }

  #runUnasked(job: InstalledJob, origin: SliceOrigin): void {
    if (this.#admission.reasonAgainst(job) === undefined) this.surroundings.run(job, origin);
  }

  #easingGates(): Gate[] {
    const { load, idle } = this.options;
    const { clock, random, probe } = this.surroundings;
    const pace = new PaceGate(clock);
    if (load === false) return [this.#duty, pace];
    const patience = idle === false ? Infinity : idle.interval * LOAD_PATIENCE;
    return [this.#duty, pace, new LoadGate(load, probe, clock, random, patience)];
  }
}
