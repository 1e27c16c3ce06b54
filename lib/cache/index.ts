export {
  WORK_STEALING_CACHE_OPTIONS,
  WorkStealingCacheModule,
  type WorkStealingCacheAsyncOptions,
  type WorkStealingCacheOptions,
  type WorkStealingCacheOptionsFactory,
} from './cache.module.js';
export type { EarlyRefreshCacheOptions } from './cache.options.js';
export { EarlyRefreshCache } from './early-refresh-cache.js';
export { EarlyRefresh, type EarlyRefreshOptions } from './early-refresh.decorator.js';
export type { EntryOptions } from './entry.options.js';
export type { KeyOfCall } from './key-of-call.js';
export type { CacheCodec } from './payload.js';
export type { Recompute } from './recomputes.js';
export { RefreshAhead, type RefreshAheadOptions } from './refresh-ahead.js';
export type { RedisClient, RedisConnection, RedisLike } from '../redis/connection/client.js';
export type { CacheStats } from '../telemetry/cache-stats.js';
