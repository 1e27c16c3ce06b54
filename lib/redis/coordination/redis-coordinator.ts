import type {
  Coordinator,
  LeaseCoordinator,
  PaceCoordinator,
} from '../../recruiter/coordination/coordinator.js';
import { connectionOf, type RedisConnection, type RedisLike } from '../connection/client.js';
import { acquireLease } from './redis-leases.js';
import { takePace } from './redis-paces.js';

/**
 * Coordinates the jobs of a fleet through Redis: leases are keys that expire, paces are spaced out by a script.
 * `WorkStealingRedisModule` gives one to every recruiter of the application; by hand it is
 * `recruiter.useCoordinator(new RedisCoordinator(client))`.
 */
export class RedisCoordinator implements Coordinator {
  readonly lease: LeaseCoordinator;
  readonly pace: PaceCoordinator;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @throws TypeError when it is neither; WorkStealingConfigError for a client with an option that cannot work.
   */
  constructor(redis: RedisLike | RedisConnection) {
    const connection = connectionOf(redis);
    this.lease = {
      acquire: (job, ttl, patience) => acquireLease(connection, job, ttl, patience),
    };
    this.pace = {
      take: (job, perSecond, patience) => takePace(connection, job, perSecond, patience),
    };
  }
}
