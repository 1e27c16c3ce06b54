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
import { runScript } from '../lua/script.js';
import { keyPart } from '../partitions/partitions.js';
import { takePace } from './redis-paces.js';
import { RedisPeriods } from './redis-periods.js';

/** A process is forgotten when it has not called for this time; it calls once a minute. */
const FORGET_AFTER_MS = 150_000;

/**
 * Coordinates the jobs of a fleet through Redis: leases are keys that expire, paces and periods are kept by scripts, by the
 * server's clock. `WorkStealingRedisModule` adds one to every recruiter of the application; without Nest, call
 * `recruiter.useCoordinator(new RedisCoordinator(client))`.
 */
export class RedisCoordinator implements Coordinator {
  readonly lease?: LeaseCoordinator;
  readonly pace?: PaceCoordinator;
  readonly period?: PeriodCoordinator;
  readonly fleetSize?: FleetSizeCoordinator;

  /**
   * @param redis - a client of ioredis, or the {@link WorkStealingRedis} of the module.
   * @param parts - the parts that it offers, if another coordinator offers the rest. Default: all parts.
   * @throws TypeError when `redis` is neither; WorkStealingConfigError for a client with an unusable option.
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

/** Counts the processes whose recruiter of this name shares this Redis and prefix: one round trip. */
async function countProcesses(
  { client, prefix }: RedisConnection,
  recruiter: string,
  processId: string,
): Promise<number> {
  const key = `${prefix}:{${keyPart(recruiter)}}:s1:processes`;
  return Number(await runScript(client, 'fleet-size', [key], [processId, FORGET_AFTER_MS]));
}
