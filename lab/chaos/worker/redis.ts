import type { ClusterNode, ClusterOptions } from 'ioredis';
import {
  createFailFastCluster,
  createFailFastRedis,
  type RedisClient,
  WorkStealingRedisModule,
} from 'nestjs-work-stealing/redis';

type Address = { url: string } | { nodes: ClusterNode[]; natMap: NonNullable<ClusterOptions['natMap']> };

/** As in the sample: no visitor should wait for Redis for longer. */
const OPTIONS = { commandTimeout: 250 };

/** Fails fast, and may connect later than the application starts. */
function connect(): RedisClient {
  const address = JSON.parse(process.env['REDIS'] ?? '') as Address;
  const client =
    'url' in address
      ? createFailFastRedis(address.url, OPTIONS)
      : createFailFastCluster(address.nodes, { natMap: address.natMap, redisOptions: OPTIONS });
  client.on('error', () => {});
  return client;
}

export const redisModule = WorkStealingRedisModule.forRoot({ factory: connect, prefix: 'chaos' });
