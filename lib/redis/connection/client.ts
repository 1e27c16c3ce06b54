import type { Cluster, Redis } from 'ioredis';
import { describeValue } from '../../options/describe-value.js';
import { WorkStealingConfigError } from '../../options/errors.js';

/**
 * What this package uses of a client: a `Redis` or `Cluster` of ioredis 5.3 or later, whichever copy, or of iovalkey. One
 * server, Sentinel, or a Cluster.
 */
export interface RedisLike {
  /** `'wait'`, `'connecting'`, `'ready'`, `'reconnecting'`, `'end'` and such. */
  readonly status: string;
  /** Whether keys of one command have to share a slot. */
  readonly isCluster: boolean;
  /** The options that it was made with. */
  readonly options: object;
  /** Sends a command. */
  sendCommand(command: never): unknown;
  /** Makes a command of its name and arguments, and sends it. */
  callBuffer(...args: never): unknown;
  /** Makes another client with the same options. */
  duplicate(override?: object): unknown;
  /** Hears what is published on a channel. */
  subscribe(channel: string): unknown;
  /** Connects, where that has been left for later. */
  connect(): Promise<void>;
  /** Closes the connection. */
  disconnect(): void;
  /** Calls `listener` at each event. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Calls `listener` at the next event. */
  once(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Calls `listener` no more. */
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** A client of ioredis: its commands are its methods. */
export type RedisClient = Redis | Cluster;

/** A client of a Redis Cluster. */
export interface RedisClusterLike extends RedisLike {
  nodes(role?: 'master'): RedisLike[];
  refreshSlotsCache(): void;
}

/** A client and the prefix of the keys that are kept with it. */
export interface RedisConnection {
  /** The client that all commands go to. */
  readonly client: RedisLike;
  /** What all keys begin with: not blank, without braces. */
  readonly prefix: string;
}

/** The prefix of all keys where none is set. */
export const DEFAULT_PREFIX = 'work-stealing';

/**
 * Whatever a structure is handed as its Redis.
 *
 * @throws TypeError when it is neither a client nor a connection, WorkStealingConfigError when it is a client with an
 * option with which nothing here can work.
 */
export function connectionOf(redis: RedisLike | RedisConnection, prefix?: string): RedisConnection {
  const connection = found(redis, prefix);
  const problems = clientProblems(connection.client);
  if (problems.length > 0) throw new WorkStealingConfigError(problems.join('; '), problems);
  return connection;
}

function found(redis: RedisLike | RedisConnection, prefix?: string): RedisConnection {
  if (isClient(redis)) return { client: redis, prefix: prefix ?? DEFAULT_PREFIX };
  const { client, prefix: own } = (redis ?? {}) as Partial<RedisConnection>;
  if (isClient(client)) return { client, prefix: prefix ?? own ?? DEFAULT_PREFIX };
  throw new TypeError(
    `${describeValue(redis)} is no client of ioredis, nor a connection of WorkStealingRedisModule`,
  );
}

/** Whether this is a client of ioredis, of whichever copy of that package, or of iovalkey. */
export function isClient(value: unknown): value is RedisLike {
  if (typeof value !== 'object' || value === null) return false;
  const { sendCommand, callBuffer, isPipeline } = value as Partial<RedisLike> & { isPipeline?: boolean };
  return typeof sendCommand === 'function' && typeof callBuffer === 'function' && isPipeline !== true;
}

/** Whether keys of one command have to share a slot. */
export function isCluster(client: RedisLike): client is RedisClusterLike {
  return client.isCluster;
}

/** Options of a client, as far as they matter here; those of a Cluster's nodes stand beside its own. */
export interface ClientOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly sentinels?: readonly unknown[] | null | undefined;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
  readonly monitor?: boolean | undefined;
  readonly commandTimeout?: number | undefined;
  readonly keyPrefix?: string | undefined;
  readonly redisOptions?: ClientOptions | undefined;
}

/** The options with which nothing here can work, one sentence each; every other option is all right. */
export function clientProblems(client: RedisLike): string[] {
  const { role, monitor, keyPrefix, redisOptions } = client.options as ClientOptions;
  const problems: string[] = [];
  if (role === 'slave') {
    problems.push(`the client has the option role: 'slave', so it writes to a replica; leave it out`);
  }
  if (monitor === true) problems.push('the client has the option monitor: true, so it can send no commands');
  const prefix = keyPrefix ?? redisOptions?.keyPrefix ?? '';
  // The first braces of a key are its hash tag, unless there is nothing between them.
  if (isCluster(client) && /^[^{]*\{\}/.test(prefix)) {
    problems.push(
      `the client has the option keyPrefix: ${describeValue(prefix)}, whose empty braces keep the keys of a structure ` +
        'from sharing a slot of the Cluster; use another prefix',
    );
  }
  return problems;
}
