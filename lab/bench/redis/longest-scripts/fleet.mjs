import { randomUUID } from 'node:crypto';
import { FleetParts, runScript } from '../library.mjs';
import { SimulatedProcess } from '../simulated-process.mjs';

const BASE = 'work-stealing:{fleet}:f1:';
const key = (name) => BASE + name;
const PUBLISHED = ['due', 'processes', 'jobs', 'errors', 'orders'].map(key);
const LIFE = 3_600_000;
const PROCESSES = 1000;
const ORDERS = 1000;
const ASKED_AFTER = Array.from({ length: 20 }, (_, job) => [`job ${job}`, 1]).flat();

/** A fleet of 1,000 processes with 200 jobs each, and as many orders as there may be. */
export async function* cases(client) {
  const heartbeats = Array.from({ length: PROCESSES }, (_, index) =>
    heartbeatOf(new SimulatedProcess(index, 200)),
  );
  const publish = ([id, facts, jobs], ...errors) =>
    runScript(client, 'fleet-publish', PUBLISHED, [
      id,
      LIFE,
      facts,
      1,
      jobs,
      errors.length / 2,
      ...errors,
      ...ASKED_AFTER,
    ]);
  for (const heartbeat of heartbeats) await publish(heartbeat);
  const error = `1:${JSON.stringify({ message: 'm'.repeat(1000), stack: 's'.repeat(4000) })}`;
  yield {
    scripts: ['fleet-publish'],
    what: 'a process of 200 jobs and 20 errors among 1,000, of which 50 are struck off; 20 errors asked after',
    prepare: async (turn) => {
      for (const [id] of heartbeats.slice(0, 50)) await client.zadd(key('due'), 1, id);
      await client.hset(key('errors'), `job ${turn}`, error);
    },
    act: (turn) => publish(heartbeats[60 + turn], ...errorsOf(turn)),
  };
  for (const heartbeat of heartbeats) await publish(heartbeat);
  yield {
    scripts: ['fleet-read'],
    what: '150 of 1,000 processes',
    act: () => runScript(client, 'fleet-read', PUBLISHED.slice(0, 2), ['0', 150]),
  };
  const field = (order) => [`rate:["default","job ${order}"]`, '1:{"rate":0.001,"by":"somebody"}'];
  const orders = Array.from({ length: ORDERS }, (_, order) => field(order)).flat();
  yield {
    scripts: ['fleet-restore'],
    what: '1,000 orders, once after Redis has lost them',
    prepare: () => client.del(key('orders')),
    act: () => runScript(client, 'fleet-restore', [key('orders')], [1, 'channel', ...orders]),
  };
  yield {
    scripts: ['fleet-change'],
    what: 'one of 1,000 orders',
    act: async () => {
      const revision = await client.hget(key('orders'), 'revision');
      const args = [revision, field(0)[0], '{"rate":0.002}', '{}', 'channel', ORDERS, 500];
      await runScript(client, 'fleet-change', [key('orders'), key('audit')], args);
    },
  };
  yield* runs(client);
}

async function* runs(client) {
  const wait = async (count) => {
    await client.del(key('runs'));
    for (let run = 0; run < count; run++)
      await client.hset(key('runs'), randomUUID(), '9999999999999:["default","job"]');
    await client.hset(key('runs'), 'ours', '9999999999999:["default","job"]');
  };
  yield {
    scripts: ['fleet-run-once'],
    what: 'one more beside 99',
    prepare: () => wait(98),
    act: () =>
      runScript(client, 'fleet-run-once', ['orders', 'runs', 'audit'].map(key), [
        randomUUID(),
        '["default","job"]',
        10_000,
        '{}',
        'channel',
        100,
        500,
      ]),
  };
  yield {
    scripts: ['fleet-claim'],
    what: 'one of 100',
    prepare: () => wait(99),
    act: () => runScript(client, 'fleet-claim', [key('runs')], ['ours']),
  };
  yield {
    scripts: ['fleet-give-back'],
    what: 'one of 100',
    act: () =>
      runScript(client, 'fleet-give-back', [key('runs')], ['ours', '9999999999999:["default","job"]']),
  };
}

function heartbeatOf(process) {
  const report = process.report();
  return [process.id, FleetParts.writeHeartbeat(report), FleetParts.pack(FleetParts.writeJobs(report.jobs))];
}

function errorsOf(turn) {
  const error = `${turn + 2}:${JSON.stringify({ message: 'm'.repeat(1000), stack: 's'.repeat(4000) })}`;
  return Array.from({ length: 20 }, (_, job) => [`job ${job}`, error]).flat();
}
