import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import {
  getRecruiterToken,
  Recruiter,
  StealableJob,
  WorkStealingConfigError,
  WorkStealingModule,
  type Lease,
  type Slice,
} from 'nestjs-work-stealing';
import {
  createFailFastRedis,
  RedisLeases,
  WorkStealingRedis,
  WorkStealingRedisModule,
} from 'nestjs-work-stealing/redis';
import { deterministic } from 'nestjs-work-stealing/testing';
import { Fleet } from '../../support/fleet.js';
import { STEADY, untilConnections, untilReady, useRedis, useRedisCluster } from '../../support/redis.js';

const MINUTE = 60_000;
/** A busy machine may leave a server or this process aside for longer than a slice. */
const PATIENCE = 20_000;
const holderOf = (id: string) => `work-stealing:{default:${id}}:l1:holder`;
const tokenOf = (id: string) => `work-stealing:{default:${id}}:l1:token`;

describe('RedisLeases', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let leases: RedisLeases;
  let id = '';
  let turn = 0;

  beforeAll(async () => {
    client = new Redis(server.url);
    await client.ping(); // connected: the first lease waits for an answer alone
  });
  afterEach(async () => {
    await client.config('SET', 'maxmemory', '0');
  });

  const next = () => {
    leases = new RedisLeases(client);
    return (id = `job${turn++}`);
  };

  it('grants one at a time, and the next when it is released', async () => {
    next();
    const asked = await Promise.all(Array.from({ length: 20 }, () => leases.acquire(id, MINUTE, PATIENCE)));
    const granted = asked.filter((lease) => lease !== undefined);
    expect(granted).toHaveLength(1);
    expect(await client.pttl(holderOf(id))).toBeGreaterThan(MINUTE - PATIENCE);
    await granted[0]!.release();
    expect(await client.exists(holderOf(id))).toBe(0);
    expect(await leases.acquire(id, MINUTE, PATIENCE)).toBeDefined();
  });

  it('hands out tokens that grow, even when the last one is lost', async () => {
    next();
    const tokens: number[] = [];
    for (let time = 0; time < 5; time++) {
      const lease: Lease = (await leases.acquire(id, MINUTE, PATIENCE))!;
      tokens.push(lease.fencingToken);
      await lease.release();
      if (time === 2) await client.del(tokenOf(id));
    }
    expect(tokens.every((token) => Number.isSafeInteger(token))).toBe(true);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  });

  it('hands out a larger token although the clock was set back', async () => {
    next();
    const ahead = 2 ** 52;
    await client.set(tokenOf(id), String(ahead));
    expect((await leases.acquire(id, MINUTE, PATIENCE))!.fencingToken).toBe(ahead + 1);
    expect(await client.get(tokenOf(id))).toBe(String(ahead + 1));
  });

  it('ends by itself, and its late release leaves the lease of another alone', async () => {
    next();
    const first = (await leases.acquire(id, 0.5, PATIENCE))!;
    let second: Lease | undefined;
    while (second === undefined) second = await leases.acquire(id, MINUTE, PATIENCE);
    await first.release();
    expect(await leases.acquire(id, MINUTE, PATIENCE)).toBeUndefined();
    await second.release();
    expect(await leases.acquire(id, MINUTE, PATIENCE)).toBeDefined();
  });

  it('keeps apart what has the same id in two recruiters, and any text as id', async () => {
    next();
    const other = new RedisLeases(client, 'other');
    expect(await leases.acquire(id, MINUTE, PATIENCE)).toBeDefined();
    expect(await other.acquire(id, MINUTE, PATIENCE)).toBeDefined();
    const texts = ['a:b', 'a', '{a}', '}{', '%7b', '{', ' ', 'ü\0'];
    const granted = await Promise.all(
      texts.flatMap((text) => [
        new RedisLeases(client, text).acquire('b:c', MINUTE, PATIENCE),
        new RedisLeases(client, 'b:c').acquire(text, MINUTE, PATIENCE),
      ]),
    );
    expect(granted).not.toContain(undefined);
  });

  it('works after SCRIPT FLUSH', async () => {
    next();
    const lease = (await leases.acquire(id, MINUTE, PATIENCE))!;
    await client.script('FLUSH');
    await lease.release();
    await client.script('FLUSH');
    expect(await leases.acquire(id, MINUTE, PATIENCE)).toBeDefined();
  });

  it('rejects and grants nothing where a key is of another type, or never expires', async () => {
    next();
    await client.rpush(tokenOf(id), 'x');
    await expect(leases.acquire(id, MINUTE, PATIENCE)).rejects.toThrow(/WRONGTYPE/);
    expect(await client.exists(holderOf(id))).toBe(0);
    next();
    await client.set(tokenOf(id), 'x');
    await expect(leases.acquire(id, MINUTE, PATIENCE)).rejects.toThrow();
    next();
    await client.hset(holderOf(id), 'x', 'y');
    await expect(leases.acquire(id, MINUTE, PATIENCE)).rejects.toThrow(/is not a lease: it never expires/);
    expect(await client.hget(holderOf(id), 'x')).toBe('y');
  });

  it('rejects where memory is full, and can still be released then', async () => {
    next();
    const lease = (await leases.acquire(id, MINUTE, PATIENCE))!;
    await client.config('SET', 'maxmemory', '1');
    await expect(leases.acquire('another', MINUTE, PATIENCE)).rejects.toThrow(/OOM/);
    await lease.release();
    expect(await client.exists(holderOf(id))).toBe(0);
  });

  it('rejects where the server is a replica', async () => {
    next();
    await client.replicaof('127.0.0.1', 1);
    await expect(leases.acquire(id, MINUTE, PATIENCE)).rejects.toThrow(/READONLY/);
    await client.replicaof('NO', 'ONE');
    expect(await leases.acquire(id, MINUTE, PATIENCE)).toBeDefined();
  });

  it.each<[string, unknown, unknown, string]>([
    ['no id', undefined, 1, 'jobId is undefined; expected a string'],
    ['an empty id', '', 1, "jobId is ''; expected a string that is not empty"],
    ['no time', 'a', undefined, 'ttl is undefined; expected milliseconds, above 0'],
    ['a negative time', 'a', -1, 'ttl is -1; expected milliseconds, above 0'],
  ])('refuses %s', async (_what, jobId, ttl, message) => {
    next();
    await expect(leases.acquire(jobId as string, ttl as number)).rejects.toThrow(message);
  });

  it('refuses a recruiter without a name', () => {
    expect(() => new RedisLeases(client, '')).toThrow("recruiter is ''; expected a string that is not empty");
  });
});

describe('RedisLeases in any interleaving of workers that acquire, release late, and let leases expire', () => {
  const server = useRedis();

  it('grant what nobody holds and nothing else, each with a larger token', async () => {
    const client = new Redis(server.url);
    const action = fc.record({
      do: fc.constantFrom('acquire', 'acquire', 'release', 'expire', 'lose the token', 'flush the scripts'),
      worker: fc.nat(2),
    });
    const property = fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      await client.flushall();
      const workers = Array.from({ length: 3 }, () => new RedisLeases(client));
      /** The last lease of each worker, whether it holds still or not. */
      const last: (Lease | undefined)[] = [];
      let holder: Lease | undefined;
      let largest = 0;
      for (const { do: what, worker } of actions) {
        if (what === 'acquire') {
          const lease = await workers[worker]!.acquire('job', MINUTE, PATIENCE);
          expect(lease === undefined).toBe(holder !== undefined);
          if (lease === undefined) continue;
          expect(lease.fencingToken).toBeGreaterThan(largest);
          largest = lease.fencingToken;
          holder = last[worker] = lease;
        } else if (what === 'release') {
          await last[worker]?.release();
          if (last[worker] === holder) holder = undefined;
        } else if (what === 'expire') {
          await client.del(holderOf('job'));
          holder = undefined;
        } else if (what === 'lose the token') await client.del(tokenOf('job'));
        else await client.script('FLUSH');
        expect(await client.exists(holderOf('job'))).toBe(holder === undefined ? 0 : 1);
      }
    });
    await fc.assert(property, { seed: 20261125, numRuns: 50 });
    await client.quit();
  });
});

describe('RedisLeases under 8 processes that are killed at random', () => {
  const server = useRedis();

  it('let a store that heeds the tokens lose no update, though two may hold the lease for a moment', async () => {
    const client = new Redis(server.url);
    const fleet = await Fleet.suffer({ worker: 'leases.mjs', args: [server.url, 'fleet'], seed: 41 });
    try {
      const written = await client.llen('tokens');
      // Whoever was killed with the lease is got over.
      await fleet.until(async () => (await client.llen('tokens')) > written + 100);
    } finally {
      await fleet.stop();
    }
    // What the dead have sent is run before their connections are gone.
    await untilConnections(client, 1);
    const tokens = (await client.lrange('tokens', 0, -1)).map(Number);
    expect(Number(await client.get('count'))).toBe(tokens.length);
    expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
    await client.quit();
  }, 120_000);
});

describe('RedisLeases in a Cluster', () => {
  const cluster = useRedisCluster(STEADY);

  it('keeps each lease in one slot', async () => {
    const client = new Cluster([{ host: '127.0.0.1', port: cluster.nodes[0]!.port }]);
    const leases = new RedisLeases(client);
    for (let index = 0; index < 20; index++) {
      const lease = (await leases.acquire(`job${index}`, MINUTE, PATIENCE))!;
      expect(await leases.acquire(`job${index}`, MINUTE, PATIENCE)).toBeUndefined();
      await lease.release();
      expect(await leases.acquire(`job${index}`, MINUTE, PATIENCE)).toBeDefined();
    }
    await client.quit();
  });
});

/** Fails at once without a connection, but not because the machine is busy. */
const patient = (url: string) => createFailFastRedis(url, { commandTimeout: PATIENCE });

describe('WorkStealingModule with jobs that have leases', () => {
  const server = useRedis();
  const apps: TestingModule[] = [];

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  @StealableJob({ id: 'sweep', rate: 0.5, lease: { ttl: MINUTE } })
  @Injectable()
  class Sweep {
    readonly slices: { slice: Slice; end: () => void }[] = [];

    recruited(slice: Slice): Promise<void> {
      return new Promise((end) => this.slices.push({ slice, end }));
    }
  }

  @StealableJob({ rate: 0.5, recruiter: 'night', lease: { ttl: MINUTE } })
  @Injectable()
  class NightSweep extends Sweep {}

  @Module({ providers: [Sweep, NightSweep] })
  class Sweeps {}

  async function start(withRedis: boolean, url = server.url): Promise<TestingModule> {
    const app = await Test.createTestingModule({
      imports: [
        Sweeps,
        WorkStealingModule.forRoot({ ...deterministic(), budget: PATIENCE }),
        WorkStealingModule.registerRecruiter('night'),
        ...(withRedis
          ? [WorkStealingRedisModule.forRoot({ factory: () => patient(url), fleet: false })]
          : []),
      ],
    }).compile();
    apps.push(app);
    await app.init();
    const client = withRedis ? app.get(WorkStealingRedis).client : undefined;
    if (client !== undefined && url === server.url) await untilReady(client);
    return app;
  }

  it('does not start without WorkStealingRedisModule, and names every job and the module', async () => {
    const error = await start(false).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect((error as WorkStealingConfigError).problems).toEqual([
      expect.stringMatching(/^Sweep in Sweeps: job 'sweep' has a lease.*import WorkStealingRedisModule/),
      expect.stringMatching(/^NightSweep in Sweeps: job 'NightSweep' has a lease/),
    ]);
  });

  it('runs one slice of the fleet at a time, on the default and on named recruiters', async () => {
    const [one, two] = [await start(true), await start(true)];
    for (const [recruiter, job, id] of [
      [getRecruiterToken(), Sweep, 'sweep'],
      [getRecruiterToken('night'), NightSweep, 'NightSweep'],
    ] as const) {
      const [first, second] = [one.get<Recruiter>(recruiter), two.get<Recruiter>(recruiter)];
      const report = first.recruit(id);
      const { slices } = one.get<Sweep>(job);
      while (slices.length === 0) await new Promise(setImmediate);
      expect(slices[0]!.slice.fencingToken).toBeGreaterThan(0);
      expect(await second.recruit(id)).toMatchObject({ outcome: 'gated', reason: 'lease-held' });
      slices[0]!.end();
      expect(await report).toMatchObject({ outcome: 'partial' });
      const again = second.recruit(id);
      const later = two.get<Sweep>(job).slices;
      while (later.length === 0) await new Promise(setImmediate);
      expect(later[0]!.slice.fencingToken).toBeGreaterThan(slices[0]!.slice.fencingToken!);
      later[0]!.end();
      await again;
    }
  });

  it('fails slices at once while Redis is away', async () => {
    const app = await start(true, 'redis://127.0.0.1:1');
    Logger.overrideLogger(false);
    expect(await app.get(Recruiter, { strict: false }).recruit('sweep')).toMatchObject({ outcome: 'failed' });
  });

  it('sends no command for a slice without a lease', async () => {
    const app = await start(true);
    const recruiter = app.get<Recruiter>(getRecruiterToken());
    recruiter.install({ recruited: () => {} }, 'plain', 0);
    const client = createFailFastRedis(server.url);
    await untilReady(client);
    const processed = async () =>
      Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))![1]);
    const before = await processed();
    for (let slice = 0; slice < 100; slice++) await recruiter.recruit('plain');
    // The command that asks is one itself.
    expect((await processed()) - before).toBe(1);
    client.disconnect();
  });
});
