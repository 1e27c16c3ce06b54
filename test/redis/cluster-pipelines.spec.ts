import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Cluster, Redis } from 'ioredis';
import { createFailFastCluster, WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { STEADY, untilReady, useRedisCluster } from '../support/redis.js';

jest.setTimeout(120_000);

const servers = useRedisCluster(STEADY);
const clients: (Cluster | Redis)[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

function kept<Client extends Cluster | Redis>(client: Client): Client {
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

const nodes = () => servers.nodes.map(({ host, port }) => ({ host, port }));
const own = () => new Cluster(nodes(), { enableOfflineQueue: false, clusterRetryStrategy: () => 50 });

/**
 * Sends pipelines and single commands while the connections of two of three masters are cut again and again, until `ms` are
 * over or a reply was that of another command; some ms pass between two cuts, in which the client connects again.
 */
async function mixes(client: Cluster, ms: number): Promise<boolean> {
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
  // By a client that waits: a busy machine may leave a node aside for longer than the other does.
  const writer = kept(new Cluster(nodes()));
  for (const key of keys) await writer.set(key, key);
  writer.disconnect();
  const masters = client.nodes('master').map(({ options: { port } }) => kept(new Redis(port!)));
  const end = performance.now() + ms;
  let isMixed = false;
  const isOver = () => isMixed || performance.now() > end;
  const read = async () => {
    for (let turn = 0; !isOver(); turn++) {
      const key = keys[turn % keys.length]!;
      // Where replies are mixed up some come only when more commands are sent.
      const reply = client.get(key).then(
        (value) => (isMixed ||= value !== key),
        () => undefined,
      );
      await Promise.race([reply, sleep(20)]);
      await sleep(1);
    }
  };
  const count = async () => {
    for (let turn = 0; !isOver(); turn++) {
      const pipeline = client.pipeline();
      for (let item = 0; item < 10; item++) pipeline.incr(`{t${turn % 50}}${item}`);
      await Promise.race([pipeline.exec().catch(() => undefined), sleep(20)]);
    }
  };
  const cut = async () => {
    for (let turn = 0; !isOver(); turn++) {
      const two = masters.filter((_, index) => index !== turn % masters.length);
      await Promise.all(two.map((master) => master.call('CLIENT', 'KILL', 'TYPE', 'normal')));
      await sleep(100);
    }
  };
  await Promise.all([read(), read(), read(), count(), count(), count(), count(), cut()]);
  return isMixed;
}

it('a client of createFailFastCluster() gives each command its own reply, whatever becomes of pipelines', async () => {
  const client = kept(createFailFastCluster(nodes()));
  await untilReady(client);
  expect(await mixes(client, 5000)).toBe(false);
  const duplicate = kept(client.duplicate());
  await untilReady(duplicate);
  expect(await mixes(duplicate, 3000)).toBe(false);
});

// When this fails, ioredis needs lib/redis/connection/whole-pipelines.ts no longer.
it('another client with enableOfflineQueue: false does not', async () => {
  const client = kept(own());
  await untilReady(client);
  expect(await mixes(client, 60_000)).toBe(true);
});

it.each([
  ['warns of', own, 1],
  ['has no complaint of one of createFailFastCluster(), against', () => createFailFastCluster(nodes()), 0],
  ['has no complaint of one that queues, against', () => new Cluster(nodes()), 0],
])('the module %s a client that may mix up replies', async (_what, made, count) => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const client = kept(made());
  await Test.createTestingModule({ imports: [WorkStealingRedisModule.forRoot({ client })] }).compile();
  const warnings = warn.mock.calls.filter(([message]) => /enableOfflineQueue: false/.test(String(message)));
  warn.mockRestore();
  expect(warnings).toHaveLength(count);
});
