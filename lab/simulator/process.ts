import type { GateReason, Outcome } from '../../lib/recruiter/outcome.js';
import type { Random } from '../../lib/recruiter/random.js';
import type { LoopTime } from '../../lib/recruiter/gates/utilization.js';
import type { Chance } from './chance.js';
import { EventLoop } from './event-loop.js';
import type { EventQueue } from './event-queue.js';
import type { Host, Policy, Source } from './policies/index.js';
import { QUESTION, type SimulatedJob } from './world.js';

/** A slice as the fleet carries it out: what it costs its process, how long it takes, what comes of it. */
export interface Cost {
  readonly loop: number;
  readonly duration: number;
  readonly outcome: Outcome;
  /** Items. */
  readonly done?: number;
}

/** What a process leaves to the fleet. */
export interface Shop {
  readonly queue: EventQueue;
  readonly random: Random;
  readonly chance: Chance;
  readonly jobs: readonly SimulatedJob[];
  readonly newPolicy: (host: Host) => Policy;
  /** Length of a tick of the world: ms. */
  readonly tick: number;
  /** Event-loop time of a request: exponential with this mean, ms. */
  readonly requestLoop: number;
  /** How many processes the fleet has. */
  readonly processes: number;
  /** Takes a slice's items and says what it costs. */
  begin(process: SimulatedProcess, job: number): Cost;
  /** A slice is over: what came of it, after how many ms. */
  ended(job: number, source: Source, outcome: Outcome, duration: number): void;
  /** Asks for the pace of a job: ms until a slice may run, 0 for now. */
  pace(job: number): number;
  /** Hears of a drawn slice that was held back. */
  readonly gated: (job: number, reason: GateReason) => void;
}

/** One Node process: its traffic, its event loop's time, and the policy that decides for it. */
export class SimulatedProcess {
  /** Share of the average traffic. */
  share = 1;
  isUp = false;
  policy!: Policy;

  readonly #loop: EventLoop;
  #generation = 0;
  #enlistments = 0;
  #left = 0;
  #tick = 0;
  #busyBefore = 0;
  #busyThisTick = 0;
  #busyInSlices = 0;

  constructor(
    readonly index: number,
    private readonly shop: Shop,
  ) {
    const { queue, chance, tick, requestLoop } = shop;
    const requests = () => ({ utilization: this.#busyThisTick / tick, loop: requestLoop });
    this.#loop = new EventLoop(queue, chance, requests);
  }

  /** Starts it with no memory of what was before. */
  start(): void {
    this.isUp = true;
    this.#generation++;
    const { random, jobs, newPolicy, gated } = this.shop;
    const generation = this.#generation;
    this.policy = newPolicy({
      index: this.index,
      processes: this.shop.processes,
      clock: this.#loop,
      random,
      jobs,
      loopTime: () => this.#loopTime(),
      run: (job, source) => this.#run(job, source, generation),
      askPace: (job, answered) => {
        const wait = this.shop.pace(job);
        this.#loop.answer(QUESTION, () => this.#lives(generation) && answered(wait));
      },
      gated,
    });
    this.policy.open();
  }

  stop(): void {
    this.isUp = false;
    this.#left = 0;
    this.policy.close();
  }

  /** Event-loop time spent in slices so far: ms. */
  get busyInSlices(): number {
    return this.#busyInSlices;
  }

  /** A tick begins in which it gets `requests` requests; each enlists. */
  tick(tick: number, requests: number): void {
    const { chance, requestLoop } = this.shop;
    this.#busyBefore += this.#busyThisTick;
    this.#busyThisTick = Math.min(this.shop.tick, chance.erlang(requests, requestLoop));
    this.#tick = tick;
    this.#enlistments = this.#left = requests;
    this.#enlist();
  }

  /** Jumps over enlistments that draw nothing; the one that draws happens in its own time. */
  #enlist(): void {
    if (this.policy.skip >= this.#left) {
      this.policy.skip -= this.#left;
      this.#left = 0;
      return;
    }
    this.#left -= this.policy.skip;
    this.policy.skip = 0;
    const { queue, random, tick } = this.shop;
    const position = (this.#enlistments - this.#left + random.next()) / this.#enlistments;
    const generation = this.#generation;
    queue.after((this.#tick + position) * tick - queue.now(), () => {
      if (generation !== this.#generation || this.#left === 0) return;
      this.#left--;
      this.policy.draw();
      this.#enlist();
    });
  }

  #run(job: number, source: Source, generation: number): void {
    const { queue } = this.shop;
    const { policy } = this;
    const begun = queue.now();
    const cost = this.shop.begin(this, job);
    this.#busyInSlices += cost.loop;
    let isOver = false;
    const end = (outcome: Outcome, duration: number): void => {
      if (isOver) return;
      isOver = true;
      this.shop.ended(job, source, outcome, duration);
      policy.ended(job, outcome, duration);
    };
    const { longestSlice } = policy;
    const timeOut = () => this.#lives(generation) && end('aborted', queue.now() - begun);
    const callOff = longestSlice === undefined ? undefined : this.#loop.after(longestSlice, timeOut);
    this.#loop.answer(cost.duration, () => {
      callOff?.();
      if (!this.#lives(generation)) return;
      const duration = queue.now() - begun;
      policy.settled?.(job, cost.outcome, duration);
      end(cost.outcome, duration);
    });
  }

  #lives(generation: number): boolean {
    return this.isUp && generation === this.#generation;
  }

  #loopTime(): LoopTime {
    const now = this.shop.queue.now();
    const part = Math.min(1, now / this.shop.tick - this.#tick);
    const active = this.#busyBefore + this.#busyThisTick * part + this.#busyInSlices;
    return { active, idle: now - active };
  }
}
