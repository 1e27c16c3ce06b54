export type { Moment } from './buckets.js';
export { Rollup, type BucketTotal, type ItemTotal, type RollupOptions } from './rollup.js';
