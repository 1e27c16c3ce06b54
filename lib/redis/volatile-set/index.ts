export { VolatileSet, type MemberLifetime, type VolatileSetOptions } from './volatile-set.js';
