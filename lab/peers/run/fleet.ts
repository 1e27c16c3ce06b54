import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceFigures, Run } from '../instance/messages.js';
import { InstanceProcess } from './instance-process.js';

const WARM_UP = { requests: 150, together: 4 };
/** Requests under way get so long before a deploy ends their instance. */
const DRAINING = 100;
/** Fewer than so many instances are restarted one by one, more by twos. */
const SMALL = 8;
/** An instance that is to die in its next run is killed after so long without one. */
const LONGEST_DOOM = 1500;
/** What a supervisor takes to notice a death. */
const NOTICE = 1000;

/** The instances behind a balancer that goes round them. */
export class Fleet {
  readonly runs: Run[] = [];
  readonly failures: string[] = [];
  /** When an instance was killed: ms since the epoch. */
  killedAt: number | undefined;
  #instances: InstanceProcess[] = [];
  #ended = { cpu: 0, sent: 0 };
  #turn = 0;

  constructor(
    private readonly way: string,
    private readonly redisUrl: string,
  ) {}

  async start(count: number): Promise<void> {
    this.#instances = await Promise.all(Array.from({ length: count }, () => this.#launch()));
    await Promise.all(this.#instances.map((each) => each.warmUp(WARM_UP.requests, WARM_UP.together)));
  }

  open(): void {
    for (const instance of this.#instances) instance.open();
  }

  /** Sends a request to the next instance that is up; false when none is. */
  ask(path: string, done: (status: number) => void): boolean {
    for (let tries = 0; tries < this.#instances.length; tries++) {
      const instance = this.#instances[this.#turn++ % this.#instances.length]!;
      if (!instance.isUp) continue;
      instance.target.ask(path, done);
      return true;
    }
    return false;
  }

  /** Restarts all of them within that time: ms. */
  async deploy(time: number): Promise<void> {
    const width = this.#instances.length < SMALL ? 1 : 2;
    const steps = Math.ceil(this.#instances.length / width);
    const begun = performance.now();
    for (let step = 0; step < steps; step++) {
      await pause(Math.max(0, begun + (step * time) / steps - performance.now()));
      const places = Array.from({ length: width }, (_, offset) => step * width + offset);
      await Promise.all(
        places.filter((place) => place < this.#instances.length).map((place) => this.#restart(place)),
      );
    }
  }

  /**
   * Kills the instance that is the first to begin a run, at that moment, and replaces it.
   *
   * @param claim - whether nobody has been the first yet, so that one dies and no more: instances ask the same.
   */
  async kill(claim: () => Promise<boolean>): Promise<void> {
    const last: InstanceFigures[] = [];
    for (const instance of this.#instances) {
      const figures = await instance.figures();
      last.push(figures);
      this.#gather(figures);
      instance.doom();
    }
    const first = this.#instances[0]!;
    const late = setTimeout(() => void claim().then((isFirst) => isFirst && first.kill()), LONGEST_DOOM);
    const deaths = this.#instances.map(async ({ ended }, place) => ({ place, at: await ended }));
    const { place, at } = await Promise.race(deaths);
    clearTimeout(late);
    this.killedAt = at;
    for (const other of this.#instances.filter((_, index) => index !== place)) other.pardon();
    this.#bequeath(last[place]!);
    await pause(NOTICE);
    await this.#replace(place);
  }

  /** CPU time (ms) and commands of all since they were opened; and gathers their runs. */
  async collect(): Promise<{ cpu: number; sent: number }> {
    let { cpu, sent } = this.#ended;
    for (const instance of this.#instances) {
      const figures = await instance.figures();
      this.#gather(figures);
      cpu += figures.cpu;
      sent += figures.sent;
    }
    return { cpu, sent };
  }

  /** Ends the ways' work, and then has one instance do what they have left. */
  async finish(): Promise<void> {
    await Promise.all(this.#instances.map((each) => each.carryOut('settle')));
    await this.#instances[0]!.carryOut('finish');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#instances.map((each) => each.close()));
  }

  /** Ends what is left of them at once; does no harm to what has ended. */
  abandon(): void {
    for (const instance of this.#instances) instance.kill();
  }

  async #restart(place: number): Promise<void> {
    const old = this.#instances[place]!;
    old.isUp = false;
    await pause(DRAINING);
    const figures = await old.figures();
    this.#gather(figures);
    this.#bequeath(figures);
    await old.close();
    await this.#replace(place);
  }

  async #replace(place: number): Promise<void> {
    const instance = await this.#launch();
    this.#instances[place] = instance;
    instance.open();
  }

  #gather({ runs, failures }: InstanceFigures): void {
    this.runs.push(...runs);
    this.failures.push(...failures);
  }

  /** What an instance has used up stays with the fleet when it ends. */
  #bequeath({ cpu, sent }: InstanceFigures): void {
    this.#ended = { cpu: this.#ended.cpu + cpu, sent: this.#ended.sent + sent };
  }

  #launch(): Promise<InstanceProcess> {
    return InstanceProcess.start(this.way, this.redisUrl);
  }
}
