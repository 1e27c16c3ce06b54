import { once } from 'node:events';
import type { Redis } from 'ioredis';
import { createFailFastRedis, WorkStealingRedisModule } from 'nestjs-work-stealing/redis';

/** One connection for the cache and the jobs. */
export const redisModule = WorkStealingRedisModule.forRoot({
  factory: connect,
  prefix: 'media-directory',
  fleet: { version: process.env['npm_package_version'] ?? 'dev' },
});

/** `url` would do; but here Redis shares two cores with the fleet and its visitors, and may take longer than 50 ms. */
async function connect(): Promise<Redis> {
  const client = createFailFastRedis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', {
    commandTimeout: 250,
    connectTimeout: 2000,
  });
  // The first visitor should find it connected; without Redis this rejects, and the worker does not come up.
  await once(client, 'ready');
  return client;
}
