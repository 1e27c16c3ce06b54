import type { RecruiterOptions } from '../../lib/recruiter/options.js';
import { SeededRandom } from '../../lib/testing/seeded-random.js';
import type { GateReason } from '../../lib/recruiter/outcome.js';
import { Backlog } from './backlog.js';
import { Chance } from './chance.js';
import { EventQueue } from './event-queue.js';
import type { PolicyFactory, Source } from './policies/index.js';
import { SimulatedProcess, type Cost } from './process.js';
import { RunRecord } from './record.js';
import { SimulatedRedis } from './redis.js';
import { isWithin, type Trace } from './traces.js';
import { DEPLOY, FAILURE, JOBS, RESTART, SLICE, UNEVENNESS, type SimulatedJob } from './world.js';

/** One run of the simulator. */
export interface Scenario {
  readonly processes: number;
  readonly trace: Trace;
  readonly policy: PolicyFactory;
  /** Options of the recruiter, for policies that are the library's. */
  readonly options: RecruiterOptions;
  readonly seed: number;
  /** Declared rates are multiplied by this: rates that somebody set wrongly. */
  readonly rateFactor: number;
  /** @default the jobs of the simulated world */
  readonly jobs?: readonly SimulatedJob[];
}

/** Some processes, their backlogs and their Redis, through a trace. */
export class Fleet {
  readonly record: RunRecord;
  readonly jobs: readonly SimulatedJob[];
  readonly processes: readonly SimulatedProcess[];
  readonly #queue = new EventQueue();
  readonly #redis = new SimulatedRedis();
  readonly #chance: Chance;
  readonly #backlogs: readonly Backlog[];
  readonly #requests: Float64Array;
  #averageTraffic = 0;

  constructor(private readonly scenario: Scenario) {
    const { trace, processes, seed, rateFactor, policy, options, jobs = JOBS } = scenario;
    const random = new SeededRandom(seed);
    this.#chance = new Chance(random);
    this.jobs = jobs.map((job) => ({ ...job, rate: job.rate * rateFactor }));
    this.#backlogs = this.jobs.map(() => new Backlog());
    this.#requests = new Float64Array(trace.seconds);
    this.record = new RunRecord(trace.seconds, this.jobs.length, trace.warmUp);
    const shop = {
      queue: this.#queue,
      random,
      chance: this.#chance,
      jobs: this.jobs,
      newPolicy: policy(options),
      begin: (process: SimulatedProcess, job: number, source: Source) => this.#begin(process, job, source),
      gated: (job: number, reason: GateReason) => this.record.gated(this.#second(), job, reason),
    };
    this.processes = Array.from({ length: processes }, (_, index) => new SimulatedProcess(index, shop));
    this.#spreadTraffic();
  }

  run(): RunRecord {
    const { trace } = this.scenario;
    for (const process of this.processes) process.start();
    this.#planDeploys();
    for (let second = 0; second < trace.seconds; second++) {
      this.#tick(second);
      const end = (second + 1) * 1000;
      if (trace.stop !== undefined && isWithin([trace.stop], second)) this.#queue.standStill(end);
      else this.#queue.runUntil(end);
    }
    return this.record;
  }

  #tick(second: number): void {
    const { trace, processes } = this.scenario;
    const stopped = trace.stop !== undefined && isWithin([trace.stop], second);
    this.#redis.out = trace.outage !== undefined && isWithin([trace.outage], second);
    this.#averageTraffic = stopped ? 0 : trace.traffic(second);
    this.#redis.traffic = this.#averageTraffic * processes;
    if (trace.balancer === true && second % 10 === 0) this.#balance();
    if (!stopped) for (const process of this.processes) this.#tickProcess(process, second);
    const waiting = this.#backlogs.map((backlog) => backlog.waiting);
    this.record.tick(second, this.#requests[second]!, waiting);
    this.#arrive(second);
    const ages = this.#backlogs.map((backlog) => backlog.age(second));
    this.record.ages(second, ages);
    if (second % 60 === 0) this.#recordLevels();
  }

  #tickProcess(process: SimulatedProcess, second: number): void {
    if (!process.isUp) return;
    const requests = this.#chance.poisson(this.#averageTraffic * process.share);
    this.#requests[second]! += requests;
    process.tick(second, requests);
  }

  #arrive(second: number): void {
    const { processes, trace } = this.scenario;
    this.jobs.forEach((job, index) => {
      const { perRequest = 0, delay = 0, perProcess = 0, perFleet = 0 } = job;
      const before = trace.steadyBefore ? trace.traffic(0) * processes : 0;
      const requests = second < delay ? before : this.#requests[second - delay]!;
      const mean = requests * perRequest + processes * perProcess + perFleet;
      this.#backlogs[index]!.add(second, this.#chance.poisson(mean));
    });
  }

  #begin(process: SimulatedProcess, job: number, source: Source): Cost {
    const now = this.#queue.now();
    const second = this.#second();
    const cost = this.#redis.out
      ? ({ loop: SLICE.loop, duration: FAILURE, outcome: 'failed' } as const)
      : this.#work(this.jobs[job]!, this.#backlogs[job]!, now);
    this.record.slice(second, job, source, cost);
    if (isWithin(this.scenario.trace.bursts, second)) {
      const { patience = 0 } = process.policy;
      this.record.burstSlices.push({ process: process.index, at: now, loop: cost.loop, patience });
    }
    return cost;
  }

  #second(): number {
    return Math.min(this.scenario.trace.seconds - 1, Math.floor(this.#queue.now() / 1000));
  }

  #work(job: SimulatedJob, backlog: Backlog, now: number): Cost {
    const done = backlog.take(job.limit);
    const share = done / job.limit;
    const stretch = this.scenario.trace.heavyTail === true ? this.#chance.heavyTail() : 1;
    const loop = (SLICE.loop + job.loop * share) * stretch;
    const io = (SLICE.io + (job.base ?? 0) + job.io * share) * stretch + this.#redis.answer(now, share);
    const outcome = done === 0 ? 'idle' : done < job.limit ? 'partial' : 'full';
    return { loop, duration: loop + io, outcome, done };
  }

  #spreadTraffic(): void {
    for (const process of this.processes) process.share = Math.exp(UNEVENNESS * this.#chance.normal());
    this.#normalise();
  }

  #normalise(): void {
    const mean = this.processes.reduce((sum, { share }) => sum + share, 0) / this.processes.length;
    for (const process of this.processes) process.share /= mean;
  }

  /** A least-latency balancer: each ten seconds, traffic moves a little from those that spend more time in slices. */
  #balance(): void {
    for (const process of this.processes) {
      const inSlices = (process.busyInSlices - (this.#busyBefore.get(process) ?? 0)) / 10_000;
      this.#busyBefore.set(process, process.busyInSlices);
      process.share = process.share ** 0.9 / (1 + 10 * inSlices);
    }
    this.#normalise();
  }

  readonly #busyBefore = new Map<SimulatedProcess, number>();

  #planDeploys(): void {
    for (const begin of this.scenario.trace.deploys) {
      for (const process of this.processes) {
        const down = (begin + this.#chance.uniform() * DEPLOY) * 1000;
        this.#queue.after(down, () => process.stop());
        this.#queue.after(down + RESTART * 1000, () => process.start());
      }
    }
  }

  #recordLevels(): void {
    const sums = this.jobs.map(() => 0);
    for (const { policy } of this.processes) {
      policy.levels.forEach((level, job) => (sums[job]! += level / this.processes.length));
    }
    this.record.levels.push(sums);
  }
}
