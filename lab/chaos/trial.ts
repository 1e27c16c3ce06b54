import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from 'nestjs-work-stealing/testing';
import type { Fault } from './faults/index.js';
import { leaks } from './leaks.js';
import { until, Violation, type Model } from './models/model.js';
import type { Store } from './stores/store.js';
import { Latencies } from './traffic.js';
import type { World } from './world.js';

/** Work has to go on so soon after a fault: ms. */
const RECOVERY = 5000;
/** At 1/64 of 0.9 none of so many enlistments draws a job once in 10,000 times. */
const CERTAIN = 640;
/** Whoever enlists or not: ms. */
const LONGEST_RECOVERY = 30_000;
/** Whether the machine lets them or not: ms. */
const LONGEST_STALL = 120_000;
/** Between two looks at what has been done: ms. */
const LOOK = 50;
/** A look, at which Redis is asked as well, that takes longer shows that something is stalled: ms. */
const PROMPT = 200;
/** For so long the fleet is left alone at first: ms. */
const CALM = 6000;
/** Replicas are so far behind at most, and this much more: ms. */
const LAG = 1000;
/** Jobs whose slices ask Redis for something. */
const JOBS = ['fields', 'members', 'views', 'pass', 'queue', 'letters', 'sweep'];
/** Between two steps of a model: ms. */
const PACE = { CursorJob: 500, 'sample application': 500, EarlyRefreshCache: 50 } as const;

export interface TrialOptions<S extends Store> {
  readonly faults: readonly Fault<S>[];
  readonly random: SeededRandom;
  /** Faults are inflicted for so long: ms. */
  readonly duration: number;
  /** Length of a long fault: ms. */
  readonly long: number;
  /** Longest rest after a fault: ms. */
  readonly rest: number;
  /** How long the models may take to be as they have to be, when all is over: ms. */
  readonly patience: number;
  /** ms since the beginning of all, for the log. */
  now(): number;
}

/** One world that suffers, and what is held of it meanwhile and at the end. */
export class Trial<S extends Store> {
  readonly outages = new Latencies();
  readonly #steps = new Map<Model, number>();
  readonly #underWay = new Set<Promise<void>>();
  #isWatching = true;
  #isLosing = false;
  #isForgetting = false;

  constructor(
    private readonly world: World<S>,
    private readonly options: TrialOptions<S>,
  ) {}

  async run(): Promise<void> {
    const { world } = this;
    const reaching = setInterval(() => world.traffic.reach(), 100);
    const watching = Promise.all(world.models.map((model) => this.#watch(model)));
    try {
      await pause(CALM);
      await this.#sufferAll();
      this.#log('all faults are over; settling');
      this.#isWatching = false;
      await watching;
      await this.#settle();
      await world.traffic.stop();
      for (const leak of await leaks(world.fleet.workers)) world.violate(leak);
      for (const failure of world.traffic.failures) world.violate(`a request failed: ${failure}`);
    } finally {
      this.#isWatching = false;
      clearInterval(reaching);
    }
  }

  /** Rounds of each model in which Redis did not fail: a model that had none has held nothing. */
  get steps(): string {
    return [...this.#steps].map(([{ name }, count]) => `${name} ${count}`).join(', ');
  }

  /** Each kind once, in an order that is drawn, then again; at least once each, and then what fits in the time. */
  async #sufferAll(): Promise<void> {
    const { faults, random, duration } = this.options;
    const end = performance.now() + duration;
    for (let round = 1; round === 1 || performance.now() < end; round++) {
      for (const fault of shuffled(faults, random)) {
        if (round > 1 && performance.now() >= end) return;
        await this.#suffer(fault);
      }
    }
  }

  async #suffer(fault: Fault<S>): Promise<void> {
    const { world, options } = this;
    this.#log(fault.name);
    // What is read until the models have forgotten may be from before the loss or from after it.
    this.#isLosing = fault.loses === 'all';
    if (fault.loses === 'latest') for (const model of world.models) model.distrust(Date.now() - LAG);
    const measured = fault.isOutage ? world.traffic.measure() : undefined;
    world.fleet.isMeasured = measured !== undefined;
    if (fault.isOutage) world.faults.begin();
    await fault.inflict(world, options.random, options.long);
    world.faults.end();
    world.fleet.isMeasured = false;
    if (measured !== undefined) this.outages.add(measured());
    if (fault.loses === 'all') await this.#forget();
    if (fault.loses === 'latest') for (const model of world.models) model.trust();
    this.#isLosing = false;
    await this.#goesOn(fault.name);
    await pause((options.rest / 4) * (1 + 3 * options.random.next()));
  }

  /**
   * What was written before the loss may be acknowledged after it, and would be missed: no step is under way while the
   * models forget.
   */
  async #forget(): Promise<void> {
    this.#isForgetting = true;
    await Promise.all(this.#underWay);
    for (const model of this.world.models) model.forget();
    this.#isForgetting = false;
  }

  /**
   * Work goes on within 5 s of the end of a fault. Where nobody enlists there is no work: on a crowded machine it may
   * take longer, until so many have enlisted that even jobs which have backed off as far as they do had to be drawn.
   * While Redis or this process, by whose proxies all commands go, is stalled, slices fail: that time does not count.
   */
  async #goesOn(fault: string): Promise<void> {
    const { fleet } = this.world;
    const [over, before] = [performance.now(), this.#done()];
    let [waited, offers] = [0, 0];
    while (this.#done() === before) {
      const [begun, enlisted] = [performance.now(), fleet.enlistments];
      await pause(LOOK);
      const isUp = await this.#answers();
      const now = performance.now();
      if (isUp && now - begun < LOOK + PROMPT) {
        waited += now - begun;
        offers += fleet.enlistments - enlisted;
      }
      const isLate = waited > RECOVERY && (offers > CERTAIN || waited > LONGEST_RECOVERY);
      if (this.#done() === before && (isLate || now - over > LONGEST_STALL)) {
        this.world.violate(
          `no slice within ${Math.round(isLate ? waited : now - over)} ms, and ${offers} enlistments, of: ${fault}`,
        );
        return;
      }
    }
  }

  /** Whether all servers answer, and soon. */
  async #answers(): Promise<boolean> {
    const answers = Promise.all(this.world.store.masters().map((master) => master.ping()));
    const isUp = answers.then(
      () => true,
      () => false,
    );
    return Promise.race([isUp, pause(PROMPT, false)]);
  }

  #done(): number {
    return JOBS.reduce((sum, job) => sum + this.world.fleet.done(job), 0);
  }

  async #settle(): Promise<void> {
    const { fleet, models } = this.world;
    const before = fleet.workers.map(({ latest }) => doneBy(latest?.done));
    await Promise.all(models.map((model) => this.#hold(model, () => model.settle(this.options.patience))));
    // All the others may be done while one is stalled.
    const idle = () => fleet.workers.filter(({ latest }, index) => doneBy(latest?.done) <= before[index]!);
    await until(
      () => idle().length === 0,
      this.options.patience,
      () => '',
    ).catch(() => undefined);
    for (const { name } of idle()) this.world.violate(`${name} has done no slice since the last fault`);
  }

  async #watch(model: Model): Promise<void> {
    const between = PACE[model.name as keyof typeof PACE] ?? 25;
    while (this.#isWatching) {
      if (!this.#isForgetting) {
        const step = this.#hold(model, () => this.#step(model));
        this.#underWay.add(step);
        await step;
        this.#underWay.delete(step);
      }
      await pause(between);
    }
  }

  async #step(model: Model): Promise<void> {
    try {
      await model.step();
      this.#steps.set(model, (this.#steps.get(model) ?? 0) + 1);
    } catch (error) {
      // Redis fails now and then, and with it the questions of models.
      if (error instanceof Violation) throw error;
    }
  }

  async #hold(model: Model, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#isLosing) this.world.violate(`${model.name}: ${(error as Error).message}`);
    }
  }

  #log(what: string): void {
    console.log(`${(this.options.now() / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }
}

function doneBy(done: Readonly<Record<string, number>> = {}): number {
  return JOBS.reduce((sum, job) => sum + (done[job] ?? 0), 0);
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
