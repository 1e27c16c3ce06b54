import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { compileLib, type CompiledLib } from '../support/compile-lib.js';
import { useRedis } from '../support/redis.js';

const IDS = 1200;
/** What the log, the metrics, the orders and the fleet's errors keep of them at most. */
const KEPT = 1000;

/** How many of the ids each key of Redis has kept: as its elements, or in the names of keys of its kind. */
async function madeUpIn(url: string): Promise<Record<string, number>> {
  const client = new Redis(url);
  const counts: Record<string, number> = {};
  for (const key of await client.keys('*')) {
    const names = [key, ...(await elementsOf(client, key))].filter((name) => name.includes('made-up-'));
    const kind = key.replaceAll(/made-up-\d+/g, 'made-up');
    if (names.length > 0) counts[kind] = (counts[kind] ?? 0) + names.length;
  }
  await client.quit();
  return counts;
}

async function elementsOf(client: Redis, key: string): Promise<string[]> {
  switch (await client.type(key)) {
    case 'hash':
      return client.hkeys(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'zset':
      return client.zrange(key, '0', '-1');
    case 'set':
      return client.smembers(key);
    default:
      return [];
  }
}

describe('Ids that are made up as a process runs', () => {
  const redis = useRedis();
  let lib: CompiledLib;

  beforeAll(async () => {
    lib = await compileLib();
  }, 60_000);
  afterAll(() => lib.remove());

  it('fill no map or set of the process, and no key of Redis, whatever is switched on', async () => {
    const worker = join(import.meta.dirname, '../support/workers/made-up-ids.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [worker, lib.folder, redis.url, `${IDS}`]);
    const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as { size: number; first: string }[];
    // Otherwise nothing was looked at.
    expect(found).not.toEqual([]);
    expect(found.filter(({ size }) => size > KEPT)).toEqual([]);
    const inRedis = await madeUpIn(redis.url);
    expect(inRedis).not.toEqual({});
    expect(Object.entries(inRedis).filter(([, count]) => count > KEPT)).toEqual([]);
  }, 180_000);
});
