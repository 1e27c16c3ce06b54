// What each thing that a process asks of Redis costs Redis: the time of its main thread (user and system, so reading from
// and writing to the socket counts), over so many of them on 50 connections with one command in flight on each, as the
// processes of a fleet would send them. The simulator multiplies it by how often a fleet of each size does so.
//
//   npm run -s simulate:costs > simulator/costs.json
import { Redis } from 'ioredis';
import { FleetParts, RedisLeases, RedisPaces, VolatileHashes } from '../bench/redis/library.mjs';
import { median } from '../bench/redis/median.mjs';
import { SimulatedProcess } from '../bench/redis/simulated-process.mjs';
import { slice } from '../bench/redis/slice.mjs';
import { startRedis } from '../../scripts/redis/index.mjs';

const CONNECTIONS = 50;
const ROUNDS = 3;
const HOUR = 3_600_000;
const LIMIT = 50;
const JOBS = 10;

const server = await startRedis();
const admin = new Redis(server.url);
const clients = Array.from({ length: CONNECTIONS }, () => new Redis(server.url));
const costs = {};
try {
  for (const [what, { count, prepare, act }] of Object.entries(cases())) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      await prepare?.(round);
      rounds.push(await measure(count, act, round));
    }
    costs[what] = Math.round(median(rounds) * 10) / 10;
  }
  const [, version] = /redis_version:(\S+)/.exec(await admin.info('server'));
  console.log(JSON.stringify({ unit: 'µs of the main thread of Redis', redis: version, costs }, null, 2));
} finally {
  for (const client of [admin, ...clients]) client.disconnect();
  await server.stop();
}

/** µs for each of `count` acts: those of one connection follow one another. */
async function measure(count, act, round) {
  const before = await mainThread();
  const share = count / CONNECTIONS;
  await Promise.all(
    clients.map(async (client, index) => {
      for (let turn = 0; turn < share; turn++) await act(client, round * count + index * share + turn, index);
    }),
  );
  return ((await mainThread()) - before) / count;
}

async function mainThread() {
  const info = await admin.info('cpu');
  const seconds = (kind) => Number(new RegExp(`used_cpu_${kind}_main_thread:([\\d.]+)`).exec(info)[1]);
  return (seconds('user') + seconds('sys')) * 1e6;
}

function cases() {
  const leases = clients.map((client) => new RedisLeases(client));
  const paces = clients.map((client) => new RedisPaces(client));
  const idle = clients.map((client) => new VolatileHashes(client, 'idle', { limit: LIMIT }));
  const full = clients.map((client) => new VolatileHashes(client, 'full', { limit: LIMIT }));
  const fleet = clients.map((client, index) => joined(client, new SimulatedProcess(index, JOBS)));
  const fields = Object.fromEntries(
    Array.from({ length: LIMIT }, (_, field) => [`field:${field}`, 'a value']),
  );
  return {
    get: { count: 20_000, act: (client) => client.get('a key') },
    leaseFree: { count: 10_000, act: (_, turn, index) => leases[index].acquire(`job:${turn}`, HOUR) },
    leaseHeld: { count: 20_000, act: (_, _turn, index) => leases[index].acquire('job:0', HOUR) },
    leaseTakenAndReleased: {
      count: 10_000,
      act: async (_, turn, index) => (await leases[index].acquire(`released:${turn}`, HOUR)).release(),
    },
    paceAsked: { count: 20_000, act: (_, _turn, index) => paces[index].take('job', 1000) },
    ordersLook: { count: 20_000, act: (_, _turn, index) => fleet[index].poller.poll() },
    publish: { count: 5000, act: (_, _turn, index) => fleet[index].publisher.publish() },
    idleSlice: { count: 20_000, act: (_, _turn, index) => idle[index].recruited(slice) },
    fullSlice: {
      count: 500,
      prepare: async () => {
        for (let hash = 0; hash < 500; hash++) await full[0].setMany(`hash:${hash}`, fields, { ttl: 1 });
        await new Promise((resolve) => setTimeout(resolve, 50));
      },
      act: async (_, _turn, index) => {
        const { done, limit } = await full[index].recruited(slice);
        if (done < limit) throw new Error(`A slice that was to be full did ${done} of ${limit}`);
      },
    },
  };
}

function joined(client, site) {
  const { FleetKeys, Log, Connectivity, OrdersStore, RunRequests, OrderPoller, Publisher } = FleetParts;
  const clock = { now: () => performance.now(), timestamp: () => Date.now(), after: () => () => {} };
  const keys = new FleetKeys('work-stealing');
  const log = new Log('bench');
  const connectivity = new Connectivity(clock);
  const store = new OrdersStore(client, keys, log);
  const requests = new RunRequests(client, keys, store, site, log);
  return {
    poller: new OrderPoller(store, requests, site, connectivity),
    publisher: new Publisher(client, keys, site, connectivity, 2000),
  };
}
