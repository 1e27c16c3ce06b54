import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';

/** The Redis that a run uses. */
export interface FoundRedis {
  readonly url: string;
  /** Where it is, for a reader. */
  readonly description: string;
  /** Ends it if the run started it; one that was there before is left alone. */
  stop(): Promise<void>;
}

/**
 * The Redis named by `REDIS_URL`, or else a private one that ends with this process.
 *
 * @param log - hears what takes time.
 * @throws Error whose message says what to do.
 */
export async function findRedis(log: (line: string) => void): Promise<FoundRedis> {
  const url = process.env['REDIS_URL'];
  return url === undefined || url === '' ? startPrivateRedis(log) : yourRedis(url);
}

interface PrivateRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

interface RedisScripts {
  readonly startRedis: (options: { onProgress: (line: string) => void }) => Promise<PrivateRedis>;
}

async function startPrivateRedis(onProgress: (line: string) => void): Promise<FoundRedis> {
  // From the sources, not from what is built of them: it is plain JavaScript, and keeps its cache in node_modules.
  const root = createRequire(import.meta.url).resolve('nestjs-work-stealing/package.json');
  const scripts = new URL('scripts/redis/index.mjs', pathToFileURL(root));
  const { startRedis } = (await import(scripts.href)) as RedisScripts;
  const redis = await startRedis({ onProgress });
  return {
    url: redis.url,
    description: `${redis.host}:${redis.port} (private, pid ${redis.pid})`,
    stop: () => redis.stop(),
  };
}

async function yourRedis(url: string): Promise<FoundRedis> {
  const [, scheme] = /^(\w+):\/\//.exec(url) ?? [];
  if (scheme !== undefined && !/^rediss?$/.test(scheme)) {
    throw new Error(
      `REDIS_URL begins with "${scheme}://"; expected redis://host:port or rediss://host:port.`,
    );
  }
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 10_000 });
  // Errors come as a rejection of connect(); without a listener they would be printed as well.
  let reason = 'no answer';
  client.on('error', (error: Error) => (reason = error.message));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw new Error(
      `REDIS_URL names ${placeOf(client)}, where no Redis answers (${reason}). Start one there ` +
        `(redis-server --port ${client.options.port}), or unset REDIS_URL: a private one is started then.`,
      { cause: error },
    );
  } finally {
    client.disconnect();
  }
  return { url, description: `${placeOf(client)} (REDIS_URL)`, stop: async () => {} };
}

/** Never the URL itself: it may hold a password. */
function placeOf({ options }: Redis): string {
  return options.path ?? `${options.host}:${options.port}`;
}
