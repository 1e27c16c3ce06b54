export { startRedisCluster } from './cluster.mjs';
export { findRedisServer } from './find-server.mjs';
export { startRedis } from './server.mjs';
