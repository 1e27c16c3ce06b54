export { RedisLeases } from './redis-leases.js';
