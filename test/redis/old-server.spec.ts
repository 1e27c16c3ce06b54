import { afterAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { WorkStealingConfigError } from 'nestjs-work-stealing';
import * as cache from 'nestjs-work-stealing/cache';
import * as redis from 'nestjs-work-stealing/redis';
import { everyStructure } from '../support/every-structure.js';
import { describeOnRelease, patient } from '../support/redis.js';

/** What needs a command that Redis has only since 6.2, and one of those. */
const REFUSED: Readonly<Record<string, string>> = {
  'volatile hashes': 'ZMSCORE',
  'volatile hashes without the server': 'ZMSCORE',
  'volatile set': 'ZMSCORE',
  rollup: 'HRANDFIELD',
  'queue tracker': 'HRANDFIELD',
  'stream reaper': 'XAUTOCLAIM',
};

await describeOnRelease('redis-6', 'On Redis 6.0', (server) => {
  const clients: Redis[] = [];
  afterAll(() => clients.forEach((client) => client.disconnect()));

  it.each(Object.entries(everyStructure({ redis, cache })))(
    '%s: works, or is refused by name',
    async (name, use) => {
      const client = patient(new Redis(server.url));
      clients.push(client);
      const place = { client, plain: client, keyPrefix: '', prefix: `old-${name.replaceAll(' ', '-')}` };
      const command = REFUSED[name];
      if (command === undefined) return use(place);
      const error = await use(place).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WorkStealingConfigError);
      expect(String(error)).toMatch(
        new RegExp(`needs .*${command}.*this server, Redis 6\\.0\\.\\d+, has no such command`),
      );
    },
  );
});
