import type { GateReason, Outcome } from '../../lib/recruiter/outcome.js';
import type { Random } from '../../lib/recruiter/random.js';
import type { LoopTime } from '../../lib/recruiter/utilization.js';
import type { Chance } from './chance.js';
import type { EventQueue } from './event-queue.js';
import type { Host, Policy, Source } from './policies/index.js';
import { REQUEST_LOOP, type SimulatedJob } from './world.js';

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
  /** Takes a slice's items and says what it costs. */
  begin(process: SimulatedProcess, job: number, source: Source): Cost;
  /** Hears of a drawn slice that was held back. */
  readonly gated: (job: number, reason: GateReason) => void;
}

/** One Node process: its traffic, its event loop's time, and the policy that decides for it. */
export class SimulatedProcess {
  /** Share of the average traffic. */
  share = 1;
  isUp = false;
  policy!: Policy;

  #generation = 0;
  #enlistments = 0;
  #left = 0;
  #second = 0;
  #busyBefore = 0;
  #busyThisSecond = 0;
  #busyInSlices = 0;

  constructor(
    readonly index: number,
    private readonly shop: Shop,
  ) {}

  /** Starts it with no memory of what was before. */
  start(): void {
    this.isUp = true;
    this.#generation++;
    const { queue, random, jobs, newPolicy, gated } = this.shop;
    const generation = this.#generation;
    const run = (job: number, source: Source) => this.#run(job, source, generation);
    const loopTime = () => this.#loopTime();
    this.policy = newPolicy({ index: this.index, clock: queue, random, jobs, loopTime, run, gated });
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

  /** A second begins in which it gets `requests` requests; each enlists. */
  tick(second: number, requests: number): void {
    this.#busyBefore += this.#busyThisSecond;
    this.#busyThisSecond = Math.min(1000, this.shop.chance.erlang(requests, REQUEST_LOOP));
    this.#second = second;
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
    const { queue, random } = this.shop;
    const position = (this.#enlistments - this.#left + random.next()) / this.#enlistments;
    const generation = this.#generation;
    queue.after((this.#second + position) * 1000 - queue.now(), () => {
      if (generation !== this.#generation || this.#left === 0) return;
      this.#left--;
      this.policy.draw();
      this.#enlist();
    });
  }

  #run(job: number, source: Source, generation: number): void {
    const cost = this.shop.begin(this, job, source);
    this.#busyInSlices += cost.loop;
    this.shop.queue.after(cost.duration, () => {
      if (this.isUp && generation === this.#generation) this.policy.ended(job, cost.outcome, cost.duration);
    });
  }

  #loopTime(): LoopTime {
    const now = this.shop.queue.now();
    const part = Math.min(1, now / 1000 - this.#second);
    const active = this.#busyBefore + this.#busyThisSecond * part + this.#busyInSlices;
    return { active, idle: now - active };
  }
}
