export type { ChangeValue } from './key-actions.js';
export { KeyspaceSweep, type KeyspaceSweepOptions } from './keyspace-sweep.js';
export type { RedisKey } from './redis-key.js';
