/** Age of the oldest waiting item in fleets of 1, 2 and 4 processes at 1, 10 and 100 requests/s, all cells at once. */
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../measure/statistics.mjs';
import { Fleet } from './fleet.mjs';
import { Queues } from './queues.mjs';
import { WAYS } from './ways.mjs';

const SIZES = [1, 2, 4];
const TRAFFIC = [1, 10, 100];
/** Queues of each way: four times as many looks in the same time. */
const QUEUES = 4;
const TICK = 1000;
/** Until the processes have counted each other, and back-off has found its level: ms. */
const WARM_UP = 150_000;
/** Items that fall due, by request and by second in all: those of the simulated small fleets. */
const ITEMS = { perRequest: 0.05, perSecond: 0.05 };
const WORK = { limit: 50, io: 5, loop: 0.02 };

export async function measureAges(server, minutes) {
  const redis = new Redis(server.url);
  const cells = SIZES.flatMap((processes) => TRAFFIC.map((traffic) => ({ processes, traffic })));
  try {
    for (const cell of cells) await begin(cell, server, redis);
    const ms = minutes * 60_000;
    const serving = cells.map(({ fleet, traffic }) => fleet.serve(traffic, WARM_UP + ms));
    await play(cells, WARM_UP);
    for (const { queues } of cells) queues.forget();
    const [before, begun] = [await told(cells), performance.now()];
    await play(cells, ms);
    const after = await told(cells);
    const cores = (sum(after, 'cpu') - sum(before, 'cpu')) / (performance.now() - begun);
    await Promise.all(serving);
    const rows = cells.map(({ processes, traffic, queues }, index) => ({
      processes,
      traffic,
      ways: agesOf(queues),
      loaded: after[index].loaded - before[index].loaded,
    }));
    return { rows, cores };
  } finally {
    await Promise.all(cells.map(({ fleet }) => fleet?.stop()));
    redis.disconnect();
  }
}

async function begin(cell, { url }, redis) {
  const { processes, traffic } = cell;
  const prefix = `cell-${processes}-${traffic}`;
  const config = { url, prefix, ways: WAYS, queues: QUEUES, period: 60_000, ...WORK };
  cell.fleet = await Fleet.start(processes, config);
  cell.queues = new Queues(redis, prefix, WAYS, QUEUES);
}

async function play(cells, ms) {
  const begun = performance.now();
  for (let tick = 1; tick * TICK <= ms; tick++) {
    for (const { queues, traffic } of cells) {
      await queues.look();
      await queues.add(((ITEMS.perRequest * traffic + ITEMS.perSecond) * TICK) / 1000);
    }
    await sleep(Math.max(0, begun + tick * TICK - performance.now()));
  }
}

function told(cells) {
  return Promise.all(cells.map(({ fleet }) => fleet.tell()));
}

function sum(reports, what) {
  return reports.reduce((total, report) => total + report[what], 0);
}

/** By way: p50, p99 and the greatest, in seconds. */
function agesOf({ ages }) {
  return WAYS.map((way) => [0.5, 0.99, 1].map((share) => quantile(ages.get(way), share) / 1000));
}
