/** What a hit costs: one after the other, and 100 at a time, against a bare GET of the same value by the same client. */
import { Redis } from 'ioredis';
import { EarlyRefreshCache } from 'nestjs-work-stealing/cache';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { interleaved, median } from '../redis/median.mjs';

const HOUR = 3_600_000;

export async function measureHits({ rounds, hits }) {
  const server = await startRedis();
  const client = new Redis(server.url);
  try {
    const cache = new EarlyRefreshCache(client, 'bench');
    const value = 'x'.repeat(1000);
    await client.set('bare', JSON.stringify(value));
    await cache.set('page', value, { ttl: HOUR });
    const found = [];
    for (const together of [1, 100]) {
      const { ours, bare } = await interleaved(rounds, {
        ours: () => perSecond(hits, together, () => cache.get('page', () => value, { ttl: HOUR })),
        bare: () => perSecond(hits, together, async () => JSON.parse(await client.get('bare'))),
      });
      found.push({ together, ours: median(ours), bare: median(bare) });
    }
    if (cache.stats.hits !== 2 * (rounds * hits)) throw new Error('Not all of it were hits');
    return found;
  } finally {
    client.disconnect();
    await server.stop();
  }
}

async function perSecond(hits, together, act) {
  const begun = performance.now();
  for (let done = 0; done < hits; done += together) {
    await Promise.all(Array.from({ length: together }, act));
  }
  return hits / ((performance.now() - begun) / 1000);
}
