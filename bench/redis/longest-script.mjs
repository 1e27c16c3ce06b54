/**
 * How long each script of VolatileHashes holds the server, at the largest bounds that it accepts, as the server's own
 * slow log has it. Run `npm run build` first; the table goes into docs/redis.md.
 */
import { Redis } from 'ioredis';
import { VolatileHashes } from '../../dist/redis/index.js';
import { startRedis } from '../../scripts/redis/index.mjs';

const HOUR = 3_600_000;
const TURNS = 100;
const MOST_FIELDS = 250;
const slice = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };

const server = await startRedis({ args: ['--slowlog-log-slower-than', '0', '--slowlog-max-len', '10000'] });
const client = new Redis(server.url);
const options = { backend: 'stolen', limit: 400 };
const big = new VolatileHashes(client, 'big', options);
const names = (count, from = 0) => Array.from({ length: count }, (_, index) => `field:${from + index}`);
const fields = (count, from) =>
  Object.fromEntries(names(count, from).map((name) => [name, 'a value of 24 characters']));

try {
  for (let from = 0; from < 100_000; from += MOST_FIELDS)
    await big.setMany('h', fields(MOST_FIELDS, from), { ttl: HOUR });
  const random = (turn) => names(MOST_FIELDS, (turn * 7919) % 99_000);
  console.log('| script, at its largest | median | longest of 100 |\n|---|---|---|');
  await row('`setMany`, 250 of 100,000 fields', (turn) =>
    big.setMany('h', fields(MOST_FIELDS, (turn * 7919) % 99_000), { ttl: HOUR }),
  );
  await row('`getMany`, 250 of 100,000 fields', (turn) => big.getMany('h', random(turn)));
  await row(
    '`delete`, 250 of 100,000 fields',
    (turn) => big.delete('h', ...random(turn)),
    (turn) => big.setMany('h', fields(MOST_FIELDS, (turn * 7919) % 99_000), { ttl: HOUR }),
  );
  await row(
    'a slice, 400 fields of one hash',
    () => big.recruited(slice),
    () => due(big, 'h', names(400)),
  );
  const many = new VolatileHashes(client, 'many', options);
  await row(
    'a slice, 400 fields of 24 hashes',
    () => many.recruited(slice),
    async () => {
      for (let hash = 0; hash < 24; hash++) await due(many, `h${hash}`, names(17));
    },
  );
  const wide = new VolatileHashes(client, 'wide', { ...options, partitions: 64 });
  for (let hash = 0; hash < 2000; hash++) await wide.set(`h${hash}`, 'f', '1', { ttl: HOUR });
  await row('a slice, nothing due in 64 partitions', () => wide.recruited(slice));
  await row('`oldestOverdue`, 64 partitions', () => wide.oldestOverdue());
} finally {
  client.disconnect();
  await server.stop();
}

async function row(what, act, prepare = async () => {}) {
  const durations = [];
  for (let turn = 0; turn < TURNS; turn++) {
    await prepare(turn);
    await client.slowlog('RESET');
    await act(turn);
    const log = await client.slowlog('GET', '-1');
    durations.push(
      ...log.filter(([, , , words]) => words[0] === 'evalsha').map(([, , microseconds]) => microseconds),
    );
  }
  durations.sort((a, b) => a - b);
  console.log(`| ${what} | ${durations[durations.length >> 1]} µs | ${durations.at(-1)} µs |`);
}

/** Sets fields and moves them, and the index, into the past. */
async function due(hashes, hash, fieldNames) {
  for (let first = 0; first < fieldNames.length; first += MOST_FIELDS) {
    const some = fieldNames
      .slice(first, first + MOST_FIELDS)
      .map((name) => [name, 'a value of 24 characters']);
    await hashes.setMany(hash, Object.fromEntries(some), { ttl: HOUR });
  }
  const key = hashes.key(hash);
  await client.zadd(key.replace(':hash:', ':due:'), ...fieldNames.flatMap((name) => [1, name]));
  await client.zadd(key.replace(/:hash:.*$/, ':index'), 1, hash);
}
