import type { Cluster, Redis } from 'ioredis';
import { describeValue } from '../../options/describe-value.js';
import { WorkStealingConfigError } from '../../options/errors.js';

/**
 * The part of a Redis client that this package uses: a `Redis` or `Cluster` of any copy of ioredis 5.3 or later, or of
 * iovalkey, connected to one server, to Sentinel, or to a Cluster.
 */
export interface RedisLike {
  /** State of the connection: `'wait'`, `'connecting'`, `'ready'`, `'reconnecting'`, `'end'` and others. */
  readonly status: string;
  /** Whether it is a client of a Cluster: the keys of one command must share a slot. */
  readonly isCluster: boolean;
  /** Options with which the client was created. */
  readonly options: object;
  /** Sends a command. */
  sendCommand(command: never): unknown;
  /** Creates a command from its name and arguments, and sends it. */
  callBuffer(...args: never): unknown;
  /** Creates another client with the same options. */
  duplicate(override?: object): unknown;
  /** Subscribes to the messages of a channel. */
  subscribe(channel: string): unknown;
  /** Connects, if the client connects lazily. */
  connect(): Promise<void>;
  /** Closes the connection. */
  disconnect(): void;
  /** Adds a listener of an event. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Adds a listener of the next occurrence of an event. */
  once(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Removes a listener of an event. */
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** A client of ioredis, with a method for each command. */
export type RedisClient = Redis | Cluster;

/** A client of a Redis Cluster. */
export interface RedisClusterLike extends RedisLike {
  nodes(role?: 'master'): RedisLike[];
  refreshSlotsCache(): void;
}

/** A client, and the prefix of all keys that are used with it. */
export interface RedisConnection {
  /** The client that sends all commands. */
  readonly client: RedisLike;
  /** Prefix of all keys: not blank, without braces. */
  readonly prefix: string;
}

/** The default prefix of all keys. */
export const DEFAULT_PREFIX = 'work-stealing';

/**
 * Returns the connection of a structure from its argument `redis`.
 *
 * @param prefix - prefix of all keys. Default: that of the connection, or `work-stealing`.
 * @throws TypeError when it is neither a client nor a connection; WorkStealingConfigError for a client with an unusable
 * option.
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
    `${describeValue(redis)} is neither a client of ioredis nor a connection of WorkStealingRedisModule`,
  );
}

/** Whether a value is a client of any copy of ioredis, or of iovalkey. */
export function isClient(value: unknown): value is RedisLike {
  if (typeof value !== 'object' || value === null) return false;
  const { sendCommand, callBuffer, isPipeline } = value as Partial<RedisLike> & { isPipeline?: boolean };
  return typeof sendCommand === 'function' && typeof callBuffer === 'function' && isPipeline !== true;
}

/** Whether a client is one of a Cluster: the keys of one command must share a slot. */
export function isCluster(client: RedisLike): client is RedisClusterLike {
  return client.isCluster;
}

/** The options of a client that are read here; a Cluster has those of its nodes in `redisOptions`. */
export interface ClientOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly sentinels?: readonly unknown[] | null | undefined;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
  readonly monitor?: boolean | undefined;
  readonly commandTimeout?: number | undefined;
  readonly enableOfflineQueue?: boolean | undefined;
  readonly keyPrefix?: string | undefined;
  readonly redisOptions?: ClientOptions | undefined;
}

/** Problems of the options of a client, one sentence each. All other options are supported. */
export function clientProblems(client: RedisLike): string[] {
  const { role, monitor, keyPrefix, redisOptions } = client.options as ClientOptions;
  const problems: string[] = [];
  if (role === 'slave') {
    problems.push(`the client has the option role: 'slave', so it writes to a replica; leave it out`);
  }
  if (monitor === true) problems.push('the client has the option monitor: true, so it can send no commands');
  const prefix = keyPrefix ?? redisOptions?.keyPrefix ?? '';
  // The first braces of a key are its hash tag, unless they are empty.
  if (isCluster(client) && /^[^{]*\{\}/.test(prefix)) {
    problems.push(
      `the client has the option keyPrefix: ${describeValue(prefix)}, whose empty braces keep the keys of a structure ` +
        'from sharing a slot of the Cluster; use another prefix',
    );
  }
  return problems;
}
