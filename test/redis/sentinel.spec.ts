import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { Redis } from 'ioredis';
import type { Job } from 'nestjs-work-stealing';
import {
  createFailFastRedis,
  CursorJob,
  KeyspaceSweep,
  RedisLeases,
  Rollup,
  VolatileHashes,
  WorkStealingRedis,
  WorkStealingRedisModule,
  type CursorSlice,
  type Page,
  type RedisConnection,
  type RedisKey,
} from 'nestjs-work-stealing/redis';
import { PATIENCE_OF_CALLS, patient, untilReplicated, useRedisSentinel } from '../support/redis.js';

const HOUR = 3_600_000;
const THEN = Math.floor(Date.now() / HOUR) * HOUR - 10 * HOUR;
const COUNT = 120;
const slice = { jobId: 'sentinel', signal: new AbortController().signal, timeRemaining: () => 50 };
const names = Array.from({ length: COUNT }, (_, index) => `item:${index}`);

/** Goes through the names, a few a slice. */
class Names extends CursorJob<string> {
  readonly processed = new Set<string>();

  constructor(redis: RedisConnection) {
    super(redis, 'names', { batch: 2, retryDelay: 0 });
  }

  protected fetch(cursor = '0', limit: number): Page<string> {
    const next = Number(cursor) + limit;
    return { items: names.slice(Number(cursor), next), next: next < COUNT ? String(next) : undefined };
  }

  protected process(items: readonly string[], _slice: CursorSlice): void {
    for (const item of items) this.processed.add(item);
  }
}

class Sweep extends KeyspaceSweep {
  readonly visited = new Set<string>();

  constructor(redis: RedisConnection) {
    super(redis, 'sweep', { match: 'item:*', batch: 5, retryDelay: 0 });
  }

  protected visit(keys: readonly RedisKey[]): void {
    for (const key of keys) this.visited.add(String(key));
  }
}

describe('An application whose Redis is looked after by Sentinel', () => {
  let app: TestingModule;
  let redis: WorkStealingRedis;

  // Hooks run in their order: the application goes before its servers.
  afterAll(() => app.close());
  const servers = useRedisSentinel();

  beforeAll(async () => {
    const factory = () =>
      createFailFastRedis({
        sentinels: servers.sentinels,
        name: servers.name,
        commandTimeout: 500,
        connectTimeout: 1000,
      });
    const imports = [WorkStealingRedisModule.forRoot({ factory, fleet: false })];
    app = await Test.createTestingModule({ imports }).compile();
    // That connections fail is what the tests are about.
    app.useLogger(false);
    await app.init();
    redis = app.get(WorkStealingRedis);
    await until(async () => (await redis.client.ping()) === 'PONG');
  }, 120_000);

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 80_000;
    // While the master is away, questions fail as slices do.
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > deadline) throw new Error('It is not so after 80 s');
      await pause(20);
    }
  }

  /** Works until told to stop; counts the slices that failed. */
  function work(jobs: readonly Job[]): { stop(): Promise<number> } {
    let isOver = false;
    let failures = 0;
    const working = jobs.map(async (job) => {
      while (!isOver) {
        await Promise.resolve(job.recruited(slice)).catch(() => failures++);
        await pause(10);
      }
    });
    return {
      async stop() {
        isOver = true;
        await Promise.all(working);
        return failures;
      },
    };
  }

  /** Has the Sentinels replace a master that is silent for so long: ms. */
  async function setDownAfter(ms: number): Promise<void> {
    for (const { port } of servers.sentinels) {
      const sentinel = new Redis(port);
      await sentinel.call('SENTINEL', 'SET', servers.name, 'down-after-milliseconds', ms);
      sentinel.disconnect();
    }
  }

  /** What a busy machine leaves unanswered for half a second is asked again. */
  async function answered<T>(ask: () => Promise<T>): Promise<T> {
    let answer: { value: T } | undefined;
    await until(async () => {
      answer = { value: await ask() };
      return true;
    });
    return answer!.value;
  }

  const portOfMaster = async () => Number((await redis.client.config('GET', 'port'))[1]);

  it('goes on with the replica when the master is killed in the midst of jobs, and loses nothing', async () => {
    const [cursor, sweep] = [new Names(redis), new Sweep(redis)];
    const structures = (client: RedisConnection | Redis) => ({
      rollup: new Rollup(client, 'views', { partitions: 2, limit: 2 }),
      hashes: new VolatileHashes(client, 'pages', { backend: 'stolen', limit: 2 }),
    });
    const { rollup, hashes } = structures(redis);
    // No master that a busy machine leaves aside is replaced yet, and what is written waits for it.
    await setDownAfter(60_000);
    const first = patient(new Redis(servers.nodes[0]!.url));
    const written = structures(first);
    await first.mset(names.flatMap((name) => [name, '1']));
    for (const name of names) await written.rollup.add(name, 3, THEN);
    for (const name of names) await written.hashes.setMany(name, { old: '1' }, { ttl: 1 });
    for (const name of names) await written.hashes.set(name, 'new', '1', { ttl: HOUR });
    const leases = new RedisLeases(redis);
    const before = await leases.acquire('job', 60_000, PATIENCE_OF_CALLS);
    first.disconnect();
    // What is acknowledged and not replicated yet may be lost by a failover, whatever a job does.
    await untilReplicated(servers.nodes.slice(0, 1));
    await setDownAfter(1000);

    const fleet = work([cursor, sweep, rollup, hashes]);
    try {
      await until(() => Promise.resolve(cursor.processed.size > 10 && sweep.visited.size > 10));
      servers.nodes[0]!.kill('SIGKILL');
      await until(async () => (await rollup.pending()) === 0);
      await until(async () => (await cursor.progress()).ended && (await sweep.progress()).ended);
      await until(async () => (await hashes.oldestOverdue()) === 0);
    } finally {
      expect(await fleet.stop()).toBeGreaterThan(0);
    }
    expect(await answered(portOfMaster)).toBe(servers.nodes[1]!.port);
    expect(cursor.processed.size).toBe(COUNT);
    expect([...sweep.visited].toSorted()).toEqual(names.toSorted());
    const second = patient(new Redis(servers.nodes[1]!.url));
    const read = structures(second);
    for (const name of names) {
      expect(await read.rollup.total(name, THEN, THEN + HOUR)).toBe(3);
      expect(await read.hashes.getAll(name)).toEqual({ new: '1' });
    }
    second.disconnect();
    await before!.release();
    const after = await leases.acquire('job', 60_000, PATIENCE_OF_CALLS);
    expect(after!.fencingToken).toBeGreaterThan(before!.fencingToken);
  }, 200_000);

  it('leaves a master that hangs for the one that takes its place', async () => {
    // The one that was killed comes back, as a replica of the other.
    const [first, second] = servers.nodes;
    await setDownAfter(60_000);
    await first!.restart();
    const back = new Redis(first!.url);
    await back.replicaof(second!.host, second!.port);
    await back.quit();
    await until(async () => /state=online/.test(await redis.client.info('replication')));
    await answered(() => redis.client.set('mark', '1'));
    await untilReplicated([second!]);
    await setDownAfter(1000);
    second!.kill('SIGSTOP');
    try {
      await until(async () => (await portOfMaster()) === first!.port);
      const hashes = new VolatileHashes(redis, 'pages', { backend: 'stolen' });
      expect(await answered(() => hashes.getAll('item:7'))).toEqual({ new: '1' });
    } finally {
      second!.kill('SIGCONT');
    }
  }, 200_000);
});
