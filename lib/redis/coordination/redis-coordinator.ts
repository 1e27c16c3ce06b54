import type {
  Coordinator,
  LeaseCoordinator,
  PaceCoordinator,
} from '../../recruiter/coordination/coordinator.js';
import type { RedisLike, RedisConnection } from '../connection/client.js';
import { RedisLeases } from './redis-leases.js';
import { RedisPaces } from './redis-paces.js';

/**
 * Coordinates the jobs of a fleet through Redis: leases are keys that expire, paces are spaced out by a script.
 * `WorkStealingRedisModule` gives one to every recruiter of the application; by hand it is
 * `recruiter.useCoordinator(new RedisCoordinator(client))`.
 */
export class RedisCoordinator implements Coordinator {
  readonly lease: LeaseCoordinator;
  readonly pace: PaceCoordinator;

  /** @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides. */
  constructor(redis: RedisLike | RedisConnection) {
    this.lease = {
      acquire: ({ recruiter, jobId }, ttl, patience) =>
        new RedisLeases(redis, recruiter).acquire(jobId, ttl, patience),
    };
    this.pace = {
      take: ({ recruiter, jobId }, perSecond, patience) =>
        new RedisPaces(redis, recruiter).take(jobId, perSecond, patience),
    };
  }
}
