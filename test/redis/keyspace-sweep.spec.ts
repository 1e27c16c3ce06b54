import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { Duty, Recruiter, WorkStealingConfigError, type Job, type Slice } from 'nestjs-work-stealing';
import {
  KeyspaceSweep,
  RedisLeases,
  type CursorSlice,
  type KeyspaceSweepOptions,
  type RedisClient,
  type RedisKey,
} from 'nestjs-work-stealing/redis';
import { Fleet } from '../support/fleet.js';
import { recruiterOf } from '../support/real-slices.js';
import {
  describeOnRelease,
  patient,
  setNodeTimeout,
  STEADY,
  untilReady,
  untilReplicated,
  useRedis,
  useRedisCluster,
} from '../support/redis.js';

const slice: Slice = { jobId: 'sweep', signal: new AbortController().signal, timeRemaining: () => 50 };
const HOUR = 3_600_000;

type Visit = (
  sweep: Sweep,
  keys: readonly RedisKey[],
  slice: CursorSlice,
) => number | void | Promise<number | void>;

/** A sweep that remembers what it visited; its actions are open to the tests. */
class Sweep extends KeyspaceSweep {
  readonly visited: string[] = [];

  constructor(
    redis: RedisClient,
    name: string,
    options: KeyspaceSweepOptions = {},
    private readonly onVisit: Visit = () => undefined,
  ) {
    super(redis, name, { retryDelay: 0, ...options });
  }

  override giveTtl(keys: readonly RedisKey[], ttl: number, spread?: number): Promise<number> {
    return super.giveTtl(keys, ttl, spread);
  }

  override unlink(keys: readonly RedisKey[]): Promise<number> {
    return super.unlink(keys);
  }

  override rewrite(...args: Parameters<KeyspaceSweep['rewrite']>): Promise<number> {
    return super.rewrite(...args);
  }

  protected async visit(keys: readonly RedisKey[], of: CursorSlice): Promise<number | void> {
    const changed = await this.onVisit(this, keys, of);
    this.visited.push(...keys.map((key) => (typeof key === 'string' ? key : `bytes ${key.toString('hex')}`)));
    return changed;
  }
}

async function run(job: Pick<Job, 'recruited'> & { progress(): Promise<{ ended: boolean }> }): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    const result = await job.recruited(slice);
    if (result === Duty.DISMISSED && (await job.progress()).ended) return;
  }
  throw new Error('Not at its end after 2000 slices');
}

async function fill(client: RedisClient, prefix: string, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  await Promise.all(keys.map((key) => client.set(key, key)));
  return keys.toSorted();
}

async function until(isSo: () => Promise<boolean>, patience: number): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${patience} ms`);
    await sleep(20);
  }
}

const unique = (names: readonly string[]) => [...new Set(names)].toSorted();

describe('KeyspaceSweep', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let turn = 0;
  let name = '';

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(async () => {
    await client.flushall();
    name = `sweep${turn++}`;
  });

  it('visits every key, and knows how many there are', async () => {
    const keys = await fill(client, 'key:', 1234);
    const sweep = new Sweep(client, name);
    await sweep.recruited(slice);
    expect((await sweep.progress()).total).toBeGreaterThanOrEqual(1234);
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(keys);
    expect(await sweep.progress()).toMatchObject({ ended: true, sweeps: 1, dead: 0 });
  });

  it('takes a page without keys that match for a step of work, and goes on until it is through', async () => {
    await fill(client, 'key:', 100_000);
    const rare = await fill(client, 'rare:', 10);
    const sweep = new Sweep(client, name, { match: 'rare:*', batch: 1000 });
    await sweep.onModuleInit();
    // No slice is cut off where the machine stalls.
    const recruiter = recruiterOf(sweep, 60_000);
    const durations: number[] = [];
    let slices = 0;
    for (let isMore = true; isMore; slices++) {
      const begun = performance.now();
      const report = await recruiter.recruit('job');
      durations.push(performance.now() - begun);
      isMore = report.outcome === 'full';
      // Keys or none: the cursor has moved.
      if (isMore) expect(report).toMatchObject({ more: true });
      if ('done' in report && isMore) expect(report.done).toBeGreaterThan(0);
    }
    expect(unique(sweep.visited)).toEqual(rare);
    expect(await sweep.progress()).toMatchObject({ ended: true, done: 10 });
    expect(slices).toBeLessThan(110);
    // At the usual duty cycle of 5 %, what this took is a twentieth of the whole.
    // By a slice in the middle: a machine that stalls makes single ones long.
    const usual = durations.toSorted((a, b) => a - b)[Math.floor(slices / 2)]!;
    expect(usual * slices).toBeLessThan(10_000);
    await recruiter.close();
    await client.flushall();
  }, 60_000);

  it('ends by its own agenda within what the duty cycle allows, though hardly any page has a key', async () => {
    await fill(client, 'key:', 20_000);
    const rare = await fill(client, 'rare:', 3);
    const sweep = new Sweep(client, name, { match: 'rare:*', batch: 200 });
    await sweep.onModuleInit();
    const recruiter = new Recruiter('agenda', { load: false, idle: { interval: 1000 }, dutyCycle: 0.5 });
    recruiter.install(sweep, 'sweep', 0.01);
    recruiter.open();
    // A slice each second, as without more to do, would take 100 s.
    await until(async () => (await sweep.progress()).ended, 60_000);
    expect(unique(sweep.visited)).toEqual(rare);
    await recruiter.close();
    await client.flushall();
  }, 90_000);

  it('visits those of a pattern and a type only', async () => {
    await fill(client, 'other:', 300);
    const keys = await fill(client, 'session:', 50);
    await client.rpush('session:list', 'x');
    const sweep = new Sweep(client, name, { match: 'session:*', type: 'string', batch: 10 });
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(keys);
    expect((await sweep.progress()).total).toBeUndefined();
  });

  it('leaves the keys of this library alone, and visits others under the same prefix', async () => {
    await new RedisLeases(client).acquire('job', HOUR);
    await client.set('work-stealing:mine', '1');
    await client.set('work-stealing:{mine}:too', '1');
    const sweep = new Sweep(client, name, {}, (self, keys) => self.unlink(keys));
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(['work-stealing:mine', 'work-stealing:{mine}:too']);
    expect(await client.exists('work-stealing:{default:job}:l1:holder')).toBe(1);
  });

  it('gives a time to live to those that have none, spread where told to', async () => {
    const keys = await fill(client, 'key:', 300);
    await client.pexpire('key:7', 5 * HOUR);
    const sweep = new Sweep(client, name, {}, (self, some) => self.giveTtl(some, HOUR, HOUR));
    await run(sweep);
    const left = await Promise.all(keys.filter((key) => key !== 'key:7').map((key) => client.pttl(key)));
    expect(Math.min(...left)).toBeGreaterThan(HOUR - 60_000);
    expect(Math.max(...left)).toBeLessThanOrEqual(2 * HOUR);
    expect(Math.max(...left) - Math.min(...left)).toBeGreaterThan(HOUR / 2);
    expect(await client.pttl('key:7')).toBeGreaterThan(4 * HOUR);
    expect((await sweep.progress()).changed).toBe(299);
  });

  it('visits whatever is there all the while in any interleaving of writers and slices of three recruits', async () => {
    const key = fc.nat(149).map((index) => `key:${index}`);
    const action = fc.oneof(
      fc.record({ do: fc.constantFrom('add', 'delete', 'touch', 'grow'), key }),
      fc.record({ do: fc.constant('slice'), key, by: fc.nat(2) }),
    );
    let run = 0;
    const property = fc.asyncProperty(fc.array(action, { maxLength: 40, size: 'max' }), async (actions) => {
      await client.flushall();
      const all = await fill(client, 'key:', 100);
      const sweeps = Array.from(
        { length: 3 },
        () =>
          new Sweep(client, `${name}${run}`, { match: 'key:*', batch: 7 }, (self, keys) =>
            self.giveTtl(keys, HOUR),
          ),
      );
      run++;
      const stayed = new Set(all);
      const ever = new Set(all);
      for (const step of actions) {
        if (step.do === 'slice') await sweeps[(step as { by: number }).by]!.recruited(slice);
        else if (step.do === 'grow') await fill(client, `grown:${step.key}:`, 40);
        else if (step.do === 'delete') {
          await client.del(step.key);
          stayed.delete(step.key);
        } else if (step.do === 'touch') await client.persist(step.key);
        else {
          await client.set(step.key, 'again');
          ever.add(step.key);
        }
      }
      await runAll(sweeps);
      const visited = sweeps.flatMap((sweep) => sweep.visited);
      expect([...stayed].filter((each) => !visited.includes(each))).toEqual([]);
      expect(visited.filter((each) => !ever.has(each))).toEqual([]);
    });
    await fc.assert(property, { seed: 20261125, numRuns: 25 });
  }, 60_000);

  async function runAll(sweeps: readonly Sweep[]): Promise<void> {
    while (!(await sweeps[0]!.progress()).ended) for (const sweep of sweeps) await sweep.recruited(slice);
  }

  it('deletes orphans', async () => {
    await fill(client, 'user:', 40);
    await fill(client, 'cart:', 100);
    const sweep = new Sweep(client, name, { match: 'cart:*' }, async (self, carts) => {
      if (carts.length === 0) return 0;
      const owners = await client.mget(carts.map((cart) => String(cart).replace('cart:', 'user:')));
      return self.unlink(carts.filter((_, index) => owners[index] === null));
    });
    await run(sweep);
    expect(await client.exists('cart:39', 'cart:40')).toBe(1);
    expect((await sweep.progress()).changed).toBe(60);
  });

  it('rewrites values once, and keeps times to live, other types and what is written meanwhile', async () => {
    await fill(client, 'key:', 250);
    await client.pexpire('key:1', HOUR);
    await client.rpush('list', 'x');
    await client.set('bytes', Buffer.from([0, 255, 1]));
    const change = (value: Buffer) => (value[0] === 107 ? `new ${value.toString()}` : undefined);
    const sweep = new Sweep(client, name, {}, async (self, keys) => {
      return self.rewrite(keys, (value, key) => {
        // Sent before the sweep's own write, on the same connection.
        if (key === 'key:2') void client.set('key:2', 'busy');
        return change(value);
      });
    });
    await run(sweep);
    expect(await client.mget('key:0', 'key:1', 'key:2', 'key:249')).toEqual([
      'new key:0',
      'new key:1',
      'busy',
      'new key:249',
    ]);
    expect(await client.pttl('key:1')).toBeGreaterThan(0);
    expect(await client.getBuffer('bytes')).toEqual(Buffer.from([0, 255, 1]));
    expect((await sweep.progress()).changed).toBe(249);
  });

  it('rewrites values of a megabyte beside small ones', async () => {
    const big = 'x'.repeat(1e6);
    for (let index = 0; index < 12; index++)
      await client.set(`key:${index}`, index % 4 === 0 ? big : 'small');
    const sweep = new Sweep(client, name, {}, (self, keys) =>
      self.rewrite(keys, (value) => `${value.toString()}!`),
    );
    await run(sweep);
    const sizes = await Promise.all(Array.from({ length: 12 }, (_, index) => client.strlen(`key:${index}`)));
    expect(sizes).toEqual([1e6 + 1, 6, 6, 6, 1e6 + 1, 6, 6, 6, 1e6 + 1, 6, 6, 6]);
  });

  it('changes nothing in a dry run, and counts what it would', async () => {
    await fill(client, 'key:', 250);
    await client.pexpire('key:1', HOUR);
    const visits: Visit[] = [
      (self, keys) => self.giveTtl(keys, HOUR),
      (self, keys) => self.unlink(keys),
      (self, keys) => self.rewrite(keys, () => 'x'),
    ];
    const changed = [];
    for (const [index, visit] of visits.entries()) {
      const sweep = new Sweep(client, `${name}${index}`, { dryRun: true, match: 'key:*' }, visit);
      await run(sweep);
      changed.push((await sweep.progress()).changed);
    }
    expect(changed).toEqual([249, 250, 250]);
    expect(await client.get('key:0')).toBe('key:0');
    expect(await client.pttl('key:0')).toBe(-1);
  });

  it('acts on keys that are no text', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0a, 0xfe]);
    await client.set(bytes, '1');
    const sweep = new Sweep(client, name, {}, async (self, keys) => {
      const count = await self.giveTtl(keys, HOUR);
      await self.rewrite(keys, () => 'two');
      return count;
    });
    await run(sweep);
    expect(sweep.visited).toEqual(['bytes ff000afe']);
    expect(await client.get(bytes)).toBe('two');
    expect(await client.pttl(bytes)).toBeGreaterThan(0);
  });

  it('sets keys aside that it cannot do, though SCAN brings more than asked for', async () => {
    const keys = await fill(client, 'key:', 200);
    const sweep = new Sweep(client, name, { attempts: 2 }, (_self, some) => {
      if (some.includes('key:77')) throw new Error('not this one');
    });
    for (let turns = 0; turns < 500 && !(await sweep.progress()).ended; turns++) {
      await Promise.resolve(sweep.recruited(slice)).catch(() => undefined);
    }
    expect(unique(sweep.visited)).toEqual(keys.filter((key) => key !== 'key:77'));
    expect(await sweep.dead()).toMatchObject([{ item: 'key:77', error: 'not this one' }]);
  });

  it.each([1, 3])('does keys that take longer than a slice each, %i attempts at each', async (attempts) => {
    const keys = await fill(client, 'slow:', 12);
    const sweep = new Sweep(client, name, { attempts, match: 'slow:*' }, async (_self, some, { signal }) => {
      for (let index = 0; index < some.length; index++) {
        signal.throwIfAborted();
        await sleep(60);
      }
    });
    await sweep.onModuleInit();
    const recruiter = recruiterOf(sweep, 50);
    let slices = 0;
    // While the server is left aside, each 50 ms are a slice in vain.
    while (!(await sweep.progress()).ended && ++slices < 1000) await recruiter.recruit('job');
    await recruiter.close();
    expect(unique(sweep.visited)).toEqual(keys);
    expect(await sweep.dead()).toEqual([]);
    expect((await sweep.progress()).done).toBe(12);
    expect(sweep.visited).toHaveLength(12);
  });

  it('visits each of the keys that SCAN brings together when it goes one by one', async () => {
    const keys = await fill(client, 'key:', 300);
    const sweep = new Sweep(client, name, { batch: 1, match: 'key:*' }, async (_self, some) => {
      expect(some.length).toBeLessThanOrEqual(1);
      await client.del(...some);
    });
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(keys);
    expect(await sweep.progress()).toMatchObject({ ended: true });
  });

  it('begins anew when the server has restarted, whose cursors mean something else then', async () => {
    const keys = await fill(client, 'key:', 500);
    const sweep = new Sweep(client, name, { batch: 50 });
    for (let time = 0; time < 3; time++) await sweep.recruited(slice);
    await client.save();
    client.on('error', () => {});
    // Not events.once(): attempts to connect that fail on the way are no failure here.
    const closed = new Promise((resolve) => client.once('close', resolve));
    const ready = closed.then(() => new Promise((resolve) => client.once('ready', resolve)));
    await server.restart();
    await ready;
    sweep.visited.length = 0;
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(keys);
  });

  it.each<[string, KeyspaceSweepOptions, RegExp]>([
    ['an unknown type', { type: 'text' as never }, /type is 'text'; expected 'string', 'list'/],
    ['an empty pattern', { match: '' }, /match is ''/],
    ['dryRun that is no switch', { dryRun: 1 as never }, /dryRun is 1; expected true or false/],
    ['options of a cursor job', { attempts: 0 }, /attempts is 0/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => new Sweep(client, 'x', options)).toThrow(message);
  });

  it('refuses a client with a keyPrefix, and times that are none', async () => {
    const prefixed = new Redis(server.url, { keyPrefix: 'app:', lazyConnect: true });
    expect(() => new Sweep(prefixed, 'x')).toThrow(WorkStealingConfigError);
    expect(() => new Sweep(prefixed, 'x')).toThrow(/keyPrefix 'app:'.*match: 'app:\*'/);
    await expect(new Sweep(client, 'x').giveTtl(['a'], 0)).rejects.toThrow(/ttl is 0/);
    prefixed.disconnect();
  });
});

/** A server that is full of keys which a sweep is there to unlink. */
function freesWhatIsFull(server: { readonly url: string }) {
  it('unlinks keys of a server that is full, from its first slice, and all that it does fits', async () => {
    const client = patient(new Redis(server.url));
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    const used = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
    const empty = await used();
    for (let index = 0; index < 2000; index++) void client.set(`junk:${index}`, 'x'.repeat(1000));
    await client.ping();
    await client.config('SET', 'maxmemory', String(Math.round((empty + (await used())) / 2)));
    await expect(client.set('another', 'x')).rejects.toThrow(/OOM/);
    const sweep = new Sweep(client, 'free', { match: 'junk:*' }, (each, keys) => each.unlink(keys));
    await run(sweep);
    expect(await client.keys('junk:*')).toEqual([]);
    expect(await sweep.progress()).toMatchObject({ ended: true, changed: 2000 });
    await client.config('SET', 'maxmemory', '0');
    await client.quit();
  });

  it('makes values of a server that is full shorter, and blames no key for one that it has no room for', async () => {
    const client = patient(new Redis(server.url));
    await client.flushall();
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    for (let index = 0; index < 500; index++) void client.set(`long:${index}`, 'x'.repeat(2000));
    for (let index = 0; index < 20; index++) void client.set(`short:${index}`, 'x');
    await client.ping();
    await client.config('SET', 'maxmemory', '1');
    await expect(client.set('another', 'x')).rejects.toThrow(/OOM/);
    const options = { attempts: 1, batch: 50 };
    const shorter = new Sweep(client, 'shorter', { ...options, match: 'long:*' }, (each, keys) =>
      each.rewrite(keys, () => 'y'),
    );
    await run(shorter);
    expect(await shorter.progress()).toMatchObject({ ended: true, changed: 500, dead: 0 });
    expect(await client.get('long:7')).toBe('y');
    const longer = new Sweep(client, 'longer', { ...options, match: 'short:*' }, (each, keys) =>
      each.rewrite(keys, () => 'y'.repeat(2000)),
    );
    for (let turn = 0; turn < 40; turn++) await longer.recruited(slice).catch(() => undefined);
    expect(await longer.progress()).toMatchObject({
      dead: 0,
      ended: false,
      errors: [{ partition: 0, message: expect.stringMatching(/OOM/) }],
    });
    await client.config('SET', 'maxmemory', '0');
    await run(longer);
    expect(await longer.progress()).toMatchObject({ ended: true, changed: 20, dead: 0 });
    await client.quit();
  });
}

describe('KeyspaceSweep on a full server', () => freesWhatIsFull(useRedis()));
await describeOnRelease('redis-8', 'KeyspaceSweep on a full Redis 8', freesWhatIsFull);
await describeOnRelease('valkey-9', 'KeyspaceSweep on a full Valkey 9', freesWhatIsFull);

describe('KeyspaceSweep under 8 processes that are killed at random', () => {
  const server = useRedis();

  it('visits every key and does to each what it should', async () => {
    const client = patient(new Redis(server.url));
    const keys = await fill(client, 'key:', 4000);
    const fleet = await Fleet.suffer({
      worker: 'keyspace-sweep.mjs',
      args: [server.url, 'fleet'],
      seed: 5,
      kills: 6,
    });
    try {
      await fleet.until(
        async () => (await client.hexists('work-stealing:{fleet}:cj2:state:0', 'ended')) === 1,
      );
    } finally {
      await fleet.stop();
    }
    const values = await client.mget(keys);
    expect(values).toEqual(keys.map((key) => `${key}+`));
    const left = await Promise.all(keys.map((key) => client.pttl(key)));
    expect(left.filter((ttl) => ttl < 0)).toEqual([]);
    await client.quit();
  }, 120_000);
});

describe('KeyspaceSweep in a Cluster', () => {
  let client: Cluster;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.disconnect());
  const cluster = useRedisCluster(STEADY);
  let keys: string[];

  function connect(commandTimeout: number): Cluster {
    const connected = new Cluster(
      cluster.nodes.slice(0, 3).map(({ port }) => ({ host: '127.0.0.1', port })),
      { redisOptions: { commandTimeout, maxRetriesPerRequest: 0 }, clusterRetryStrategy: () => 100 },
    );
    connected.on('error', () => {});
    return connected;
  }

  beforeAll(async () => {
    client = connect(20_000);
    keys = await fill(client, 'key:', 900);
  });

  it('visits every key of every master, by one partition or several, and acts on all', async () => {
    for (const partitions of [1, 2, 3, 5]) {
      const sweep = new Sweep(
        client,
        `parts${partitions}`,
        { partitions, match: 'key:*' },
        async (self, some) => {
          await self.rewrite(some, (value) => Buffer.concat([value, Buffer.from('+')]));
          return self.giveTtl(some, HOUR);
        },
      );
      await run(sweep);
      expect(unique(sweep.visited)).toEqual(keys);
    }
    expect(await client.get('key:5')).toBe('key:5++++');
    expect(await client.pttl('key:5')).toBeGreaterThan(0);
    const whole = new Sweep(client, 'whole', { dryRun: true }, (self, some) => self.unlink(some));
    await run(whole);
    const { changed, total } = await whole.progress();
    expect(changed).toBeGreaterThanOrEqual(900);
    expect(total).toBeGreaterThan(900);
  });

  it('begins anew when slots have moved meanwhile', async () => {
    const sweep = new Sweep(client, 'moved', { match: 'key:*', batch: 50 });
    for (let time = 0; time < 8; time++) await sweep.recruited(slice);
    const route = await routeOf('key:1');
    const moved = await sendOff(route);
    await arrive(route);
    sweep.visited.length = 0;
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(keys);
    expect(moved).toBe(1);
  });

  it('does not end while keys are on their way to where it has been, and visits them', async () => {
    const sweep = new Sweep(client, 'on the way', { match: 'key:*', batch: 50 });
    const slotsOf = async () => (await sweep.cursor())?.split(' ')[1];
    await sweep.recruited(slice);
    const first = await slotsOf();
    while ((await slotsOf()) === first) await sweep.recruited(slice);
    const route = await routeOf(await keyBehind(sweep));
    await sendOff(route);
    for (let turns = 0; turns < 60; turns++) await sweep.recruited(slice);
    expect((await sweep.progress()).ended).toBe(false);
    await arrive(route);
    await run(sweep);
    expect(unique(sweep.visited)).toEqual(keys);
  });

  it('begins anew in all partitions when slots have moved, though one had come to its end', async () => {
    const sweep = new Sweep(client, 'sides', { match: 'key:*', batch: 50, partitions: 3 });
    const cursors = () => Promise.all([0, 1, 2].map((partition) => sweep.cursor(partition)));
    // Two go on only after the third has ended.
    for (let turns = 0; turns < 6; turns++) await sweep.recruited(slice);
    for (const partition of [1, 2]) await pauseOf(sweep, partition);
    while ((await cursors())[0] !== undefined) await sweep.recruited(slice);
    const unvisited = keys.filter((key) => !sweep.visited.includes(key));
    expect(unvisited.length).toBeGreaterThan(0);
    const route = await routeOf(unvisited[0]!);
    await sendOff(route);
    await arrive(route);
    for (const partition of [1, 2]) await goOn(partition);
    // Another process, which has not seen that two partitions were to be left alone.
    const other = new Sweep(client, 'sides', { match: 'key:*', batch: 50, partitions: 3 });
    await run(other);
    expect(unique([...sweep.visited, ...other.visited])).toEqual(keys);
  });

  it('goes on after the failover of a master in its midst, and visits all', async () => {
    // A patient one would wait until the replica has taken over.
    const hasty = connect(1000);
    await untilReady(hasty);
    const sweep = new Sweep(hasty, 'failover', { match: 'key:*', batch: 20, attempts: 100 });
    for (let time = 0; time < 4; time++) await sweep.recruited(slice);
    // What a replica does not have yet would be lost with its master.
    await untilReplicated(cluster.nodes.slice(0, 3));
    await setNodeTimeout(cluster.nodes, 1000);
    cluster.nodes[0]!.kill('SIGKILL');
    const deadline = performance.now() + 60_000;
    let ended = false;
    let errors = 0;
    while (!ended && performance.now() < deadline) {
      try {
        await sweep.recruited(slice);
        ended = (await sweep.progress()).ended;
      } catch {
        errors++;
        // What is refused at once leaves no time to connect again.
        await sleep(5);
      }
    }
    hasty.disconnect();
    expect(ended).toBe(true);
    expect(errors).toBeGreaterThan(0);
    expect(unique(sweep.visited)).toEqual(keys);
  }, 120_000);

  type SlotRange = readonly [first: number, last: number, master: readonly [host: string, port: number]];

  /** Which way the slot of a key is to go. */
  interface Route {
    readonly slot: number;
    readonly from: Redis;
    readonly to: Redis;
  }

  /** From the master that holds a key to the one with the lowest slots, or to another if that is the same. */
  async function routeOf(key: string): Promise<Route> {
    const slot = Number(await client.cluster('KEYSLOT', key));
    const ranges = (await client.nodes('master')[0]!.cluster('SLOTS')) as unknown as SlotRange[];
    const byPort = new Map(client.nodes('master').map((node) => [node.options.port!, node]));
    const sorted = ranges.toSorted(([a], [b]) => a - b);
    const from = byPort.get(sorted.find(([first, last]) => first <= slot && slot <= last)![2][1])!;
    const to = sorted.map(([, , [, port]]) => byPort.get(port)!).find((node) => node !== from)!;
    return { slot, from, to };
  }

  /** Moves the keys of a slot, which is still told to be where it was. */
  async function sendOff({ slot, from, to }: Route): Promise<number> {
    const [fromId, toId] = await Promise.all([from.cluster('MYID'), to.cluster('MYID')]);
    await to.cluster('SETSLOT', slot, 'IMPORTING', String(fromId));
    await from.cluster('SETSLOT', slot, 'MIGRATING', String(toId));
    const found = await from.cluster('GETKEYSINSLOT', slot, 10);
    for (const each of found) await from.migrate('127.0.0.1', to.options.port!, each, 0, 20_000);
    return found.length;
  }

  /** Tells every master where the slot is now. */
  async function arrive({ slot, from, to }: Route): Promise<void> {
    const toId = await to.cluster('MYID');
    const nodes = client.nodes('master');
    for (const node of [to, from, ...nodes]) await node.cluster('SETSLOT', slot, 'NODE', String(toId));
    // Each node hears of it from the others.
    const holder = async (node: Redis) => {
      const ranges = (await node.cluster('SLOTS')) as unknown as SlotRange[];
      return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
    };
    for (const node of nodes)
      while ((await holder(node)) !== to.options.port) await new Promise(setImmediate);
    client.refreshSlotsCache();
  }

  /** A key that the sweep has not visited yet, on the last of its masters. */
  async function keyBehind(sweep: Sweep): Promise<string> {
    const unvisited = keys.filter((key) => !sweep.visited.includes(key));
    const slots = await Promise.all(unvisited.map((key) => client.cluster('KEYSLOT', key)));
    return unvisited[slots.indexOf(Math.max(...slots.map(Number)))]!;
  }

  const stateOf = (partition: number) => `work-stealing:{sides}:cj2:state:${partition}`;

  /** Keeps a partition from going on. */
  async function pauseOf(sweep: Sweep, partition: number): Promise<void> {
    expect(await sweep.cursor(partition)).toBeDefined();
    await client.hset(stateOf(partition), 'pausedUntil', Date.now() + HOUR);
  }

  async function goOn(partition: number): Promise<void> {
    await client.hdel(stateOf(partition), 'pausedUntil');
  }
});
