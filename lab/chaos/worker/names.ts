import {
  StreamReaper,
  type RedisClient,
  type RedisConnection,
  type StreamReaperOptions,
} from 'nestjs-work-stealing/redis';

/** What a worker and the model of it must agree on. */

/** Of the views that are counted: ms. */
export const BUCKET = 1000;

/** Partitions of the pass, and items in each. */
export const PARTITIONS = 2;
export const HALF = 100;

/** Where the visits of a partition are counted: in the slot of its cursor, so that a failover loses both or neither. */
export function visitsOf(partition: number): string {
  return `chaos-visits:{pass:${partition}}`;
}

/** The stream, its group, and the set of what has been handled: in one slot as well. */
export const LETTERS = 'chaos-letters:{letters}';
export const HANDLED = 'chaos-handled:{letters}';
export const GROUP = 'readers';

/** The options of the reaper of {@link LETTERS}. */
export function letterOptions(handler: StreamReaperOptions['handler']): StreamReaperOptions {
  return { group: GROUP, handler, idle: 200, maxDeliveries: 5, limit: 50 };
}

export function letterReaper(
  redis: RedisClient | RedisConnection,
  handler: StreamReaperOptions['handler'],
): StreamReaper {
  return new StreamReaper(redis, LETTERS, letterOptions(handler));
}

/** Of the job that runs once at a time in the whole fleet: ms. Longer than an event loop is blocked for. */
export const LEASE = 5000;
/** Slices a second of the job with a pace: fewer than enlistments would draw without it, or nobody would miss it. */
export const PACE = 1;

/** Of values of the cache: ms. */
export const CACHED = { ttl: 500, stale: 500 };
