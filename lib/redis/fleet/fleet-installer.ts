import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { FleetService } from '../../fleet/fleet.service.js';
import { isInstance } from '../../recruiter/try-read.js';
import { WORK_STEALING_REDIS_OPTIONS, type WorkStealingRedisOptions } from '../redis.options.js';
import { WorkStealingRedis } from '../connection/work-stealing-redis.js';
import { RedisFleetBackend } from './redis-fleet.backend.js';

/** Joins the application to its fleet after its jobs are installed and before the first slice runs. */
@Injectable()
export class FleetInstaller implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #backends: RedisFleetBackend[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly redis: WorkStealingRedis,
    @Inject(WORK_STEALING_REDIS_OPTIONS) private readonly options: WorkStealingRedisOptions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { fleet = {} } = this.options;
    if (fleet === false) return;
    const instances = new Set(this.discovery.getProviders().map((wrapper) => wrapper.instance as unknown));
    for (const service of instances) {
      if (!isInstance(service, FleetService)) continue;
      service.use((local) => {
        const backend = new RedisFleetBackend(
          this.redis,
          local,
          fleet.interval,
          () => this.redis.isKnownToFail,
        );
        this.#backends.push(backend);
        return backend;
      }, fleet.version);
    }
    await Promise.all(this.#backends.map((backend) => backend.start()));
  }

  /** Runs after all slices have ended and before the connection is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#backends.map((backend) => backend.stop()));
  }
}
