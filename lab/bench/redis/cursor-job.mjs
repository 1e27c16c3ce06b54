/**
 * Items a second of a CursorJob by 1 to 8 processes, in batches of 100, and what its coordination costs Redis: the time
 * of its scripts, by the server's own statistics, as a share of the time of all commands, and of the time that passed.
 * Bare, the items cost nothing, so the job does nothing but coordinate; the other way each item is one SET.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { percent, times, whole } from './table.mjs';

const PROCESSES = [1, 2, 4, 8];
const BATCH = 100;
const WORKS = [
  { work: 'none', what: 'items that cost nothing' },
  { work: 'set', what: 'items that are one SET each' },
  { work: 'wait', what: 'batches that take 5 ms elsewhere' },
];

export async function rows(mode) {
  const server = await startRedis();
  const client = new Redis(server.url);
  try {
    const found = [];
    for (const { work, what } of WORKS) found.push(...(await compare({ server, client, mode, work, what })));
    return found;
  } finally {
    client.disconnect();
    await server.stop();
  }
}

/** Rows of one kind of work: how it speeds up with processes, and what the coordination took. */
async function compare({ what, ...context }) {
  const found = [];
  let alone;
  for (const processes of PROCESSES) {
    const measured = await measure({ ...context, processes });
    alone ??= measured.perSecond;
    found.push({
      what: `CursorJob, ${what}: items a second, ${processes} ${processes === 1 ? 'process' : 'processes against 1'}`,
      ours: whole(measured.perSecond),
      ...(processes > 1 && { against: whole(alone), ratio: times(measured.perSecond / alone) }),
    });
    found.push(...shares(what, processes, measured, context.work));
  }
  return found;
}

function shares(what, processes, { ofCommands, ofTime, microseconds }, work) {
  const isOfCommands = work === 'set';
  const share = isOfCommands ? ofCommands : ofTime;
  return [
    {
      what: `the same: coordination, ${microseconds.toFixed(0)} µs a batch, as a share of the ${isOfCommands ? 'time of all commands' : 'time that passed'}`,
      ours: percent(share),
      // Where the items cost nothing there is only coordination: nothing to be a small share of.
      ...(work !== 'none' && { reach: 'under 5 %', reached: share < 0.05 }),
    },
  ];
}

async function measure({ server, client, mode, work, processes }) {
  await client.flushall();
  // Work takes minutes with a million items, and shares say the same with fewer.
  const items = work === 'none' ? mode.items : mode.items / 10;
  const args = [server.url, items, BATCH, work].map(String);
  const workers = await Promise.all(
    Array.from({ length: processes }, async () => {
      const worker = fork(new URL('./cursor-job-worker.mjs', import.meta.url), args);
      await once(worker, 'message');
      return worker;
    }),
  );
  await client.config('RESETSTAT');
  const begun = performance.now();
  const counts = await Promise.all(
    workers.map(async (worker) => {
      worker.send('go');
      const [count] = await once(worker, 'message');
      return count;
    }),
  );
  const ms = performance.now() - begun;
  const usecs = await timesOf(client);
  const done = counts.reduce((sum, count) => sum + count, 0);
  if (done !== items) throw new Error(`${done} items were done of ${items}`);
  const coordination = usecs.get('evalsha') ?? 0;
  // Commands of scripts count twice, in theirs too; SET is none of them.
  const all = coordination + (usecs.get('set') ?? 0);
  return {
    perSecond: (items / ms) * 1000,
    ofCommands: coordination / all,
    ofTime: coordination / 1000 / ms,
    microseconds: coordination / (items / BATCH),
  };
}

async function timesOf(client) {
  const stats = (await client.info('commandstats')).matchAll(/cmdstat_([a-z|]+):calls=\d+,usec=(\d+)/g);
  return new Map([...stats].map(([, name, usec]) => [name, Number(usec)]));
}
