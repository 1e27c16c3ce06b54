export type { RedisClient, RedisConnection, RedisLike } from './client.js';
export * from './cursor-job/index.js';
export {
  createFailFastCluster,
  createFailFastRedis,
  FAIL_FAST,
  type FailFastClusterOptions,
  type FailFastOptions,
} from './fail-fast.js';
export * from './fleet/index.js';
export * from './keyspace-sweep/index.js';
export * from './leases/index.js';
export * from './queue-tracker/index.js';
export { WorkStealingRedisModule } from './redis.module.js';
export {
  WORK_STEALING_REDIS_OPTIONS,
  type WorkStealingRedisAsyncOptions,
  type WorkStealingRedisOptions,
  type WorkStealingRedisOptionsFactory,
} from './redis.options.js';
export * from './rollup/index.js';
export { RedisPaces } from './pace/index.js';
export { RedisCoordinator } from './redis-coordinator.js';
export { RedisUnavailableError } from './send.js';
export * from './stream-reaper/index.js';
export * from './volatile-hashes/index.js';
export * from './volatile-set/index.js';
export { InjectWorkStealingRedis, WorkStealingRedis } from './work-stealing-redis.js';
