import type {
  Coordinator,
  CoordinatorPart,
  FleetSizeCoordinator,
  LeaseCoordinator,
  PaceCoordinator,
  PeriodCoordinator,
} from '../../recruiter/coordination/coordinator.js';
import { connectionOf, type RedisConnection, type RedisLike } from '../connection/client.js';
import { COORDINATOR_PARTS } from '../../recruiter/coordination/coordinator.js';
import { acquireLease } from './redis-leases.js';
import { countProcesses } from './fleet-size.js';
import { takePace } from './redis-paces.js';
import { RedisPeriods } from './redis-periods.js';

/**
 * Coordinates the jobs of a fleet through Redis: leases are keys that expire, paces and periods are kept by scripts, by the
 * server's clock.
 * `WorkStealingRedisModule` gives one to every recruiter of the application; by hand it is
 * `recruiter.useCoordinator(new RedisCoordinator(client))`.
 */
export class RedisCoordinator implements Coordinator {
  readonly lease?: LeaseCoordinator;
  readonly pace?: PaceCoordinator;
  readonly period?: PeriodCoordinator;
  readonly fleetSize?: FleetSizeCoordinator;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param parts - what it coordinates, where another coordinator does the rest. Default: everything.
   * @throws TypeError when it is neither; WorkStealingConfigError for a client with an option that cannot work.
   */
  constructor(redis: RedisLike | RedisConnection, parts: readonly CoordinatorPart[] = COORDINATOR_PARTS) {
    const connection = connectionOf(redis);
    if (parts.includes('lease')) {
      this.lease = { acquire: (job, ttl, patience) => acquireLease(connection, job, ttl, patience) };
    }
    if (parts.includes('pace')) {
      this.pace = { take: (job, perSecond, patience) => takePace(connection, job, perSecond, patience) };
    }
    if (parts.includes('period')) this.period = new RedisPeriods(connection);
    if (parts.includes('fleetSize')) {
      this.fleetSize = { countProcesses: (recruiter, id) => countProcesses(connection, recruiter, id) };
    }
  }
}
