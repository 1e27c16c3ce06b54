/** One process of reaping.mjs: reaps in one of two ways until nothing is due or its time is up, or writes until it is killed. */
import { Redis } from 'ioredis';
import { VolatileHashes } from './library.mjs';
import { sharedOfHash } from './reaping-data.mjs';
import { slice } from './slice.mjs';

const [way, url, hashes, most] = process.argv.slice(2);
const client = new Redis(url);
const volatile = new VolatileHashes(client, 'reaping', { backend: 'stolen' });
await client.ping();
process.send('ready');
if (way === 'write') await write();
process.once('message', () => void reap().then((result) => process.send(result)));

async function reap() {
  const begun = performance.now();
  const isTimeUp = () => performance.now() - begun > most * 1000;
  const counts = await (way === 'slices' ? bySlices(isTimeUp) : byWatch(isTimeUp));
  return { ...counts, seconds: (performance.now() - begun) / 1000 };
}

async function bySlices(isTimeUp) {
  const counts = { fields: 0, attempts: 0, aborted: 0 };
  while (!isTimeUp()) {
    const { done } = await volatile.recruited(slice);
    counts.attempts++;
    counts.fields += done;
    if (done === 0) break;
  }
  return counts;
}

async function byWatch(isTimeUp) {
  const counts = { fields: 0, attempts: 0, aborted: 0 };
  let idle = 0;
  for (let turn = Math.floor(Math.random() * hashes); idle < hashes && !isTimeUp(); turn++) {
    const { key, due } = sharedOfHash(volatile, `h${turn % hashes}`);
    await client.watch(key, due);
    const fields = await client.zrangebyscore(due, '-inf', Date.now(), 'LIMIT', 0, 5);
    if (fields.length === 0) {
      await client.unwatch();
      idle++;
      continue;
    }
    idle = 0;
    counts.attempts++;
    const result = await client
      .multi()
      .hdel(key, ...fields)
      .zrem(due, ...fields)
      .exec();
    if (result === null) counts.aborted++;
    else counts.fields += fields.length;
  }
  return counts;
}

async function write() {
  for (let turn = 0; ; turn++) {
    await volatile.set(`h${turn % hashes}`, `live:${turn % 50}`, 'x', { ttl: 3_600_000 });
  }
}
