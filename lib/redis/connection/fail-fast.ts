import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { WorkStealingConfigError } from '../../options/errors.js';
import { PATIENCE } from '../lua/send.js';

/**
 * Options of a client. How replies are mapped is not among them: it is the type of an ioredis 6 client, and one that is
 * made here maps them as ioredis 5 does.
 */
export type FailFastOptions = Omit<RedisOptions, 'replyMapping'>;

/** What to do where the module and the functions here cannot make a client. */
const REMEDY =
  'Install ioredis 5.3 or later, in a bundle as an external package; or hand in a client that you have made, ' +
  'with FAIL_FAST among its options';

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
  const { Redis } = required('createFailFastRedis()');
  return typeof target === 'string'
    ? new Redis(target, { ...FAIL_FAST, ...options })
    : new Redis({ ...FAIL_FAST, ...target, ...options });
}

/** The same for a module, which can wait: a bundler sees what is imported, and misses what is required in this way. */
export async function openFailFastRedis(url: string, options: FailFastOptions): Promise<Redis> {
  const maker = 'WorkStealingRedisModule';
  const loaded = await import('ioredis').catch((error: unknown) => {
    throw notLoaded(maker, error);
  });
  // A bundle may have no more than the default export, whose properties are the others.
  const { Redis } = recentEnough(
    maker,
    'Redis' in loaded ? loaded : (loaded as { default: Clients }).default,
  );
  return new Redis(url, { ...FAIL_FAST, ...options });
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
  const { Cluster } = required('createFailFastCluster()');
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

/** What is needed of ioredis. */
type Clients = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>;

/** Loaded when a client is made: an application that brings clients of its own, of iovalkey say, need not have it. */
function required(maker: string): Clients {
  // A bundle in CommonJS may have no URL of its own.
  const require = createRequire(import.meta.url ?? join(process.cwd(), 'bundle'));
  let loaded: Clients;
  try {
    loaded = require('ioredis') as Clients;
  } catch (error) {
    throw notLoaded(maker, error);
  }
  return recentEnough(maker, loaded);
}

function notLoaded(maker: string, cause: unknown): WorkStealingConfigError {
  const error = new WorkStealingConfigError(
    `${maker} makes a client of ioredis, which cannot be loaded: ${(cause as Error).message}. ${REMEDY}`,
  );
  error.cause = cause;
  return error;
}

function recentEnough(maker: string, { Cluster, Redis }: Partial<Clients>): Clients {
  if (Cluster !== undefined && Redis !== undefined) return { Cluster, Redis };
  throw new WorkStealingConfigError(
    `${maker} makes a client of ioredis 5.3 or later, and the one that is installed is older. ${REMEDY}`,
  );
}
