import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Recruiter } from '../../recruiter/recruiter.js';
import { WorkStealingRedis } from '../work-stealing-redis.js';
import { RedisLeases } from './redis-leases.js';

/** Gives every recruiter of the application a keeper of leases, before its jobs are checked. */
@Injectable()
export class LeaseInstaller implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly redis: WorkStealingRedis,
  ) {}

  onModuleInit(): void {
    const instances = this.discovery.getProviders().map((wrapper) => wrapper.instance as unknown);
    for (const recruiter of new Set(instances)) {
      if (recruiter instanceof Recruiter) recruiter.useLeases(new RedisLeases(this.redis, recruiter.name));
    }
  }
}
