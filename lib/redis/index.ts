export type { RedisClient, RedisConnection, RedisLike } from './connection/client.js';
export type { Cursor } from '../cursor-job/cursor.js';
export { CursorJob } from './cursor-job/cursor-job.js';
export type { CursorJobOptions } from './cursor-job/cursor-job.options.js';
export type { CursorSlice } from '../cursor-job/cursor-slice.js';
export type { DeadItem } from '../cursor-job/dead-item.js';
export type { Page } from '../cursor-job/page.js';
export type { CursorProgress } from '../cursor-job/progress.js';
export type { SweepOptions } from '../cursor-job/sweep.options.js';
export {
  createFailFastCluster,
  createFailFastRedis,
  FAIL_FAST,
  type FailFastClusterOptions,
  type FailFastOptions,
} from './connection/fail-fast.js';
export type { FleetOptions } from './fleet/fleet.options.js';
export type { ChangeValue } from './keyspace-sweep/key-actions.js';
export { KeyspaceSweep, type KeyspaceSweepOptions } from './keyspace-sweep/keyspace-sweep.js';
export type { RedisKey } from './keyspace-sweep/redis-key.js';
export { RedisLeases } from './coordination/redis-leases.js';
export type { QueuePage, QueueSource } from './queue-tracker/queue-source.js';
export { QueueTracker, type QueueTrackerOptions } from './queue-tracker/queue-tracker.js';
export { WorkStealingRedisModule } from './redis.module.js';
export {
  WORK_STEALING_REDIS_OPTIONS,
  type WorkStealingRedisAsyncOptions,
  type WorkStealingRedisOptions,
  type WorkStealingRedisOptionsFactory,
} from './redis.options.js';
export type { Moment } from './rollup/buckets.js';
export { Rollup, type BucketTotal, type ItemTotal, type RollupOptions } from './rollup/rollup.js';
export { RedisPaces } from './coordination/redis-paces.js';
export { RedisCoordinator } from './coordination/redis-coordinator.js';
export { RedisUnavailableError } from './lua/send.js';
export type { StreamEntry } from './stream-reaper/stream-group.js';
export { StreamReaper, type StreamReaperOptions } from './stream-reaper/stream-reaper.js';
export type { FieldValue } from './volatile-hashes/field-store.js';
export {
  VolatileHashes,
  type FieldLifetime,
  type VolatileHashesOptions,
} from './volatile-hashes/volatile-hashes.js';
export { VolatileSet, type MemberLifetime, type VolatileSetOptions } from './volatile-set/volatile-set.js';
export { InjectWorkStealingRedis, WorkStealingRedis } from './connection/work-stealing-redis.js';
