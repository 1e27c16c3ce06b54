/**
 * One process of a fleet that reads a cache until it is killed. Each recompute looks for another living process at the
 * same key's, and each reading for a value that is older than one that was seen before.
 */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url] = process.argv.slice(2);
const { EarlyRefreshCache } = await import(join(lib, 'cache/index.js'));
const client = new Redis(url);
// No lease or wait is over because a living process was stalled for some seconds.
const cache = new EarlyRefreshCache(client, 'fleet', { lease: 6000, wait: 20_000, patience: 20_000 });
const KEYS = ['a', 'b', 'c'];
const newest = new Map();
await client.ping();
console.log('ready');
for (let turn = 0; ; turn++) {
  const key = KEYS[turn % KEYS.length];
  const seen = await cache.get(key, () => recompute(key), { ttl: 60, stale: 1000 });
  if (seen < (newest.get(key) ?? 0)) await client.incr('went back');
  newest.set(key, seen);
  await rest(1);
}

async function recompute(key) {
  const running = `running:${key}`;
  await client.sadd(running, process.pid);
  const others = (await client.smembers(running)).filter((pid) => Number(pid) !== process.pid);
  if (others.some(isAlive)) await client.incr('overlaps');
  await rest(5 + Math.random() * 20);
  await client.srem(running, process.pid);
  return client.incr('recomputes');
}

function isAlive(pid) {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}
