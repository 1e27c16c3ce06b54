export type { FieldValue } from './field-store.js';
export { VolatileHashes, type FieldLifetime, type VolatileHashesOptions } from './volatile-hashes.js';
