import { createRequire } from 'node:module';
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { WorkStealingConfigError } from '../recruiter/errors.js';
import { PATIENCE } from './send.js';

/**
 * Options of a client. How replies are mapped is not among them: it is the type of an ioredis 6 client, and one that is
 * made here maps them as ioredis 5 does.
 */
export type FailFastOptions = Omit<RedisOptions, 'replyMapping'>;

/** Longest wait between two attempts to connect: ms. */
const LONGEST_RETRY = 500;
/** How often a client asks a Cluster where its slots are: ms. */
const SLOTS_REFRESH = 5000;

/**
 * Settings for work that the next recruit can do as well: fail at once without a connection, never queue, never retry.
 * ioredis' defaults leave a command pending for seconds while the server is away.
 */
export const FAIL_FAST = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Requests wait for it too; a slice gives up by its own signal.
  commandTimeout: PATIENCE,
  connectTimeout: 200,
  // Sentinel: a master that hangs keeps its connections; this is how a client hears that another has taken its place.
  failoverDetector: true,
  retryStrategy: (attempt: number) => Math.min(LONGEST_RETRY, attempt * 50),
  // A primary that has become a replica keeps its connections: behind one endpoint another primary is a new one away.
  // Nothing is sent again. Redis 6.2 quotes the word in the error of a script.
  reconnectOnError: (error: Error) => /(^|-)READONLY /.test(error.message),
} as const satisfies FailFastOptions;

/**
 * A client that does not wait for a server that is away: a command fails at once without a connection, and after 2 s
 * without an answer, though a slice waits no longer than its budget. A write that failed may still have been applied. Its first commands fail until it has connected: await `once(client, 'ready')` where that matters.
 *
 * @param target - a URL such as `redis://127.0.0.1:6379`, or options of ioredis.
 * @param options - what differs from {@link FAIL_FAST}.
 */
export function createFailFastRedis(target: string | FailFastOptions, options: FailFastOptions = {}): Redis {
  const { Redis } = ioredis('createFailFastRedis');
  return typeof target === 'string'
    ? new Redis(target, { ...FAIL_FAST, ...options })
    : new Redis({ ...FAIL_FAST, ...target, ...options });
}

/** Options of a Cluster client, and of those to its nodes. */
export type FailFastClusterOptions = Omit<ClusterOptions, 'redisOptions' | 'replyMapping'> & {
  redisOptions?: Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>;
};

/**
 * The same for a Redis Cluster.
 *
 * @param nodes - some of its nodes.
 * @param options - what differs from the settings that fail fast.
 */
export function createFailFastCluster(nodes: ClusterNode[], options: FailFastClusterOptions = {}): Cluster {
  const { Cluster } = ioredis('createFailFastCluster');
  // A node of a Cluster that has become a replica says so by a redirection.
  const { retryStrategy, enableOfflineQueue, maxRetriesPerRequest, reconnectOnError: _, ...node } = FAIL_FAST;
  return new Cluster(nodes, {
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    // A redirection is no retry: a slot that has moved has to be followed.
    maxRedirections: 3,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    // A master that hangs redirects nobody: without asking, commands would time out until it goes on.
    slotsRefreshInterval: SLOTS_REFRESH,
    ...options,
    redisOptions: { ...node, maxRetriesPerRequest, ...options.redisOptions },
  });
}

const require = createRequire(import.meta.url);

/** Loaded when a client is made: an application that brings clients of its own, of iovalkey say, need not have it. */
function ioredis(maker: string): typeof import('ioredis') {
  try {
    return require('ioredis') as typeof import('ioredis');
  } catch (error) {
    const missing = new WorkStealingConfigError(
      `${maker}() makes a client of ioredis, which cannot be loaded: ${(error as Error).message}. ` +
        'Install ioredis, or hand in a client that you have made',
    );
    missing.cause = error;
    throw missing;
  }
}
