import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import type { Job } from 'nestjs-work-stealing';
import {
  createFailFastCluster,
  QueueTracker,
  Rollup,
  StreamReaper,
  VolatileSet,
} from 'nestjs-work-stealing/redis';
import { setTimeout as pause } from 'node:timers/promises';
import { patient, setNodeTimeout, STEADY, untilReplicated, useRedisCluster } from '../support/redis.js';

const HOUR = 3_600_000;
const THEN = Math.floor(Date.now() / HOUR) * HOUR - 10 * HOUR;
const slice = { jobId: 'failover', signal: new AbortController().signal, timeRemaining: () => 50 };
const names = (count: number) => Array.from({ length: count }, (_, index) => `item:${index}`);

describe('Jobs when a master of the Cluster is killed between their slices and in the middle of them', () => {
  let client: Cluster;
  // Hooks run in their order: the client goes before its servers.
  afterAll(() => client.disconnect());
  const cluster = useRedisCluster(STEADY);
  let name = '';

  beforeAll(async () => {
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    // Slow machines answer slowly: only what fails at once should fail.
    client = createFailFastCluster(nodes, { redisOptions: { commandTimeout: 1000 } });
    client.on('error', () => undefined);
    await untilDone(async () => (await client.ping()) === 'PONG');
    name = await nameOn(cluster.nodes[0]!.port);
  }, 120_000);

  /** A name whose keys are on that node. */
  async function nameOn(port: number): Promise<string> {
    const node = new Redis(port);
    try {
      for (let turn = 0; ; turn++) {
        const key = `{queue${turn}}`;
        const isThere = await node.exists(key).then(
          () => true,
          () => false,
        );
        if (isThere) return key.slice(1, -1);
      }
    } finally {
      node.disconnect();
    }
  }

  async function untilDone(isDone: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 90_000;
    for (;;) {
      // While a master is away, questions fail as slices do.
      if (await isDone().catch(() => false)) return;
      if (performance.now() > deadline) throw new Error('The jobs are not done after 90 s');
      await pause(10);
    }
  }

  it('does the work that was known before, once where that is promised', async () => {
    const items = names(120);
    const handled = new Set<string>();
    const tracker = new QueueTracker(client, name, {
      limit: 5,
      nextQueued: (after, limit) => {
        const first = after === null ? 0 : Number(after);
        return {
          ids: items.slice(first, first + limit),
          next: first + limit < 120 ? `${first + limit}` : null,
        };
      },
      stillQueued: (ids) => ids.filter((id) => items.includes(id)),
    });
    const rollup = new Rollup(client, 'failover', { partitions: 8, limit: 5 });
    const set = new VolatileSet(client, 'failover', { partitions: 8, limit: 5 });
    const reaper = new StreamReaper(client, `{${name}}:stream`, {
      group: 'g',
      idle: 200,
      limit: 5,
      maxDeliveries: 1000,
      handler: ({ id }) => void handled.add(id),
    });

    // By a client that waits: a busy machine may leave a node aside for longer than the jobs do.
    const writer = patient(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))));
    const written = new Rollup(writer, 'failover', { partitions: 8 });
    for (const item of items) await written.add(item, 3, THEN);
    const members = new VolatileSet(writer, 'failover', { partitions: 8 });
    await members.add(names(200).slice(100), { ttl: HOUR });
    await members.add(items.slice(0, 100), { ttl: 1 });
    await writer.xgroup('CREATE', `{${name}}:stream`, 'g', '$', 'MKSTREAM');
    const ids = await Promise.all(items.map((item) => writer.xadd(`{${name}}:stream`, '*', 'item', item)));
    await writer.xreadgroup('GROUP', 'g', 'dead', 'STREAMS', `{${name}}:stream`, '>');
    // What is acknowledged and not replicated yet may be lost by a failover, whatever a job does.
    writer.disconnect();
    await untilReplicated(cluster.nodes.slice(0, 3));
    await setNodeTimeout(cluster.nodes, 1000);

    let isOver = false;
    let failures = 0;
    const work = async (job: Job) => {
      while (!isOver) {
        await Promise.resolve(job.recruited(slice)).catch(() => failures++);
        await pause(5);
      }
    };
    const jobs = [tracker, rollup, set, reaper, tracker, rollup, set, reaper];
    const working = jobs.map(work);
    try {
      await untilDone(async () => (await tracker.size()) > 20 && handled.size > 0);
      cluster.nodes[0]!.kill('SIGKILL');
      await untilDone(async () => (await rollup.pending()) === 0);
      let totals: number[] = [];
      await untilDone(async () => {
        totals = await Promise.all(items.map((item) => rollup.total(item, THEN, THEN + HOUR)));
        return true;
      });
      expect(totals).toEqual(items.map(() => 3));
      await untilDone(async () => (await tracker.areQueued(items)).every(Boolean));
      await untilDone(async () => (await set.oldestOverdue()) === 0);
      let left: string[] = [];
      await untilDone(async () => {
        left = await set.members();
        return true;
      });
      expect(left.toSorted()).toEqual(names(200).slice(100).toSorted());
      await untilDone(async () => (await client.xpending(`{${name}}:stream`, 'g'))[0] === 0);
      expect([...handled].toSorted()).toEqual(ids.map(String).toSorted());
      expect(failures).toBeGreaterThan(0);
    } finally {
      isOver = true;
      await Promise.all(working);
    }
  }, 240_000);
});
