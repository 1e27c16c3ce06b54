/**
 * Overdue fields deleted a second by slices of VolatileHashes, against the textbook way: WATCH, look for 5 fields that
 * are due, MULTI, delete, EXEC, on a connection of its own. The same data, one after the other, in one run; alone, and
 * beside a writer that keeps setting fields of the same hashes.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { VolatileHashes } from '../../dist/redis/index.js';
import { startRedis } from '../../scripts/redis/index.mjs';
import { sharedOfHash } from './reaping-data.mjs';

const quick = process.argv.includes('--quick');
const HASHES = 40;
const FIELDS = quick ? 100 : 1000;

const server = await startRedis();
const client = new Redis(server.url);
try {
  console.log(
    '| processes | busy writer | ours, fields/s | WATCH/MULTI/EXEC, fields/s | ratio | attempts of theirs that aborted | of ours |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const [processes, isBusy] of [
    [1, false],
    [1, true],
    [8, false],
  ]) {
    const ours = await measure('slices', processes, isBusy);
    const theirs = await measure('watch', processes, isBusy);
    const cells = [
      processes,
      isBusy ? 'yes' : 'no',
      ours.perSecond.toFixed(0),
      theirs.perSecond.toFixed(0),
      `${(ours.perSecond / theirs.perSecond).toFixed(1)} x`,
      `${((100 * theirs.aborted) / theirs.attempts).toFixed(0)} %`,
      ours.aborted,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log(
    `\nLongest script at the largest limit (400 fields of 24 hashes or more): ${await longestScript()} µs`,
  );
} finally {
  client.disconnect();
  await server.stop();
}

async function measure(way, processes, isBusy) {
  await fill(HASHES, FIELDS);
  const writer = isBusy ? await start('write') : undefined;
  const reapers = await Promise.all(Array.from({ length: processes }, () => start(way)));
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

async function start(way) {
  const child = fork(new URL('./reaping-worker.mjs', import.meta.url), [way, server.url, String(HASHES)]);
  await once(child, 'message');
  return child;
}

/** Fields that are all overdue: written with an hour to live, then moved into the past. */
async function fill(hashes, fields) {
  await client.flushall();
  const volatile = new VolatileHashes(client, 'reaping', { backend: 'stolen' });
  for (let hash = 0; hash < hashes; hash++) {
    const names = Array.from({ length: fields }, (_, field) => `overdue:${field}`);
    for (let first = 0; first < fields; first += 250) {
      const some = names.slice(first, first + 250);
      await volatile.setMany(`h${hash}`, Object.fromEntries(some.map((name) => [name, 'x'])), {
        ttl: 3_600_000,
      });
    }
    const { due, index } = sharedOfHash(volatile, `h${hash}`);
    await client.zadd(due, ...names.flatMap((name, age) => [age + 1, name]));
    await client.zadd(index, 1, `h${hash}`);
  }
}

async function longestScript() {
  const volatile = new VolatileHashes(client, 'reaping', { backend: 'stolen', limit: 400, partitions: 16 });
  const slice = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };
  let longest = 0;
  for (let turn = 0; turn < 20; turn++) {
    await fill(40, 17);
    await client.config('RESETSTAT');
    await volatile.recruited(slice);
    const [, usec] = /cmdstat_evalsha:calls=\d+,usec=(\d+)/.exec(await client.info('commandstats')) ?? [];
    longest = Math.max(longest, Number(usec ?? 0));
  }
  return longest;
}
