import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Recruiter } from '../../recruiter/recruiter.js';
import { RedisCoordinator } from './redis-coordinator.js';
import { WorkStealingRedis } from '../connection/work-stealing-redis.js';

/** Gives every recruiter of the application its coordinator, before the jobs are checked. */
@Injectable()
export class CoordinatorInstaller implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly redis: WorkStealingRedis,
  ) {}

  onModuleInit(): void {
    const coordinator = new RedisCoordinator(this.redis);
    const found = this.discovery.getProviders().map(({ instance }) => Recruiter.from(instance));
    for (const recruiter of new Set(found)) recruiter?.useCoordinator(coordinator);
  }
}
