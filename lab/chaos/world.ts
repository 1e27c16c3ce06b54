import { SeededRandom } from 'nestjs-work-stealing/testing';
import { Fleet, type Worker } from './fleet.js';
import { CacheModel } from './models/cache.model.js';
import { ExclusiveModel } from './models/exclusive.model.js';
import { ExpiringModel, expiringFields, expiringMembers } from './models/expiring.model.js';
import { FilmsModel } from './models/films.model.js';
import { LettersModel } from './models/letters.model.js';
import type { Ground, Model } from './models/model.js';
import { PassModel } from './models/pass.model.js';
import { QueueModel } from './models/queue.model.js';
import { SteeringModel } from './models/steering.model.js';
import { SweepModel } from './models/sweep.model.js';
import { ViewsModel } from './models/views.model.js';
import type { Store } from './stores/store.js';
import { Traffic, type TrafficOptions } from './traffic.js';

export interface WorldOptions {
  readonly seed: number;
  readonly processes: number;
  /** Whether a process without the module is there to be compared with. @default true */
  readonly control?: boolean;
  /** Of the workers. */
  readonly execArgv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly traffic?: TrafficOptions;
}

const TRAFFIC: TrafficOptions = { concurrency: 2, longestPause: 60 };

/** How long faults last, as measured: a timer that ends one may be late. */
export class FaultTimes {
  #longest = 0;
  #begun: number | undefined;

  begin(): void {
    this.#begun = performance.now();
  }

  end(): void {
    this.#longest = this.longest;
    this.#begun = undefined;
  }

  /** Of those that there have been, and the one that goes on: ms. */
  get longest(): number {
    return Math.max(this.#longest, this.#begun === undefined ? 0 : performance.now() - this.#begun);
  }
}

/** Redis, proxies before it, the fleet, its traffic, and the models that watch over the data. */
export class World<S extends Store = Store> {
  readonly violations: string[] = [];

  private constructor(
    readonly store: S,
    readonly fleet: Fleet,
    readonly traffic: Traffic,
    readonly models: readonly Model[],
    readonly faults: FaultTimes,
    private readonly queue: QueueModel,
    private readonly control: Worker | undefined,
  ) {}

  /** Ends the store with itself; also when it does not come to be. */
  static async begin<S extends Store>(store: S, options: WorldOptions): Promise<World<S>> {
    const random = (lane: number) => new SeededRandom(options.seed * 100 + lane);
    const connection = { client: store.direct, prefix: 'chaos' };
    const queue = new QueueModel({ connection, random: random(1) });
    const early: string[] = [];
    let violate = (what: string): void => void early.push(what);
    const fleet = new Fleet({
      environment: { REDIS: store.address, QUEUE: await queue.listen(), ...options.environment },
      execArgv: ['--trace-warnings', ...(options.execArgv ?? [])],
      onUnhandled: (what) => violate(`unhandled in ${what}`),
    });
    try {
      const control = options.control === false ? undefined : await fleet.control();
      const faults = new FaultTimes();
      const models = [queue, ...modelsOn({ store, connection, fleet }, random, faults)];
      const traffic = new Traffic(fleet, control, random(2), options.traffic ?? TRAFFIC);
      const world = new World(store, fleet, traffic, models, faults, queue, control);
      violate = (what) => world.violate(what);
      for (const what of early) violate(what);
      await Promise.all(Array.from({ length: options.processes }, () => fleet.hire()));
      return world;
    } catch (error) {
      fleet.stop();
      queue.close();
      await store.stop();
      throw error;
    }
  }

  violate(what: string): void {
    if (this.violations.includes(what)) return;
    this.violations.push(what);
    console.log(`  VIOLATION: ${what}`);
  }

  async end(): Promise<void> {
    await this.traffic.stop();
    this.fleet.stop();
    this.control?.process.kill('SIGKILL');
    this.queue.close();
    await this.store.stop();
  }
}

function modelsOn(
  ground: Omit<Ground, 'random'>,
  random: (lane: number) => SeededRandom,
  faults: FaultTimes,
): Model[] {
  let lane = 2;
  const own = (): Ground => ({ ...ground, random: random(++lane) });
  const [fields, members] = [own(), own()];
  return [
    new ExpiringModel(expiringFields(fields), fields),
    new ExpiringModel(expiringMembers(members), members),
    new ViewsModel(own()),
    new PassModel(own()),
    new LettersModel(own()),
    new SweepModel(own()),
    new ExclusiveModel(own()),
    new CacheModel(own(), () => faults.longest),
    new SteeringModel(own()),
    new FilmsModel(own()),
  ];
}
