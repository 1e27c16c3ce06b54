/**
 * Overdue fields deleted a second by slices of VolatileHashes, against the textbook way: WATCH, look for 5 fields that
 * are due, MULTI, delete, EXEC, on a connection of its own. The same data, in turn; alone, beside a writer that keeps
 * setting fields of the same hashes, and by 8 processes at once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { VolatileHashes } from './library.mjs';
import { interleaved, median } from './median.mjs';
import { sharedOfHash } from './reaping-data.mjs';
import { percent, times, whole } from './table.mjs';

const HASHES = 40;
const FIELDS = 1000;
const SITUATIONS = [
  { what: '1 process', processes: 1, isBusy: false, reach: 10 },
  { what: '1 process, busy writer', processes: 1, isBusy: true, reach: 30 },
  { what: '8 processes', processes: 8, isBusy: false, reach: 30 },
];

export async function rows(mode) {
  const server = await startRedis();
  const client = new Redis(server.url);
  try {
    const found = [];
    for (const situation of SITUATIONS)
      found.push(...(await compare({ server, client, mode, ...situation })));
    return found;
  } finally {
    client.disconnect();
    await server.stop();
  }
}

async function compare({ what, reach, ...context }) {
  const { slices, watch } = await interleaved(context.mode.rounds, {
    slices: () => measure({ way: 'slices', ...context }),
    watch: () => measure({ way: 'watch', ...context }),
  });
  const ours = median(slices.map(({ perSecond }) => perSecond));
  const theirs = median(watch.map(({ perSecond }) => perSecond));
  const aborted = (all) => all.reduce((sum, one) => sum + one.aborted, 0);
  const share = median(watch.map((one) => one.aborted / one.attempts));
  return [
    {
      what: `fields reaped a second, against WATCH of 5 a slice: ${what}`,
      ours: whole(ours),
      against: whole(theirs),
      ratio: times(ours / theirs),
      reach: `${reach} times`,
      reached: ours / theirs >= reach,
    },
    {
      what: `attempts that aborted: ${what}`,
      ours: String(aborted(slices)),
      against: percent(share),
      reach: '0',
      reached: aborted(slices) === 0,
    },
  ];
}

async function measure({ way, server, client, mode, processes, isBusy }) {
  await fill(client);
  const writer = isBusy ? await start('write', server, mode) : undefined;
  const reapers = await Promise.all(Array.from({ length: processes }, () => start(way, server, mode)));
  const results = await Promise.all(
    reapers.map(async (reaper) => {
      reaper.send('go');
      const [result] = await once(reaper, 'message');
      return result;
    }),
  );
  for (const child of [...reapers, writer]) child?.kill();
  const seconds = Math.max(...results.map((result) => result.seconds));
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  return { perSecond: sum('fields') / seconds, attempts: sum('attempts'), aborted: sum('aborted') };
}

async function start(way, server, { seconds }) {
  const args = [way, server.url, HASHES, seconds].map(String);
  const child = fork(new URL('./reaping-worker.mjs', import.meta.url), args);
  await once(child, 'message');
  return child;
}

/** Fields that are all overdue: written with an hour to live, then moved into the past. */
async function fill(client) {
  await client.flushall();
  const volatile = new VolatileHashes(client, 'reaping', { backend: 'stolen' });
  const names = Array.from({ length: FIELDS }, (_, field) => `overdue:${field}`);
  for (let hash = 0; hash < HASHES; hash++) {
    for (let first = 0; first < FIELDS; first += 250) {
      const some = names.slice(first, first + 250).map((name) => [name, 'x']);
      await volatile.setMany(`h${hash}`, Object.fromEntries(some), { ttl: 3_600_000 });
    }
    const { due, index } = sharedOfHash(volatile, `h${hash}`);
    await client.zadd(due, ...names.flatMap((name, age) => [age + 1, name]));
    await client.zadd(index, 1, `h${hash}`);
  }
}
