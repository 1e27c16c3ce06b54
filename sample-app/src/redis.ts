import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { createFailFastRedis, WorkStealingRedisModule } from 'nestjs-work-stealing/redis';

/** One connection for the cache and the jobs. */
export const redisModule = WorkStealingRedisModule.forRoot({
  factory: connect,
  prefix: 'media-directory',
  fleet: { version: process.env['npm_package_version'] ?? 'dev' },
});

/** `url` would do; but no visitor should wait for Redis for longer than a quarter of a second. */
async function connect(): Promise<Redis> {
  const client = createFailFastRedis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', {
    commandTimeout: 250,
  });
  // The first visitor should find it connected; without Redis this rejects, and the worker does not come up.
  await once(client, 'ready');
  return client;
}
