import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Recruiter } from '../recruiter/recruiter.js';
import { WorkStealingRedis } from './work-stealing-redis.js';
import { RedisLeases } from './leases/index.js';
import { RedisPaces } from './pace/index.js';

/** Gives every recruiter of the application keepers of leases and paces, before its jobs are checked. */
@Injectable()
export class KeeperInstaller implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly redis: WorkStealingRedis,
  ) {}

  onModuleInit(): void {
    const found = this.discovery.getProviders().map(({ instance }) => Recruiter.from(instance));
    for (const recruiter of new Set(found)) {
      if (recruiter === undefined) continue;
      recruiter.useLeases(new RedisLeases(this.redis, recruiter.name));
      recruiter.usePaces(new RedisPaces(this.redis, recruiter.name));
    }
  }
}
