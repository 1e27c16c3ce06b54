import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import * as ioredis from 'ioredis';
import type { Cluster, Redis } from 'ioredis';
import { WorkStealingConfigError } from 'nestjs-work-stealing';
import * as cache from 'nestjs-work-stealing/cache';
import * as redis from 'nestjs-work-stealing/redis';
import { setPatience } from '../../lib/redis/lua/send.js';
import { everyStructure, slice, type Place } from '../support/every-structure.js';
import { OwnTime } from '../support/own-time.js';
import {
  PATIENCE_OF_CALLS,
  patient,
  STEADY,
  untilReady,
  untilReplicated,
  useRedis,
  useRedisCluster,
} from '../support/redis.js';

// Another package of clients, such as ioredis 5.3 or iovalkey: the path of its main file. `.ci/matrix` sets it.
const { Redis: Client, Cluster: ClusterClient } = (
  process.env['REDIS_CLIENT'] === undefined ? ioredis : await import(process.env['REDIS_CLIENT'])
) as typeof ioredis;

const structures = Object.entries(everyStructure({ redis, cache }));
let places = 0;

beforeAll(() => Logger.overrideLogger(false));

/** Uses every structure, all in the first tick of a client that an application uses as well; returns what failed. */
async function useAll(place: Place, application: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const failed: Record<string, unknown> = {};
  const before = application();
  const uses = structures.map(async ([name, use]) => {
    try {
      await use({ ...place, prefix: `${place.prefix}-${name.replaceAll(' ', '-')}` });
    } catch (error) {
      failed[name] = error;
    }
  });
  const after = application();
  await Promise.all(uses);
  expect(await Promise.all([before, after])).toEqual([
    ['ALICE', 'BOB', 'CAROL'],
    ['ALICE', 'BOB', 'CAROL'],
  ]);
  return failed;
}

const USERS = ['user:1', 'user:2', 'user:3'];
const NAMES = ['ALICE', 'BOB', 'CAROL'];

describe('On one server every structure, leases, paces, fleet and cache work in the first tick of a client with', () => {
  const server = useRedis();
  let client: Redis | undefined;
  let plain: Redis | undefined;
  afterEach(() => {
    client?.disconnect();
    plain?.disconnect();
  });

  it.each<[string, redis.FailFastOptions]>([
    ['no options', {}],
    ['automatic pipelining', { enableAutoPipelining: true }],
    ['a keyPrefix', { keyPrefix: 'app:' }],
    ['a keyPrefix with braces', { keyPrefix: 'app{1}:' }],
    ['a keyPrefix with one brace', { keyPrefix: 'a{b' }],
    ['numbers as strings', { stringNumbers: true }],
    ['another database', { db: 3 }],
    ['RESP2', { protocol: 2 }],
    ['RESP3', { protocol: 3 }],
    ['maps as objects', { protocol: 3, replyMapping: 'resp3' } as object],
    ['a connection that is made when it is needed', { lazyConnect: true }],
    ['stacks of errors', { showFriendlyErrorStack: true }],
    [
      'all of that',
      { enableAutoPipelining: true, keyPrefix: 'app{2}:', stringNumbers: true, lazyConnect: true },
    ],
  ])('%s', async (_what, options) => {
    const { host, port } = server;
    const { db = 0, keyPrefix = '' } = options;
    const own = (plain = new Client({ host, port, db }));
    await own.mset(USERS.flatMap((key, index) => [keyPrefix + key, NAMES[index]!]));
    const shared = patient((client = new Client({ host, port, ...options })));
    const place = { client: shared, plain: own, keyPrefix, prefix: `first-${places++}` };
    const application = () => Promise.all(USERS.map((key) => shared.get(key)));
    expect(await useAll(place, application)).toEqual({});
    if (keyPrefix === '') return;
    const keys = await own.keys(`*${place.prefix}-*`);
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !key.startsWith(keyPrefix))).toEqual([]);
  });
});

describe('In a Cluster every structure, leases, paces, fleet and cache work in the first tick of a client with', () => {
  const cluster = useRedisCluster(STEADY);
  let client: Cluster | undefined;
  let plain: Cluster | undefined;
  const connect = (options: redis.FailFastClusterOptions) =>
    new ClusterClient(
      cluster.nodes.map(({ host, port }) => ({ host, port })),
      options,
    );
  afterEach(() => {
    client?.disconnect();
    plain?.disconnect();
  });

  it.each<[string, redis.FailFastClusterOptions, keyPrefix?: string]>([
    ['no options', {}],
    ['automatic pipelining', { enableAutoPipelining: true }],
    ['a keyPrefix', { keyPrefix: 'app:' }, 'app:'],
    ['a keyPrefix with braces', { keyPrefix: 'app{1}:' }, 'app{1}:'],
    ['a keyPrefix with one brace', { keyPrefix: 'a{b' }, 'a{b'],
    ['a keyPrefix among the options of its nodes', { redisOptions: { keyPrefix: 'node:' } }, 'node:'],
    ['numbers as strings', { redisOptions: { stringNumbers: true } }],
    ['reads from replicas', { scaleReads: 'slave' }],
    ['reads from anywhere', { scaleReads: 'all' }],
    ['RESP2', { redisOptions: { protocol: 2 } }],
    [
      'all of that',
      {
        enableAutoPipelining: true,
        keyPrefix: 'app{2}:',
        scaleReads: 'slave',
      },
      'app{2}:',
    ],
  ])(
    '%s',
    async (_what, options, keyPrefix = '') => {
      const own = (plain = connect({}));
      await Promise.all(USERS.map((key, index) => own.set(keyPrefix + key, NAMES[index]!)));
      await untilReplicated(cluster.nodes.slice(0, 3));
      const shared = patient((client = connect(options)));
      const place = { client: shared, plain: own, keyPrefix, prefix: `first-${places++}` };
      const application = () => Promise.all(USERS.map((key) => shared.get(key)));
      expect(await useAll(place, application)).toEqual({});
    },
    60_000,
  );

  it('sends nothing to a replica, whatever the client reads from', async () => {
    const shared = patient((client = connect({ scaleReads: 'slave' })));
    const set = new redis.VolatileSet(shared, 'of-masters');
    const rollup = new redis.Rollup(shared, 'of-masters', { partitions: 1 });
    const received = async () => {
      const texts = await Promise.all(shared.nodes('slave').map((node) => node.info('commandstats')));
      return texts
        .join()
        .match(/cmdstat_(hlen|hmget|eval|evalsha):calls=\d+/g)
        ?.filter((each) => /hlen|hmget/.test(each));
    };
    await set.add('a');
    const before = await received();
    for (let turn = 0; turn < 5; turn++) {
      await rollup.pending();
      await new redis.QueueTracker(shared, 'of-masters', {
        nextQueued: () => ({ ids: [] }),
        stillQueued: (ids) => ids,
      }).size();
    }
    expect(await received()).toEqual(before);
  });

  it('is refused with a keyPrefix whose empty braces keep keys from sharing a slot', () => {
    const wrong = (client = connect({ keyPrefix: 'app{}:', lazyConnect: true }));
    expect(() => new redis.VolatileSet(wrong, 'wrong')).toThrow(WorkStealingConfigError);
    expect(() => new redis.VolatileSet(wrong, 'wrong')).toThrow(/option keyPrefix: 'app{}:'/);
  });
});

describe('A client is refused', () => {
  const made: Redis[] = [];
  afterAll(() => made.forEach((each) => each.disconnect()));

  it.each<[string, redis.FailFastOptions, RegExp]>([
    ['that writes to a replica', { role: 'slave' }, /option role: 'slave'/],
    ['that watches a server', { monitor: true }, /option monitor: true/],
  ])('%s', async (_what, options, message) => {
    const client = new Client({ lazyConnect: true, ...options });
    made.push(client);
    expect(() => new redis.RedisLeases(client)).toThrow(WorkStealingConfigError);
    expect(() => new redis.RedisLeases(client)).toThrow(message);
  });

  it('that is a pipeline', () => {
    const client = new Client({ lazyConnect: true });
    made.push(client);
    expect(() => new redis.VolatileSet(client.pipeline() as never, 'x')).toThrow(
      /is neither a client of ioredis/,
    );
  });
});

/** Ends when the server at a port has answered. */
const ASKS = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1', () => socket.write('PING\\r\\n'));
  socket.once('data', () => process.exit());`;

describe('A call', () => {
  const server = useRedis();

  it('whose reply has arrived does not fail because the event loop was busy', async () => {
    const client = new Client({ host: server.host, port: server.port, commandTimeout: 100 });
    const set = new redis.VolatileSet(client, 'busy');
    setPatience(client, PATIENCE_OF_CALLS);
    await set.add('a');
    setPatience(client, 100);
    const reads = Array.from({ length: 10 }, () => set.has('a'));
    await new Promise((resolve) => setImmediate(resolve));
    const end = performance.now() + 1000;
    while (performance.now() < end);
    // A server that answers what it is asked later has answered: this process is busy until then.
    const { status } = spawnSync(process.execPath, ['--eval', ASKS, String(server.port)], {
      timeout: 20_000,
    });
    expect(status).toBe(0);
    expect(await Promise.all(reads)).toEqual(reads.map(() => true));
    client.disconnect();
  });

  it('in a transaction that the application has open on the same client is refused, and no wrong data', async () => {
    const client = patient(new Client({ host: server.host, port: server.port }));
    const hashes = new redis.VolatileHashes(client, 'shared');
    await hashes.set('h', 'f', 'right');
    const set = new redis.VolatileSet(client, 'shared');
    await client.multi({ pipeline: false });
    const calls = [
      hashes.get('h', 'f'),
      hashes.getAll('h'),
      set.has('a'),
      new redis.RedisLeases(client).acquire('job', 1000, PATIENCE_OF_CALLS),
      new redis.RedisPaces(client).take('job', 1, PATIENCE_OF_CALLS),
    ];
    const results = await Promise.allSettled(calls);
    await client.exec();
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(WorkStealingConfigError) });
      expect(String((result as PromiseRejectedResult).reason)).toMatch(
        /was queued in a MULTI .* client\.duplicate\(\)/,
      );
    }
    expect(await hashes.get('h', 'f')).toBe('right');
    client.disconnect();
  });

  it('at bootstrap has a client connect that does so when it is needed, and queues nothing', async () => {
    const { host, port } = server;
    const client = patient(new Client({ host, port, lazyConnect: true, enableOfflineQueue: false }));
    const set = new redis.VolatileSet(client, 'lazy');
    const begun = performance.now();
    await set.onModuleInit();
    // It waits a second at most, which is over where the machine was busy for so long.
    if (performance.now() - begun < 990) expect(client.status).toBe('ready');
    await untilReady(client);
    expect(await set.add('a')).toBe(1);
    client.disconnect();
  });

  it('of a request waits 2 s for a server that hangs, and a slice until its signal is aborted', async () => {
    const client = redis.createFailFastRedis({
      host: server.host,
      port: server.port,
      // The connection outlasts the calls, whatever the machine is busy with.
      socketTimeout: 60_000,
    });
    client.on('error', () => undefined);
    const set = new redis.VolatileSet(client, 'hung');
    await untilReady(client);
    for (let isWarm = false; !isWarm;) {
      isWarm = await set.recruited(slice()).then(
        () => true,
        () => false,
      );
      // What is refused at once leaves no time to connect again.
      await sleep(5);
    }
    server.kill('SIGSTOP');
    const ownTime = new OwnTime();
    try {
      const begun = performance.now();
      const controller = new AbortController();
      const budgeted = { ...slice(), signal: controller.signal };
      const sliced = set.recruited(budgeted).catch(String);
      const asked = set.has('a').catch((error: Error) => error);
      setTimeout(() => controller.abort(new Error('over budget')), 50);
      expect(await sliced).toMatch(/did not answer before the slice ended; a write may have been/);
      expect(ownTime.elapsed).toBeLessThan(500);
      expect(await asked).toBeInstanceOf(redis.RedisUnavailableError);
      expect(String(await asked)).toMatch(/did not answer within 2000 ms/);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(2000);
    } finally {
      ownTime.stop();
      server.kill('SIGCONT');
      client.disconnect();
    }
  });
});
