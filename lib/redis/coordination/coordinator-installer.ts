import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Recruiter } from '../../recruiter/recruiter.js';
import { RedisCoordinator } from './redis-coordinator.js';
import { withDefaults } from '../../options/option-table.js';
import {
  REDIS_OPTIONS,
  WORK_STEALING_REDIS_OPTIONS,
  type WorkStealingRedisOptions,
} from '../redis.options.js';
import { WorkStealingRedis } from '../connection/work-stealing-redis.js';

/** Adds the coordinator to every recruiter of the application, before the jobs are checked. */
@Injectable()
export class CoordinatorInstaller implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly redis: WorkStealingRedis,
    @Inject(WORK_STEALING_REDIS_OPTIONS) private readonly options: WorkStealingRedisOptions,
  ) {}

  onModuleInit(): void {
    const { coordinate } = withDefaults(REDIS_OPTIONS, this.options);
    if (coordinate.length === 0) return;
    const coordinator = new RedisCoordinator(this.redis, coordinate);
    const found = this.discovery.getProviders().map(({ instance }) => Recruiter.from(instance));
    for (const recruiter of new Set(found)) recruiter?.useCoordinator(coordinator);
  }
}
