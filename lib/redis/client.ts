import type { Cluster, Redis } from 'ioredis';
import { describeValue } from '../recruiter/describe-value.js';

/** A client of ioredis: one server, Sentinel, or a Cluster. */
export type RedisClient = Redis | Cluster;

/** A client and the prefix of the keys that are kept with it. */
export interface RedisConnection {
  /** The client that all commands go to. */
  readonly client: RedisClient;
  /** What all keys begin with: not blank, without braces. */
  readonly prefix: string;
}

/** The prefix of all keys where none is set. */
export const DEFAULT_PREFIX = 'work-stealing';

/**
 * Whatever a structure is handed as its Redis.
 *
 * @throws TypeError when it is neither a client nor a connection.
 */
export function connectionOf(redis: RedisClient | RedisConnection, prefix?: string): RedisConnection {
  if (isClient(redis)) return { client: redis, prefix: prefix ?? DEFAULT_PREFIX };
  if (isClient((redis as Partial<RedisConnection> | undefined)?.client)) {
    return { client: redis.client, prefix: prefix ?? redis.prefix };
  }
  throw new TypeError(
    `${describeValue(redis)} is no client of ioredis, nor a connection of WorkStealingRedisModule`,
  );
}

/** Whether this is a client of ioredis, of whichever copy of that package. */
export function isClient(value: unknown): value is RedisClient {
  return typeof value === 'object' && value !== null && typeof (value as Redis).defineCommand === 'function';
}

/** Whether keys of one command have to share a slot. */
export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}
