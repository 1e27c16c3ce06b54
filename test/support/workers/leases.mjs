/** One process of a fleet that counts one up, under a lease, in a store that heeds fencing tokens, until it is killed. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, job] = process.argv.slice(2);
const { RedisLeases } = await import(join(lib, 'redis/coordination/redis-leases.js'));
const client = new Redis(url);
client.defineCommand('read', {
  numberOfKeys: 2,
  lua: `if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1]) or 0) then return false end
        redis.call('SET', KEYS[1], ARGV[1])
        return redis.call('GET', KEYS[2]) or '0'`,
});
client.defineCommand('write', {
  numberOfKeys: 3,
  lua: `if ARGV[1] ~= redis.call('GET', KEYS[1]) then return 0 end
        redis.call('SET', KEYS[2], ARGV[2])
        return redis.call('RPUSH', KEYS[3], ARGV[1])`,
});
const leases = new RedisLeases(client);
/** A busy machine may leave the server or this process aside for seconds: ms. */
const PATIENCE = 20_000;
await client.ping();
console.log('ready');
for (;;) {
  const lease = await leases.acquire(job, 1000, PATIENCE);
  if (lease === undefined) {
    await rest(2);
    continue;
  }
  const count = await client.read('fence', 'count', lease.fencingToken);
  await rest(2);
  // Two at a time would both write the same number.
  if (count !== null) await client.write('fence', 'count', 'tokens', lease.fencingToken, Number(count) + 1);
  await lease.release();
}
