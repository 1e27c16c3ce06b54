/**
 * Bytes of server memory that a field, member or item costs in each structure, over the plain structure of Redis that
 * holds the same; native expiry of fields is Redis 8's, over its own plain hash.
 */
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { QueueTracker, Rollup, VolatileHashes, VolatileSet } from './library.mjs';
import { slice } from './slice.mjs';

const SHAPES = [
  { name: 'hashes of 5 fields', hashes: 20_000, fields: 5 },
  { name: 'hashes of 100 fields', hashes: 1_000, fields: 100 },
  { name: 'a hash of 100,000 fields', hashes: 1, fields: 100_000 },
];
const MEMBERS = 100_000;
const VALUE = 'a value of 24 characters';
const TTL = 3_600_000;
const BATCH = 250;

/** Each fills groups of names into a structure of ours, and into the one of Redis that holds the same. */
const STRUCTURES = [
  { what: 'a member of VolatileSet, against a set', ours: volatileSet, plain: plainSet },
  { what: 'an id of QueueTracker, against a set', ours: queueTracker, plain: plainSet },
  { what: 'a pending count of Rollup, against a hash', ours: rollup, plain: plainCounts },
  { what: 'a folded count of Rollup, against a sorted set', ours: foldedRollup, plain: plainTotals },
];

export async function rows({ scale }) {
  const host = await startRedis();
  const native = await startRedis({ release: 'redis-8' });
  try {
    const found = [];
    for (const shape of SHAPES.map(scaledBy(scale))) {
      const count = shape.hashes * shape.fields;
      const what = `bytes a field, ${shape.name}`;
      found.push(
        await compare(`${what}: stolen, against a plain hash`, host, count, [
          (client) => volatileHashes(client, shape, 'stolen'),
          (client) => plainHashes(client, shape),
        ]),
        await compare(`${what}: native expiry of Redis 8, against a plain hash`, native, count, [
          (client) => volatileHashes(client, shape, 'native'),
          (client) => plainHashes(client, shape),
        ]),
      );
    }
    const count = MEMBERS * scale;
    for (const { what, ours, plain } of STRUCTURES) {
      const fills = [ours, plain].map((fill) => (client) => fill(client, namesUpTo(count)));
      found.push(await compare(`bytes for ${what}`, host, count, fills));
    }
    return found;
  } finally {
    await Promise.all([host.stop(), native.stop()]);
  }
}

async function compare(what, server, count, fills) {
  const bytes = [];
  for (const fill of fills) bytes.push(await measure(server, count, fill));
  const [ours, plain] = bytes;
  const ratio = `+${(ours - plain).toFixed(0)} bytes`;
  return { what, ours: ours.toFixed(0), against: plain.toFixed(0), ratio };
}

async function measure(server, count, fill) {
  const client = new Redis(server.url);
  await client.flushall('SYNC');
  const before = await usedMemory(client);
  await fill(client);
  const bytes = ((await usedMemory(client)) - before) / count;
  client.disconnect();
  return bytes;
}

async function usedMemory(client) {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]);
}

async function plainHashes(client, shape) {
  await together(batches(shape), ([hash, fields]) => client.hset(`work-stealing:plain:hash:${hash}`, fields));
}

async function volatileHashes(client, shape, backend) {
  const hashes = new VolatileHashes(client, 'memory', { backend });
  await together(batches(shape), ([hash, fields]) => hashes.setMany(hash, fields, { ttl: TTL }));
}

async function plainSet(client, groups) {
  for (const names of groups) await client.sadd('plain', ...names);
}

async function volatileSet(client, groups) {
  const set = new VolatileSet(client, 'memory');
  for (const names of groups) await set.add(names, { ttl: TTL });
}

async function queueTracker(client, groups) {
  const none = { nextQueued: () => ({ ids: [] }), stillQueued: (ids) => ids };
  const tracker = new QueueTracker(client, 'memory', none);
  for (const names of groups) await tracker.markQueued(...names);
}

async function plainCounts(client, groups) {
  for (const names of groups) await Promise.all(names.map((name) => client.hincrby('plain', name, 1)));
}

async function plainTotals(client, groups) {
  for (const names of groups) await client.zadd('plain', ...names.flatMap((name) => [1, name]));
}

async function rollup(client, groups) {
  const counts = new Rollup(client, 'memory', { partitions: 1, limit: 100 });
  for (const names of groups) await Promise.all(names.map((name) => counts.add(name)));
  return counts;
}

async function foldedRollup(client, groups) {
  const counts = await rollup(client, groups);
  while ((await counts.recruited(slice)).done > 0);
}

/** Some hundreds of round trips at a time. */
async function together(things, act) {
  let under = [];
  for (const thing of things) {
    under.push(act(thing));
    if (under.length < 500) continue;
    await Promise.all(under);
    under = [];
  }
  await Promise.all(under);
}

const scaledBy = (scale) => (shape) =>
  shape.hashes > 1 ? { ...shape, hashes: shape.hashes * scale } : { ...shape, fields: shape.fields * scale };

/** Names in groups of {@link BATCH}. */
function* namesUpTo(count) {
  for (let first = 0; first < count; first += BATCH) {
    yield Array.from({ length: BATCH }, (_, index) => `member:${first + index}`);
  }
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
