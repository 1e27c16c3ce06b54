import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, Logger, Module, type LoggerService } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Cluster, Redis } from 'ioredis';
import { WorkStealingConfigError } from 'nestjs-work-stealing';
import {
  createFailFastCluster,
  createFailFastRedis,
  InjectWorkStealingRedis,
  RedisUnavailableError,
  VolatileHashes,
  VolatileSet,
  WorkStealingRedis,
  WorkStealingRedisModule,
  type WorkStealingRedisOptions,
} from 'nestjs-work-stealing/redis';
import {
  setNodeTimeout,
  STEADY,
  untilReady,
  untilReplicated,
  useRedis,
  useRedisCluster,
} from '../support/redis.js';

let app: TestingModule | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(options: WorkStealingRedisOptions): Promise<WorkStealingRedis> {
  app = await Test.createTestingModule({ imports: [WorkStealingRedisModule.forRoot(options)] }).compile();
  await app.init();
  return app.get(WorkStealingRedis);
}

/** Fails fast, though not on a machine that is busy with other tests. */
function patientRedis(url: string): Redis {
  return createFailFastRedis(url, { commandTimeout: 20_000, connectTimeout: 20_000 });
}

/** Closes the application, which waits for the client to end: for a second, which a busy machine may exceed. */
async function closeWith(client: Redis | Cluster): Promise<void> {
  const begun = performance.now();
  await app?.close();
  if (performance.now() - begun < 990) expect(client.status).toBe('end');
  while (client.status !== 'end') await sleep(5);
}

describe('WorkStealingRedisModule', () => {
  const server = useRedis();

  it('makes a client of a URL, provides it everywhere, and closes it after all other shutdown hooks', async () => {
    const statuses: string[] = [];
    @Injectable()
    class User {
      constructor(@InjectWorkStealingRedis() readonly redis: WorkStealingRedis) {}

      onModuleDestroy = () => void statuses.push(this.redis.client.status);
      onApplicationShutdown = () => void statuses.push(this.redis.client.status);
    }
    @Module({ providers: [User] })
    class Users {}
    app = await Test.createTestingModule({
      imports: [WorkStealingRedisModule.forRoot({ url: server.url, prefix: 'shop' }), Users],
    }).compile();
    await app.init();
    const { redis } = app.get(User);
    await untilReady(redis.client);
    expect(new VolatileHashes(redis, 'profile', { partitions: 1 }).key('a')).toBe(
      'shop:{profile:0}:vh1:hash:a',
    );
    await closeWith(redis.client);
    expect(statuses).toEqual(['ready', 'ready']);
    expect(redis.client.status).toBe('end');
  });

  it('does not close a client that it was given, nor leave a listener on it', async () => {
    const client = new Redis(server.url);
    client.on('error', () => {});
    const redis = await start({ client });
    expect(redis.client).toBe(client);
    expect(redis.prefix).toBe('work-stealing');
    await app?.close();
    expect(client.listenerCount('error')).toBe(1);
    expect(await client.ping()).toBe('PONG');
    await client.quit();
  });

  it('closes what a factory has made, and takes its options from a factory as well', async () => {
    app = await Test.createTestingModule({
      imports: [
        WorkStealingRedisModule.forRootAsync({
          useFactory: () => ({ factory: () => Promise.resolve(new Redis(server.url)) }),
        }),
      ],
    }).compile();
    await app.init();
    const { client } = app.get(WorkStealingRedis);
    await client.ping();
    await closeWith(client);
    expect(client.status).toBe('end');
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', {}, /one of client, url and factory is needed; none is given/],
    ['two at once', { url: 'redis://h', factory: () => null }, /url and factory are given/],
    ['what is no client', { client: {} }, /client is {}; expected a client of ioredis/],
    ['a URL of something else', { url: 'http://h' }, /url is 'http:\/\/h'; expected a URL such as redis:/],
    ['a factory that is none', { factory: 5 }, /factory is 5/],
    ['a prefix with braces', { url: 'redis://h', prefix: 'a{b}' }, /prefix is 'a{b}'/],
    ['an empty prefix', { url: 'redis://h', prefix: '' }, /prefix is ''/],
    ['a fleet that is no object', { url: 'redis://h', fleet: true }, /fleet is true; expected false or/],
    [
      'an unknown option of the fleet',
      { url: 'redis://h', fleet: { every: 1 } },
      /unknown option of fleet: 'every'/,
    ],
    [
      'an interval below 250 ms',
      { url: 'redis://h', fleet: { interval: 100 } },
      /fleet.interval is 100; expected/,
    ],
    ['a version that is none', { url: 'redis://h', fleet: { version: '' } }, /fleet.version is ''; expected/],
    ['a factory that makes nothing', { factory: () => undefined }, /factory returned undefined/],
  ])('refuses %s', async (_what, options, message) => {
    const error = await start(options as WorkStealingRedisOptions).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect(String(error)).toMatch(message);
  });

  it('logs once that a connection fails, however long it does, and that it is there again', async () => {
    const logger = { log: jest.fn(), error: jest.fn(), warn: jest.fn() } satisfies LoggerService;
    const client = new Redis({ lazyConnect: true });
    const redis = await start({ client });
    Logger.overrideLogger(logger);
    const refused = (port: number) =>
      Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' });
    for (const port of [1, 2, 1]) client.emit('error', refused(port));
    for (const left of ['50 ms', '100 ms']) client.emit('error', new Error(`Nobody answers for ${left}`));
    client.emit('ready');
    client.emit('ready');
    client.emit('error', refused(3));
    Logger.overrideLogger(false);
    expect(redis.client).toBe(client);
    expect(logger.error.mock.calls.map(([line]) => String(line).replace(/.*: /, ''))).toEqual([
      'connect ECONNREFUSED 127.0.0.1:1',
      'Nobody answers for 50 ms',
      'connect ECONNREFUSED 127.0.0.1:3',
    ]);
    expect(logger.log.mock.calls).toEqual([['Redis can be reached again.', 'WorkStealingRedis']]);
  });

  it('has connected before other providers are set up', async () => {
    const pongs: string[] = [];
    @Injectable()
    class User {
      constructor(private readonly redis: WorkStealingRedis) {}

      async onModuleInit(): Promise<void> {
        pongs.push(await this.redis.client.ping());
      }
    }
    const begins = async () => {
      app = await Test.createTestingModule({
        imports: [WorkStealingRedisModule.forRoot({ factory: () => patientRedis(server.url) })],
        providers: [User],
      }).compile();
      await app.init();
    };
    for (let isTimeOver = true; isTimeOver && pongs.length === 0;) {
      const begun = performance.now();
      const failed = await begins().catch((error: unknown) => error);
      // It waits a second for the server; a machine that was busy for so long has it tried again.
      isTimeOver = performance.now() - begun >= 990;
      if (failed !== undefined && !isTimeOver) throw failed;
      if (failed !== undefined) await app?.close().catch(() => undefined);
    }
    expect(pongs).toEqual(['PONG']);
  });

  it('does not wait again and again for a server that stays away', async () => {
    Logger.overrideLogger(false);
    const client = createFailFastRedis('redis://127.0.0.1:1');
    await start({ client });
    // A second for each of them would be a minute.
    for (let index = 0; index < 60; index++) {
      await expect(new VolatileSet(client, `away-${index}`).onModuleInit()).resolves.toBeUndefined();
    }
    client.disconnect();
  }, 30_000);

  it('is closed at once while its client waits for its next attempt to connect', async () => {
    Logger.overrideLogger(false);
    // A second for each of them would be a minute.
    for (let index = 0; index < 60; index++) {
      const client = createFailFastRedis('redis://127.0.0.1:1', {
        retryStrategy: () => 60_000,
        disconnectTimeout: 1,
      });
      const redis = new WorkStealingRedis(client, 'away', true);
      await new Promise((resolve) => void client.once('reconnecting', resolve));
      await expect(redis.close()).resolves.toBeUndefined();
    }
  }, 30_000);

  it('starts without a server, and rejects at once', async () => {
    Logger.overrideLogger(false);
    const redis = await start({ url: 'redis://127.0.0.1:1' });
    await expect(redis.client.ping()).rejects.toThrow(/isn't writeable/);
    const error = await new VolatileHashes(redis, 'away')
      .set('a', 'f', '1')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RedisUnavailableError);
    expect(String(error)).toMatch(/Redis at 127\.0\.0\.1:1 is not connected \(its client's state is/);
    expect(String((error as Error).cause)).toMatch(/isn't writeable/);
  });
});

describe('A client that fails fast', () => {
  const server = useRedis();

  it('fails while the server is stopped, and works again when it goes on', async () => {
    const client = createFailFastRedis(server.url);
    client.on('error', () => {});
    await untilReady(client);
    server.kill('SIGSTOP');
    await expect(client.get('a')).rejects.toThrow(/timed out/i);
    server.kill('SIGCONT');
    let answer: string | undefined;
    while (answer === undefined) {
      answer = await client.ping().catch(() => undefined);
      // While it connects again it refuses at once, and would never get to it.
      await sleep(5);
    }
    expect(answer).toBe('PONG');
    client.disconnect();
  });

  it('fails at once without a connection, and connects again by itself', async () => {
    const client = patientRedis(server.url);
    client.on('error', () => {});
    await untilReady(client);
    const lost = new Promise<void>((resolve) => void client.once('close', resolve));
    await server.restart();
    await lost;
    await untilReady(client);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await expect(client.ping()).rejects.toThrow();
  });
});

describe('A client for a Redis Cluster that fails fast', () => {
  const cluster = useRedisCluster(STEADY);

  it('follows keys to their masters', async () => {
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const client = createFailFastCluster(nodes, { redisOptions: { commandTimeout: 20_000 } });
    client.on('error', () => {});
    await untilReady(client);
    const hashes = new VolatileHashes(client, 'fast');
    for (let index = 0; index < 20; index++) await hashes.set(`h${index}`, 'f', '1', { ttl: 60_000 });
    expect(await hashes.get('h7', 'f')).toBe('1');
    client.disconnect();
  });

  it('leaves a master that hangs for the one that takes its place', async () => {
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const client = createFailFastCluster(nodes, { redisOptions: { commandTimeout: 500 } });
    client.on('error', () => {});
    await untilReady(client);
    const keys = Array.from({ length: 50 }, (_, index) => `hang:${index}`);
    // One that waits: a busy machine may leave a node aside for longer than the other client does.
    const writer = new Cluster(nodes);
    for (const key of keys) await writer.set(key, '1');
    writer.disconnect();
    await untilReplicated(cluster.nodes.slice(0, 3));
    await setNodeTimeout(cluster.nodes, 1000);
    cluster.nodes[0]!.kill('SIGSTOP');
    try {
      const deadline = performance.now() + 60_000;
      const readAll = () => Promise.all(keys.map((key) => client.get(key))).catch(() => []);
      let values: (string | null)[] = [];
      while (values.length === 0 && performance.now() < deadline) {
        values = await readAll();
        // What is refused at once leaves no time to connect again.
        await sleep(5);
      }
      expect(values).toEqual(keys.map(() => '1'));
    } finally {
      cluster.nodes[0]!.kill('SIGCONT');
      client.disconnect();
      await setNodeTimeout(cluster.nodes, STEADY.nodeTimeout);
    }
    // Until it has heard that it is a replica, it takes writes that it forgets then.
    const old = new Redis(cluster.nodes[0]!.port);
    while (!/master_link_status:up/.test(await old.info('replication'))) await sleep(20);
    old.disconnect();
  }, 120_000);

  it('may pipeline by itself what is called at once', async () => {
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const options = { enableAutoPipelining: true, redisOptions: { commandTimeout: 20_000 } };
    const client = createFailFastCluster(nodes, options);
    client.on('error', () => {});
    await untilReady(client);
    const hashes = new VolatileHashes(client, 'pipelined', { backend: 'stolen' });
    const names = Array.from({ length: 20 }, (_, index) => `h${index}`);
    await Promise.all(names.map((name) => hashes.set(name, 'f', name, { ttl: 60_000 })));
    expect(await Promise.all(names.map((name) => hashes.get(name, 'f')))).toEqual(names);
    client.disconnect();
  });
});
