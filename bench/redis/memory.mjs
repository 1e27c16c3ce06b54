/**
 * Bytes of server memory that a field costs: in a plain hash, with a due time that recruits look after, and with one
 * that the server looks after itself. Run `npm run build` first; the table goes into docs/redis.md.
 */
import { Redis } from 'ioredis';
import { VolatileHashes } from '../../dist/redis/index.js';
import { startRedis } from '../../scripts/redis/index.mjs';

const SHAPES = [
  { name: 'many hashes of 5 fields', hashes: 20_000, fields: 5 },
  { name: 'many hashes of 100 fields', hashes: 1_000, fields: 100 },
  { name: 'one hash of 100,000 fields', hashes: 1, fields: 100_000 },
];
const VALUE = 'a value of 24 characters';
const TTL = 3_600_000;
const BATCH = 250;

const host = await startRedis();
const native = await startRedis({ release: 'redis-8' });
try {
  console.log('| shape | plain hash | stolen | native (Redis 8.0) | plain hash (Redis 8.0) |');
  console.log('|---|---|---|---|---|');
  for (const shape of SHAPES) {
    const cells = [
      await measure(host, shape, plain),
      await measure(host, shape, volatile('stolen')),
      await measure(native, shape, volatile('native')),
      await measure(native, shape, plain),
    ];
    console.log(`| ${[shape.name, ...cells.map((bytes) => bytes.toFixed(0))].join(' | ')} |`);
  }
} finally {
  await Promise.all([host.stop(), native.stop()]);
}

async function measure(server, shape, fill) {
  const client = new Redis(server.url);
  await client.flushall();
  const before = await usedMemory(client);
  await fill(client, shape);
  const bytes = ((await usedMemory(client)) - before) / (shape.hashes * shape.fields);
  client.disconnect();
  return bytes;
}

async function usedMemory(client) {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]);
}

async function plain(client, shape) {
  for (const [hash, fields] of batches(shape)) await client.hset(`work-stealing:plain:hash:${hash}`, fields);
}

function volatile(backend) {
  return async (client, shape) => {
    const hashes = new VolatileHashes(client, 'memory', { backend });
    for (const [hash, fields] of batches(shape)) await hashes.setMany(hash, fields, { ttl: TTL });
  };
}

function* batches({ hashes, fields }) {
  for (let hash = 0; hash < hashes; hash++) {
    for (let first = 0; first < fields; first += BATCH) {
      const count = Math.min(BATCH, fields - first);
      const batch = Array.from({ length: count }, (_, index) => [`field:${first + index}`, VALUE]);
      yield [`user:${hash}`, Object.fromEntries(batch)];
    }
  }
}
