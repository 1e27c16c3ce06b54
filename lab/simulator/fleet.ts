import type { RecruiterOptions } from '../../lib/recruiter/options.js';
import { SeededRandom } from '../../lib/testing/seeded-random.js';
import type { GateReason, Outcome } from '../../lib/recruiter/outcome.js';
import { Backlog } from './backlog.js';
import { Chance } from './chance.js';
import { EventQueue } from './event-queue.js';
import type { PolicyFactory, Source } from './policies/index.js';
import { SimulatedProcess, type Cost } from './process.js';
import { RunRecord } from './record.js';
import { SimulatedRedis } from './redis.js';
import { isWithin, type Trace } from './traces.js';
import {
  DEPLOY,
  FAILURE,
  JOBS,
  REQUEST_LOOP,
  RESTART,
  SLICE,
  THROTTLED,
  UNEVENNESS,
  type SimulatedJob,
} from './world.js';

/** For so long after an outage it is of interest what Redis bears: s. */
const AFTERWARDS = 3600;

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
  readonly #redis: SimulatedRedis;
  readonly #chance: Chance;
  readonly #backlogs: readonly Backlog[];
  readonly #requests: Float64Array;
  readonly #tickLength: number;
  #averageTraffic = 0;
  #failsAt: number;

  constructor(private readonly scenario: Scenario) {
    const { trace, processes, seed, rateFactor, policy, options, jobs = JOBS } = scenario;
    const random = new SeededRandom(seed);
    this.#chance = new Chance(random);
    this.jobs = jobs.map((job) => ({ ...job, rate: job.rate * rateFactor }));
    this.#backlogs = this.jobs.map(({ isEndless }) => new Backlog(isEndless));
    this.#redis = new SimulatedRedis(trace.redisSlowness);
    this.#tickLength = trace.tick ?? 1000;
    this.#failsAt = trace.failsOnceAt ?? Infinity;
    this.#requests = new Float64Array(trace.seconds);
    this.record = new RunRecord(trace.seconds, this.jobs.length, trace.warmUp);
    const shop = {
      queue: this.#queue,
      random,
      chance: this.#chance,
      jobs: this.jobs,
      processes,
      newPolicy: policy(options),
      tick: this.#tickLength,
      requestLoop: trace.requestLoop ?? REQUEST_LOOP,
      pace: (job: number) => this.#pace(job),
      begin: (process: SimulatedProcess, job: number) => this.#begin(process, job),
      ended: (job: number, source: Source, outcome: Outcome, duration: number) =>
        this.record.ended(this.#second(), job, source, outcome, duration),
      gated: (job: number, reason: GateReason) => this.record.gated(this.#second(), job, reason),
    };
    this.processes = Array.from({ length: processes }, (_, index) => new SimulatedProcess(index, shop));
    this.#spreadTraffic();
  }

  run(): RunRecord {
    const { trace } = this.scenario;
    for (const process of this.processes) process.start();
    this.#planDeploys();
    this.#planDeaths();
    for (let second = 0; second < trace.seconds; second++) {
      this.#tick(second);
      const end = (second + 1) * this.#tickLength;
      if (trace.stop !== undefined && isWithin([trace.stop], second)) this.#queue.standStill(end);
      else this.#queue.runUntil(end);
    }
    return this.record;
  }

  #tick(second: number): void {
    const { trace, processes } = this.scenario;
    const stopped = trace.stop !== undefined && isWithin([trace.stop], second);
    this.#redis.out = trace.outage !== undefined && isWithin([trace.outage], second);
    const sinceOutage = second - (trace.outage?.to ?? Infinity);
    this.#redis.waits = sinceOutage >= 0 && sinceOutage < AFTERWARDS ? this.record.redisWaits : undefined;
    this.#averageTraffic = stopped ? 0 : trace.traffic(second);
    this.#redis.traffic = (this.#averageTraffic * processes * 1000) / this.#tickLength;
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

  #begin(process: SimulatedProcess, job: number): Cost {
    const now = this.#queue.now();
    const second = this.#second();
    const fails = this.#redis.out || this.jobs[job]!.fails === true || second >= this.#failsAt;
    if (second >= this.#failsAt) this.#failsAt = Infinity;
    const cost = fails
      ? ({ loop: SLICE.loop, duration: FAILURE, outcome: 'failed' } as const)
      : this.#work(this.jobs[job]!, this.#backlogs[job]!, now);
    this.record.began(second, job, cost.done);
    if (isWithin(this.scenario.trace.bursts, second)) {
      const { patience = 0 } = process.policy;
      this.record.burstSlices.push({ process: process.index, at: now, loop: cost.loop, patience });
    }
    return cost;
  }

  #second(): number {
    return Math.min(this.scenario.trace.seconds - 1, Math.floor(this.#queue.now() / this.#tickLength));
  }

  #pace(job: number): number {
    const { perSecond = Infinity } = this.jobs[job]!;
    if (this.#second() >= this.scenario.trace.warmUp) this.record.questions++;
    return this.#redis.pace(job, perSecond, this.#queue.now());
  }

  #work(job: SimulatedJob, backlog: Backlog, now: number): Cost {
    const done = backlog.take(job.limit);
    const share = done / job.limit;
    const { heavyTail = false, throttled = 0 } = this.scenario.trace;
    const stretch = heavyTail ? this.#chance.heavyTail() : 1;
    const halt = throttled > 0 && this.#chance.next() < throttled ? THROTTLED : 0;
    const { slice = SLICE } = job;
    const loop = (slice.loop + job.loop * share) * stretch + halt;
    const io = (slice.io + job.io * share) * stretch + this.#redis.answer(now, share);
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
        const down = (begin + this.#chance.next() * DEPLOY) * this.#tickLength;
        this.#queue.after(down, () => process.stop());
        this.#queue.after(down + RESTART * this.#tickLength, () => process.start());
      }
    }
  }

  #planDeaths(): void {
    const { lifetime } = this.scenario.trace;
    if (lifetime === undefined) return;
    for (const process of this.processes) {
      const replace = (): void => {
        process.stop();
        process.start();
        this.#queue.after(lifetime * this.#tickLength, replace);
      };
      this.#queue.after(this.#chance.next() * lifetime * this.#tickLength, replace);
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
