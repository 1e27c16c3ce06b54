import { Redis } from 'ioredis';
import { startRedis } from '../scripts/redis/index.mjs';
import { SeededRandom } from '../lib/testing/index.js';
import { Fleet } from './fleet.js';
import { FieldsModel } from './models/fields.model.js';
import type { Model } from './models/model.js';
import { PassModel } from './models/pass.model.js';
import { QueueModel } from './models/queue.model.js';
import { ViewsModel } from './models/views.model.js';
import { Proxy } from './proxy.js';
import { Traffic } from './traffic.js';

export interface WorldOptions {
  readonly seed: number;
  readonly processes: number;
  /** Whether jobs that throw, hang, leak and talk nonsense are among them. */
  readonly misbehave?: boolean;
  /** Of the workers. */
  readonly execArgv?: readonly string[];
}

/** The server is as durable as one can be, so that a restart with data may lose nothing that was acknowledged. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];

/** Redis, a proxy before it, the fleet, its traffic, and the models that watch over the data. */
export class World {
  readonly violations: string[] = [];

  private constructor(
    readonly redis: Awaited<ReturnType<typeof startRedis>>,
    readonly proxy: Proxy,
    readonly direct: Redis,
    readonly fleet: Fleet,
    readonly traffic: Traffic,
    readonly models: readonly Model[],
    private readonly queue: QueueModel,
  ) {}

  static async begin(options: WorldOptions): Promise<World> {
    const random = (lane: number) => new SeededRandom(options.seed * 100 + lane);
    const redis = await startRedis({ args: DURABLE });
    const proxy = new Proxy(redis);
    const port = await proxy.listen();
    // Waits for its answers, so that a model is not told of a failure which it then sees applied.
    const direct = new Redis(redis.url, { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
    direct.on('error', () => {});
    const connection = { client: direct, prefix: 'chaos' };
    const queue = new QueueModel(connection, random(1));
    const fleet = new Fleet(
      {
        REDIS_URL: `redis://127.0.0.1:${port}`,
        QUEUE: await queue.listen(),
        MISBEHAVE: options.misbehave === false ? '0' : '1',
      },
      (what) => world.violate(`unhandled in ${what}`),
      options.execArgv,
    );
    const models = [
      new FieldsModel(connection, random(2)),
      new ViewsModel(connection, random(3)),
      new PassModel(connection),
      queue,
    ];
    const traffic = new Traffic(fleet, random(4));
    const world = new World(redis, proxy, direct, fleet, traffic, models, queue);
    await Promise.all(Array.from({ length: options.processes }, () => fleet.hire()));
    traffic.reach();
    return world;
  }

  violate(what: string): void {
    if (this.violations.includes(what)) return;
    this.violations.push(what);
    console.log(`  VIOLATION: ${what}`);
  }

  async end(): Promise<void> {
    await this.traffic.stop();
    this.fleet.stop();
    this.queue.close();
    this.direct.disconnect();
    await this.proxy.close();
    await this.redis.stop();
  }
}
