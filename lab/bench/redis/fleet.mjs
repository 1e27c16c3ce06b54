/**
 * What the fleet view costs Redis with 1,000 processes: they are simulated, in this process and on one connection, but
 * each has the library's own publisher and poller, with their own timers. One job in ten did something since the last
 * time; the counters are those of a process that has run for a day.
 */
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { FleetParts } from './library.mjs';
import { median } from './median.mjs';
import { SimulatedProcess } from './simulated-process.mjs';
import { percent, whole } from './table.mjs';

const PROCESSES = 1000;
const JOBS = [10, 200];
const INTERVAL = 2000;
/** Until all have noticed how many they are, and have slowed down. */
const SETTLING = 6000;
const READS = 5;

export async function rows({ scale, seconds }) {
  const found = [];
  for (const jobs of JOBS) found.push(...(await measure(PROCESSES * scale, jobs, seconds * 4000)));
  return found;
}

async function measure(processes, jobs, duration) {
  const server = await startRedis();
  const [client, admin] = [new Redis(server.url), new Redis(server.url)];
  const fleet = Array.from({ length: processes }, (_, index) =>
    join(client, new SimulatedProcess(index, jobs)),
  );
  try {
    const empty = await usedMemory(admin);
    for (const { publisher, poller } of fleet) {
      publisher.start();
      poller.start();
      await pause(2);
    }
    await pause(SETTLING);
    const before = await statistics(admin);
    await pause(duration);
    const after = await statistics(admin);
    const memory = (await usedMemory(admin)) - empty;
    const read = await readAll(client, admin);
    return [
      ...writing(processes, jobs, difference(before, after)),
      ...holding(processes, jobs, memory, await admin.dbsize(), read),
    ];
  } finally {
    for (const { poller } of fleet) poller.stop();
    await Promise.all(fleet.map(({ publisher }) => publisher.stop()));
    client.disconnect();
    admin.disconnect();
    await server.stop();
  }
}

function join(client, site) {
  const { FleetKeys, Log, Connectivity, OrdersStore, RunRequests, OrderPoller, Publisher } = FleetParts;
  const keys = new FleetKeys('work-stealing');
  const log = new Log('bench');
  const connectivity = new Connectivity(clock);
  const store = new OrdersStore(client, keys, log);
  const requests = new RunRequests(client, keys, store, site, log);
  return {
    poller: new OrderPoller(store, requests, site, connectivity),
    publisher: new Publisher(client, keys, site, connectivity, INTERVAL),
  };
}

/** One snapshot of all of it, as `FleetService.jobs()` takes it. */
async function readAll(client, admin) {
  const { FleetKeys, Log, Connectivity, FleetReader, FleetSum } = FleetParts;
  const connectivity = new Connectivity(clock);
  const reader = new FleetReader(client, new FleetKeys('work-stealing'), connectivity, new Log('bench'));
  const took = [];
  const bytes = [];
  for (let read = 0; read < READS; read++) {
    const before = await statistics(admin);
    const begun = performance.now();
    const sum = new FleetSum();
    for await (const reports of reader.reports()) for (const report of reports) sum.add(report);
    took.push(performance.now() - begun);
    bytes.push(difference(before, await statistics(admin)).output);
  }
  return { took: median(took), bytes: median(bytes) };
}

function writing(processes, jobs, { commands, input, busy, elapsed }) {
  const what = `fleet view, ${whole(processes)} processes of ${jobs} jobs:`;
  const perSecond = (amount) => whole((amount * 1000) / elapsed);
  return [
    { what: `${what} commands a second`, ours: perSecond(commands) },
    { what: `${what} kB a second that Redis is told`, ours: perSecond(input / 1000) },
    { what: `${what} share of Redis's time`, ours: percent(busy / elapsed) },
  ];
}

function holding(processes, jobs, memory, keys, { took, bytes }) {
  const what = `fleet view, ${whole(processes)} processes of ${jobs} jobs:`;
  return [
    { what: `${what} kB of memory, in ${keys} keys`, ours: whole(memory / 1000) },
    { what: `${what} ms for one look at all of it, while they go on`, ours: whole(took) },
    { what: `${what} kB for that look and what goes on meanwhile`, ours: whole(bytes / 1000) },
  ];
}

async function statistics(client) {
  const stats = await client.info('stats');
  const number = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(stats)[1]);
  const spent = [...(await client.info('commandstats')).matchAll(/^cmdstat_(?!info)\S*?:.*usec=(\d+)/gm)];
  return {
    at: performance.now(),
    commands: number('total_commands_processed'),
    input: number('total_net_input_bytes'),
    output: number('total_net_output_bytes'),
    // EVALSHA counts what its script calls as well.
    busy:
      spent
        .filter(([line]) => /^cmdstat_(evalsha|eval|hget|hmget|hgetall):/.test(line))
        .reduce((sum, [, usec]) => sum + Number(usec), 0) / 1000,
  };
}

function difference(before, after) {
  const of = (name) => after[name] - before[name];
  return {
    elapsed: of('at'),
    commands: of('commands'),
    input: of('input'),
    output: of('output'),
    busy: of('busy'),
  };
}

async function usedMemory(client) {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]);
}

const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));
const clock = {
  now: () => performance.now(),
  after: callLater,
  timestamp: () => Date.now(),
};

function callLater(ms, callback) {
  const timer = setTimeout(() => callback(), ms);
  return () => clearTimeout(timer);
}
