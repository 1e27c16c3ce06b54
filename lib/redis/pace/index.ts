export { RedisPaces } from './redis-paces.js';
