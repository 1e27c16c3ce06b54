export { startRedisCluster } from './cluster.mjs';
export { findRedisServer } from './find-server.mjs';
export { startRedisSentinel } from './sentinel.mjs';
export { startRedis } from './server.mjs';
