import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from 'ioredis';
import { WorkStealingConfigError } from '../../options/errors.js';
import { PATIENCE_MS } from '../lua/send.js';
import { keepPipelinesWhole } from './whole-pipelines.js';

/**
 * Options of a client, without `replyMapping`: it determines the type of an ioredis 6 client, and clients that are created
 * here map replies as ioredis 5 does.
 */
export type FailFastOptions = Omit<RedisOptions, 'replyMapping'>;

/** Remedy for the errors of the module and the functions here. */
const REMEDY =
  'Install ioredis 5.3 or later, in a bundle as an external package; or pass a client that you have created, ' +
  'with FAIL_FAST among its options';

/** Maximum wait between two attempts to connect. */
const MAX_RETRY_WAIT_MS = 500;
/** Time between two requests for the slots of a Cluster. */
const SLOTS_REFRESH_MS = 5000;

/**
 * Options of ioredis for work that a later slice can do as well: without a connection commands fail at once, and they are
 * never queued or retried. With ioredis' defaults a command may be pending for seconds while the server is unavailable.
 */
export const FAIL_FAST = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // For requests too; a slice stops waiting by its own signal.
  commandTimeout: PATIENCE_MS,
  // A loop that is busy, or TLS over a long way, takes its time; a server that is down refuses at once.
  connectTimeout: 2000,
  // A host that is lost does not close its connections; the system notices after a quarter of an hour.
  socketTimeout: 5000,
  // Sentinel: a master that hangs keeps its connections; the detector notifies the client of the new master.
  failoverDetector: true,
  retryStrategy: (attempt: number) => Math.min(MAX_RETRY_WAIT_MS, attempt * 50),
  // A primary that has become a replica keeps its connections; behind one endpoint a new connection reaches the new
  // primary. No command is sent again. In Redis 6.2 the code is inside the message of a script's error.
  reconnectOnError: (error: Error) => /(^|-)READONLY /.test(error.message),
} as const satisfies FailFastOptions;

/**
 * Creates a client that does not wait for an unavailable server: a command fails at once without a connection, and after 2 s
 * without a reply; a slice waits no longer than its budget. A failed write may have been applied nevertheless. Commands also
 * fail until the client has connected: await `once(client, 'ready')` if that matters.
 *
 * @param target - a URL such as `redis://127.0.0.1:6379`, or options of ioredis.
 * @param options - options that replace those of {@link FAIL_FAST}.
 * @throws WorkStealingConfigError when ioredis 5.3 or later cannot be loaded.
 */
export function createFailFastRedis(target: string | FailFastOptions, options: FailFastOptions = {}): Redis {
  const { Redis } = required('createFailFastRedis()');
  return typeof target === 'string'
    ? new Redis(target, { ...FAIL_FAST, ...options })
    : new Redis({ ...FAIL_FAST, ...target, ...options });
}

/** Creates such a client with a dynamic import, which bundlers support, other than `require`. For the module. */
export async function openFailFastRedis(url: string, options: FailFastOptions): Promise<Redis> {
  const maker = 'WorkStealingRedisModule';
  const loaded = await import('ioredis').catch((error: unknown) => {
    throw notLoaded(maker, error);
  });
  // A bundle may have only the default export, with the other exports as its properties.
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
 * Creates a client of a Redis Cluster that does not wait for unavailable nodes; see {@link createFailFastRedis}. It refuses a
 * pipeline whole where ioredis 5.11 or later would send a part of it and mix up the replies that follow.
 *
 * @param nodes - some nodes of the Cluster.
 * @param options - options that replace the defaults, which are those of {@link FAIL_FAST} and of a Cluster that fails fast.
 * @throws WorkStealingConfigError when ioredis 5.3 or later cannot be loaded.
 */
export function createFailFastCluster(nodes: ClusterNode[], options: FailFastClusterOptions = {}): Cluster {
  const { Cluster } = required('createFailFastCluster()');
  // A node of a Cluster that has become a replica replies with a redirection.
  const { retryStrategy, enableOfflineQueue, maxRetriesPerRequest, reconnectOnError: _, ...node } = FAIL_FAST;
  const cluster = new Cluster(nodes, {
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    // Redirections are not retries: a slot that has moved must be followed.
    maxRedirections: 3,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    // A master that hangs sends no redirections: without the refresh, commands would time out until it continues.
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    ...options,
    redisOptions: { ...node, maxRetriesPerRequest, ...options.redisOptions },
  });
  return keepPipelinesWhole(cluster);
}

/** The classes of ioredis that are used here. */
type Clients = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>;

/** Loads ioredis when a client is created: an application that passes its own clients, such as iovalkey's, need not have it. */
function required(maker: string): Clients {
  // From the application, which depends on it: `import.meta.url` does not survive a Jest that compiles to CommonJS.
  const places = [process.argv[1], join(process.cwd(), 'index.js')].filter((place) => place !== undefined);
  let cause: unknown;
  for (const place of places) {
    try {
      return recentEnough(maker, createRequire(resolve(place))('ioredis') as Clients);
    } catch (error) {
      if (error instanceof WorkStealingConfigError) throw error;
      cause = error;
    }
  }
  throw notLoaded(maker, cause);
}

function notLoaded(maker: string, cause: unknown): WorkStealingConfigError {
  const error = new WorkStealingConfigError(
    `${maker} creates a client of ioredis, which cannot be loaded: ${(cause as Error).message}. ${REMEDY}`,
  );
  error.cause = cause;
  return error;
}

function recentEnough(maker: string, { Cluster, Redis }: Partial<Clients>): Clients {
  if (Cluster !== undefined && Redis !== undefined) return { Cluster, Redis };
  throw new WorkStealingConfigError(
    `${maker} creates a client of ioredis 5.3 or later, and the installed version is older. ${REMEDY}`,
  );
}
