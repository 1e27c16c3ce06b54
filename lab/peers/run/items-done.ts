import type { Redis } from 'ioredis';
import type { Request } from '../plan/traces.js';
import { COUNTERS, FIELDS, PARTITIONS } from '../plan/world.js';
import { SEARCH_KEYS } from '../work/films.js';
import { fieldKeys, pendingKey } from '../work/keys.js';
import type { RunResult } from './result.js';

/** What has been done of what these requests made, by what is left of it: the same count for every way. */
export async function itemsDone(redis: Redis, requests: readonly Request[]): Promise<RunResult['items']> {
  let [fields, views] = [requests.filter(({ field }) => field !== undefined).length, requests.length];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for (const key of await redis.keys(fieldKeys(FIELDS, partition).hash('*')))
      fields -= await redis.hlen(key);
    for (const count of await redis.hvals(pendingKey(COUNTERS, partition))) views -= Number(count);
  }
  return { fields, views, films: await redis.hlen(SEARCH_KEYS) };
}
