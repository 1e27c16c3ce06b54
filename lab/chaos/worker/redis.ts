import type { ClusterNode, ClusterOptions } from 'ioredis';
import {
  createFailFastCluster,
  createFailFastRedis,
  type RedisClient,
  WorkStealingRedisModule,
} from 'nestjs-work-stealing/redis';

type Address = { url: string } | { nodes: ClusterNode[]; natMap: NonNullable<ClusterOptions['natMap']> };

/** As in the sample: Redis shares two cores with the fleet and its visitors, and may take longer than 50 ms. */
const PATIENT = { commandTimeout: 250, connectTimeout: 2000 };

/** Fails fast, and may connect later than the application starts. */
function connect(): RedisClient {
  const address = JSON.parse(process.env['REDIS'] ?? '') as Address;
  const client =
    'url' in address
      ? createFailFastRedis(address.url, PATIENT)
      : createFailFastCluster(address.nodes, { natMap: address.natMap, redisOptions: PATIENT });
  client.on('error', () => {});
  return client;
}

export const redisModule = WorkStealingRedisModule.forRoot({ factory: connect, prefix: 'chaos' });
