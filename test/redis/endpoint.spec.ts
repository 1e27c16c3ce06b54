import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { WorkStealingConfigError } from 'nestjs-work-stealing';
import { EarlyRefreshCache } from 'nestjs-work-stealing/cache';
import {
  createFailFastRedis,
  RedisLeases,
  Rollup,
  VolatileSet,
  WorkStealingRedisModule,
} from 'nestjs-work-stealing/redis';
import { PATIENCE_OF_CALLS, patient, untilReady, useRedis } from '../support/redis.js';

beforeAll(() => Logger.overrideLogger(false));

const clients: Redis[] = [];
const endpoints: Server[] = [];
afterEach(() => {
  clients.splice(0).forEach((client) => client.disconnect());
  endpoints.splice(0).forEach((endpoint) => endpoint.close());
});

function kept(client: Redis): Redis {
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

/**
 * One address before a server, as a name, proxy or load balancer is: `lead` leads new connections elsewhere, and `lose` has
 * those that there are pass nothing any more, and not end, as when the host behind them has lost its power.
 */
async function endpointBefore(port: number, rewrite: (reply: string) => string = (reply) => reply) {
  let target = port;
  let connections = 0;
  let firstOpen = 1;
  const server = createServer((socket) => {
    const upstream = connect(target, '127.0.0.1');
    const number = ++connections;
    const isLost = () => number < firstOpen;
    socket.on('data', (data) => isLost() || upstream.write(data));
    upstream.on('data', (data) => isLost() || socket.write(rewrite(data.toString('latin1')), 'latin1'));
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoints.push(server);
  return {
    port: (server.address() as AddressInfo).port,
    lead: (to: number) => (target = to),
    lose: () => (firstOpen = connections + 1),
  };
}

/** Patience enough for a machine that leaves a process aside for seconds, again and again. */
async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + 40_000;
  while (performance.now() < end) {
    if (await isSo().catch(() => false)) return true;
    await sleep(20);
  }
  return false;
}

/** As Redis 6.2 says that a script failed. */
const asRedis62 = (reply: string) =>
  reply.replaceAll(
    /-READONLY You can't write against a read only replica\.[^\r]*script[^\r]*/g,
    "-ERR Error running script (call to f_0123): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica. ",
  );

describe.each([
  ['says READONLY', (reply: string) => reply],
  ['says READONLY within the error of a script, as Redis 6.2 does', asRedis62],
])('Behind one endpoint, when the primary has become a replica that %s', (_what, rewrite) => {
  const first = useRedis({ args: ['--repl-diskless-sync-delay', '0'] });
  const second = useRedis({ args: ['--repl-diskless-sync-delay', '0'] });

  it('a client that fails fast finds the new primary, and sends nothing twice', async () => {
    const a = kept(new Redis(first.port));
    const b = kept(new Redis(second.port));
    await b.replicaof('127.0.0.1', first.port);
    await until(async () => /master_link_status:up/.test(await b.info('replication')));
    const endpoint = await endpointBefore(first.port, rewrite);
    const client = kept(createFailFastRedis(`redis://127.0.0.1:${endpoint.port}`));
    await until(() => Promise.resolve(client.status === 'ready'));
    const rollup = new Rollup(client, 'r', { partitions: 1 });
    let turn = 0;
    const writes = {
      lease: async () => (await new RedisLeases(client).acquire(`job ${turn++}`, 1000, 500)) !== undefined,
      set: async () => (await new VolatileSet(client, 's').add(`${turn++}`)) === 1,
      cache: () => new EarlyRefreshCache(client, 'c').set('k', 1, { ttl: 60_000 }),
    };
    for (const write of Object.values(writes)) expect(await until(write)).toBe(true);
    await b.replicaof('NO', 'ONE');
    endpoint.lead(second.port);
    await a.replicaof('127.0.0.1', second.port);
    const at = Date.now();
    const counted = await rollup.add('film', 1, at).then(
      () => 1,
      () => 0,
    );
    for (const write of Object.values(writes)) expect(await until(write)).toBe(true);
    // By a client that waits for the new primary, though it is busy.
    expect(await new Rollup(patient(b), 'r', { partitions: 1 }).total('film', at, at + 1)).toBe(counted);
  }, 120_000);
});

describe('Behind one endpoint, when the host of the primary is lost and its connections stay open', () => {
  const first = useRedis();
  const second = useRedis();

  it('a client that fails fast finds the new primary within seconds', async () => {
    const endpoint = await endpointBefore(first.port);
    const client = kept(createFailFastRedis(`redis://127.0.0.1:${endpoint.port}`));
    await until(() => Promise.resolve(client.status === 'ready'));
    const leases = new RedisLeases(client);
    let turn = 0;
    const acquired = async () => (await leases.acquire(`job ${turn++}`, 1000, 500)) !== undefined;
    expect(await until(acquired)).toBe(true);
    endpoint.lead(second.port);
    endpoint.lose();
    await expect(acquired()).rejects.toThrow(/did not answer within 500 ms/);
    expect(await until(acquired)).toBe(true);
    expect(client.status).toBe('ready');
  }, 120_000);
});

describe('While an application starts', () => {
  const server = useRedis();

  it('a client that fails fast connects at the first attempt, though the event loop is busy for half a second', async () => {
    let errors: Error[] = [];
    let took = Infinity;
    // An attempt has two seconds, which are over where this process or the server is left aside for so long.
    for (let turn = 0; turn < 5 && took > 1900; turn++) {
      const seen: Error[] = (errors = []);
      const begun = performance.now();
      const client = kept(createFailFastRedis(server.url));
      client.on('error', (error) => seen.push(error));
      // The socket is made and begins to connect.
      await sleep(0);
      const end = performance.now() + 500;
      while (performance.now() < end);
      await untilReady(client);
      if (seen.length === 0) break;
      took = performance.now() - begun;
    }
    expect(errors).toEqual([]);
  });
});

describe('Two WorkStealingRedisModule', () => {
  const server = useRedis();

  it('with different options are refused before anything is connected', async () => {
    const own = { url: server.url, fleet: false } as const;
    @Module({ imports: [WorkStealingRedisModule.forRoot({ ...own, prefix: 'two' })] })
    class Feature {}
    const made = Test.createTestingModule({ imports: [WorkStealingRedisModule.forRoot(own), Feature] });
    const error = await made.compile().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect(String(error)).toMatch(/WorkStealingRedisModule is imported 2 times with different options/);
    expect(String(error)).toMatch(/docs\/redis\/two-servers\.md/);
  });

  it('has an option for how long calls wait, which it checks', async () => {
    const wrong = Test.createTestingModule({
      imports: [WorkStealingRedisModule.forRoot({ url: server.url, commandTimeout: 0 })],
    });
    await expect(wrong.compile()).rejects.toThrow(/commandTimeout is 0; expected milliseconds from 1/);
  });
});

describe('After Redis has hung', () => {
  const server = useRedis();

  it('no call waits for a lease that was granted to a look which nobody waited for', async () => {
    const client = kept(createFailFastRedis(server.url, { commandTimeout: 100 }));
    await until(() => Promise.resolve(client.status === 'ready'));
    const cache = new EarlyRefreshCache(client, 'hung', { patience: 50, lease: 60_000, wait: 20_000 });
    const other = new EarlyRefreshCache(kept(new Redis(server.url)), 'hung', { wait: 20_000 });
    expect(await cache.get('warm', () => 1, { ttl: 60_000 })).toBe(1);
    server.kill('SIGSTOP');
    expect(await cache.get('k', () => 'alone', { ttl: 60_000 })).toBe('alone');
    await sleep(300);
    server.kill('SIGCONT');
    const begun = performance.now();
    expect(await other.get('k', () => 'computed', { ttl: 60_000 })).toBe('computed');
    // It would wait for as long as `wait` says; a busy machine takes seconds.
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  it('a lease that was granted too late is ended', async () => {
    const leases = new RedisLeases(kept(new Redis(server.url)), 'hung');
    await leases.acquire('warm', 60_000, PATIENCE_OF_CALLS);
    server.kill('SIGSTOP');
    await expect(leases.acquire('job', 60_000, 50)).rejects.toThrow(/did not answer within 50 ms/);
    server.kill('SIGCONT');
    let lease = await leases.acquire('job', 60_000, PATIENCE_OF_CALLS);
    for (let turn = 0; lease === undefined && turn < 20; turn++) {
      await sleep(20);
      lease = await leases.acquire('job', 60_000, PATIENCE_OF_CALLS);
    }
    expect(lease).toBeDefined();
  });
});
