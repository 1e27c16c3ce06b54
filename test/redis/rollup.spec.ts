import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { Rollup, type RedisClient, type RollupOptions } from 'nestjs-work-stealing/redis';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { Fleet } from '../support/fleet.js';
import { patient, STEADY, useRedis, useRedisCluster } from '../support/redis.js';

const HOUR = 3_600_000;
/** Buckets that are kept for a long time, whatever the clock says. */
const THEN = Math.floor(Date.now() / HOUR) * HOUR - 10 * HOUR;
const slice = { jobId: 'fold', signal: new AbortController().signal, timeRemaining: () => 50 };

async function foldAll(rollup: Rollup): Promise<number> {
  let folded = 0;
  while ((await rollup.pending()) > 0) folded += (await rollup.recruited(slice)).done;
  return folded;
}

async function keysOf(client: RedisClient, name: string): Promise<string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  return (await Promise.all(nodes.map((node) => node.keys(`*{${name}:*`)))).flat();
}

function counts(connect: () => RedisClient, numRuns: number) {
  let client: RedisClient;
  let rollup: Rollup;
  let name = '';
  let turn = 0;
  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    name = `views${turn++}`;
    rollup = new Rollup(client, name, { partitions: 3, limit: 10 });
  });
  afterAll(() => client.quit());

  it('tells the same totals before, while and after counts are folded', async () => {
    await rollup.add('film:1', 2, THEN);
    await rollup.add('film:1', 3, THEN + HOUR - 1);
    await rollup.add('film:1', 10, new Date(THEN + HOUR));
    await rollup.add('film:2', 7, THEN);
    const totals = [
      { at: THEN, total: 5 },
      { at: THEN + HOUR, total: 10 },
      { at: THEN + 2 * HOUR, total: 0 },
    ];
    expect(await rollup.totals('film:1', THEN, THEN + 3 * HOUR)).toEqual(totals);
    expect(await rollup.pending()).toBe(3);
    expect(await foldAll(rollup)).toBe(3);
    expect(await rollup.totals('film:1', THEN + 5, THEN + 3 * HOUR)).toEqual(totals);
    await rollup.add('film:1', -1, THEN);
    expect(await rollup.total('film:1', THEN, THEN + HOUR)).toBe(4);
    expect(await rollup.total('film:2', THEN, THEN + 3 * HOUR)).toBe(7);
    expect(await rollup.total('film:3', THEN, THEN + 3 * HOUR)).toBe(0);
  });

  it('counts one, now, unless told otherwise', async () => {
    const before = Date.now();
    await rollup.add('film:1');
    await rollup.add('film:1');
    expect(await rollup.total('film:1', before, Date.now() + 1)).toBe(2);
  });

  it('reads a long time in one call', async () => {
    for (const hours of [0, 99, 100, 199, 250]) await rollup.add('film:1', 1 + hours, THEN - hours * HOUR);
    await rollup.recruited(slice);
    const totals = await rollup.totals('film:1', THEN - 250 * HOUR, THEN + 1);
    expect(totals).toHaveLength(251);
    expect(totals.filter(({ total }) => total > 0)).toEqual(
      [250, 199, 100, 99, 0].map((hours) => ({ at: THEN - hours * HOUR, total: 1 + hours })),
    );
  });

  it('tells which items of a bucket were counted most often', async () => {
    for (let film = 0; film < 30; film++) await rollup.add(`film:${film}`, film, THEN);
    await rollup.add('film:5', 1000, THEN + HOUR);
    expect(await rollup.top(3, THEN)).toEqual([]);
    await foldAll(rollup);
    expect(await rollup.top(3, THEN + 7)).toEqual([
      { item: 'film:29', total: 29 },
      { item: 'film:28', total: 28 },
      { item: 'film:27', total: 27 },
    ]);
    expect(await rollup.top(250, THEN)).toHaveLength(30);
  });

  it('tells which items were counted most often in the same buckets as their totals are told of', async () => {
    const wide = new Rollup(client, name, { partitions: 3 });
    for (let film = 0; film < 700; film++) {
      await wide.add(`film:${film}`, film, THEN);
      await wide.add(`film:${film}`, 1000 - film, THEN + HOUR);
    }
    await wide.add('film:5', 7, THEN + 2 * HOUR);
    await wide.add('film:6', 9, THEN + 3 * HOUR);
    await foldAll(wide);
    // Each has 1,000 in the two buckets, and one 7 more in the third, which begins before the end.
    expect(await wide.top(1, THEN + 5, THEN + 2 * HOUR + 1)).toEqual([{ item: 'film:5', total: 1007 }]);
    expect(await wide.total('film:5', THEN + 5, THEN + 2 * HOUR + 1)).toBe(1007);
    const all = await wide.top(250, THEN, THEN + 2 * HOUR);
    expect(all).toHaveLength(250);
    expect(new Set(all.map(({ total }) => total))).toEqual(new Set([1000]));
    // Without an end it is one bucket, for all of them.
    expect(await wide.top(1, THEN)).toEqual([{ item: 'film:699', total: 699 }]);
    expect(await wide.total('film:699', THEN)).toBe(699);
    expect(await wide.totals('film:699', THEN)).toEqual([{ at: THEN, total: 699 }]);
    await expect(wide.top(1, THEN, THEN + 101 * HOUR)).rejects.toThrow(
      /are 101 buckets .* expected 1 to 100/,
    );
  });

  it('tells the total of all that is kept, folded or not', async () => {
    const now = Date.now();
    await rollup.add('film:1', 1, now - 29 * 24 * HOUR);
    await rollup.add('film:1', 2, THEN);
    await foldAll(rollup);
    await rollup.add('film:1', 4);
    expect(await rollup.total('film:1')).toBe(7);
    expect(await rollup.total('film:2')).toBe(0);
    const fine = new Rollup(client, name, { bucket: 1000 });
    await expect(fine.total('film:1')).rejects.toThrow(/^2592002 buckets of 1000 ms are kept/);
  });

  it('lets buckets go after the retention, and counts nothing for those that are gone', async () => {
    const short = new Rollup(client, name, { partitions: 3, retention: 2 * HOUR });
    const recent = Math.floor(Date.now() / HOUR) * HOUR - HOUR;
    await short.add('film:1', 5, recent);
    await short.add('film:1', 7, THEN);
    expect(await short.total('film:1', THEN, recent + HOUR)).toBe(5);
    expect(await foldAll(short)).toBe(2);
    expect(await short.total('film:1', THEN, recent + HOUR)).toBe(5);
    const keys = await keysOf(client, name);
    expect(keys).toEqual([expect.stringMatching(new RegExp(`:total:${recent}$`))]);
    expect(await client.pexpiretime(keys[0]!)).toBe(recent + 3 * HOUR);
  });

  it('keeps any text as an item, and moments before the epoch', async () => {
    const forever = new Rollup(client, name, { partitions: 3, retention: 2 ** 45 });
    const items = [
      '__proto__',
      '{a}',
      '}{',
      ':',
      '1:2',
      ' ',
      '\0',
      'ü€😀',
      '-',
      '%',
      '\n',
      'x'.repeat(100_000),
    ];
    for (const item of items) await forever.add(item, 3, -1);
    for (const item of items) expect(await forever.total(item, -1, 0)).toBe(3);
    await foldAll(forever);
    for (const item of items) expect(await forever.total(item, -HOUR, 0)).toBe(3);
  });

  it('folds what waits in any partition, however many there are, before it says that nothing is left', async () => {
    const wide = new Rollup(client, name, { partitions: 100 });
    for (let film = 0; film < 5; film++) await wide.add(`film:${film}`, 1, THEN);
    expect(await wide.recruited(slice)).toEqual({ done: 5, more: false });
    expect(await wide.recruited({ ...slice, timeRemaining: () => 0 })).toEqual({ done: 1, more: true });
  });

  it('says that more is waiting while a slice is full of buckets that are over, not of those of now', async () => {
    const one = new Rollup(client, name, { partitions: 1, limit: 10 });
    for (let film = 0; film < 25; film++) await one.add(`film:${film}`);
    expect(await one.recruited(slice)).toEqual({ done: 10, more: false });
    await foldAll(one);
    for (let film = 0; film < 25; film++) await one.add(`film:${film}`, 1, THEN);
    expect(await one.recruited(slice)).toEqual({ done: 10, more: true });
    expect(await one.recruited(slice)).toEqual({ done: 10, more: true });
    expect(await one.recruited(slice)).toEqual({ done: 5, more: false });
    expect(await one.recruited(slice)).toEqual({ done: 0, more: false });
  });

  it('tells what a plain model tells in any interleaving of counts and slices from three recruits', async () => {
    const items = ['a', 'b', 'c'];
    const add = fc.record({
      item: fc.constantFrom(...items),
      bucket: fc.nat(2),
      by: fc.integer({ min: -5, max: 1000 }),
    });
    const action = fc.oneof(
      { weight: 2, arbitrary: fc.record({ add }) },
      fc.record({ fold: fc.nat(2) }),
      // Sent at the same time: which comes first is for the server to say.
      fc.record({ add, fold: fc.nat(2) }),
    );
    const property = fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 50 }), async (actions) => {
      const options = { partitions: 2, limit: 2 };
      const recruits = Array.from({ length: 3 }, () => new Rollup(client, `model${turn}`, options));
      turn++;
      const model = new Map<string, number>();
      for (const step of actions) {
        const work: Promise<unknown>[] = [];
        if ('add' in step) {
          const { item, bucket, by } = step.add;
          work.push(recruits[0]!.add(item, by, THEN + bucket * HOUR));
          model.set(`${bucket}/${item}`, (model.get(`${bucket}/${item}`) ?? 0) + by);
        }
        if ('fold' in step) work.push(recruits[step.fold]!.recruited(slice), recruits[1]!.recruited(slice));
        await Promise.all(work);
        for (const item of items) {
          const totals = await recruits[2]!.totals(item, THEN, THEN + 3 * HOUR);
          expect(totals.map(({ total }) => total)).toEqual(
            [0, 1, 2].map((bucket) => model.get(`${bucket}/${item}`) ?? 0),
          );
        }
      }
      await foldAll(recruits[0]!);
      const [top] = await recruits[0]!.top(1, THEN);
      const counted = items.map((item) => model.get(`0/${item}`)).filter((count) => count !== undefined);
      expect(top?.total).toBe(counted.length === 0 ? undefined : Math.max(...counted));
    });
    await fc.assert(property, { seed: 20261126, numRuns });
  }, 60_000);
}

describe('Rollup on one server', () => {
  const server = useRedis();
  describe('with several recruits', () => counts(() => patient(new Redis(server.url)), 40));

  describe('when things go wrong', () => {
    let client: Redis;
    beforeAll(() => {
      client = patient(new Redis(server.url));
    });
    afterAll(() => client.quit());

    it('loses and doubles nothing while eight processes fold, killed at any moment', async () => {
      const random = new SeededRandom(11);
      const rollup = new Rollup(client, 'fleet', { partitions: 4 });
      const counted = Array.from({ length: 20 }, () => 0);
      let isOver = false;
      const wrong: string[] = [];
      const count = async () => {
        while (!isOver) {
          const film = Math.floor(random.next() * 20);
          const by = 1 + Math.floor(random.next() * 9);
          await rollup.add(`film:${film}`, by, THEN + (film % 3) * HOUR);
          counted[film]! += by;
          const total = await rollup.total(`film:${film}`, THEN, THEN + 3 * HOUR);
          if (total !== counted[film]) wrong.push(`film:${film} is ${total} and not ${counted[film]}`);
        }
      };
      const counting = count();
      const fleet = await Fleet.suffer({ worker: 'rollup.mjs', args: [server.url, 'fleet'], seed: 7 });
      try {
        isOver = true;
        await counting;
        await fleet.until(async () => (await rollup.pending()) === 0);
        expect(wrong).toEqual([]);
        const totals = await Promise.all(
          counted.map((_, film) => rollup.total(`film:${film}`, THEN, THEN + 3 * HOUR)),
        );
        expect(totals).toEqual(counted);
        expect(counted.reduce((sum, each) => sum + each)).toBeGreaterThan(1000);
      } finally {
        isOver = true;
        await fleet.stop();
      }
    }, 120_000);

    it('leaves every count in one place when a total is not one', async () => {
      const rollup = new Rollup(client, 'spoilt', { partitions: 1 });
      for (let film = 0; film < 20; film++) await rollup.add(`film:${film}`, 1, THEN + (film % 2) * HOUR);
      const spoilt = `work-stealing:{spoilt:0}:ru1:total:${THEN + HOUR}`;
      await client.set(spoilt, 'text');
      await expect(rollup.recruited(slice)).rejects.toThrow('WRONGTYPE');
      await client.del(spoilt);
      for (let film = 0; film < 20; film++) {
        expect(await rollup.total(`film:${film}`, THEN, THEN + 2 * HOUR)).toBe(1);
      }
    });

    it('counts nothing twice when somebody has put a field there that is no count', async () => {
      const rollup = new Rollup(client, 'strange', { partitions: 1, limit: 50 });
      for (let film = 0; film < 20; film++) await rollup.add(`film:${film}`, 1, THEN);
      await client.hset('work-stealing:{strange:0}:ru1:pending', 'stranger', '1');
      for (let turn = 0; turn < 5; turn++) {
        await expect(rollup.recruited(slice)).rejects.toThrow(
          'work-stealing:{strange:0}:ru1:pending has a field that is no count: stranger',
        );
      }
      for (let film = 0; film < 20; film++) {
        expect(await rollup.total(`film:${film}`, THEN, THEN + HOUR)).toBe(1);
      }
    });

    it.each<[string, (rollup: Rollup) => Promise<unknown>, RegExp]>([
      ['an empty item', (r) => r.add(''), /RangeError: item is ''/],
      ['an item that is a number', (r) => r.add(5 as unknown as string), /TypeError: item is 5/],
      ['half a count', (r) => r.add('a', 0.5), /RangeError: by is 0.5; expected a whole number/],
      ['a count that is text', (r) => r.add('a', '1' as unknown as number), /TypeError: by is '1'/],
      ['a count over 2^53', (r) => r.add('a', 2 ** 53), /RangeError: by is 9007199254740992/],
      ['a moment that is none', (r) => r.add('a', 1, new Date(NaN)), /RangeError: at is Invalid Date/],
      ['a moment that is text', (r) => r.add('a', 1, 'now' as unknown as Date), /TypeError: at is 'now'/],
      ['no time at all', (r) => r.totals('a', THEN, THEN), /are 0 buckets of 3600000 ms; expected 1 to 2000/],
      ['a time that ends before it begins', (r) => r.totals('a', THEN, 0), /expected 1 to 2000/],
      ['too long a time', (r) => r.totals('a', 0, THEN), /are \d+ buckets of 3600000 ms/],
      ['a top of none', (r) => r.top(0, THEN), /count is 0; expected a whole number from 1 to 250/],
    ])('refuses %s', async (_what, call, message) => {
      const error = await call(new Rollup(client, 'bad')).catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(message);
      expect(await new Rollup(client, 'bad').pending()).toBe(0);
    });

    it.each<[unknown, RollupOptions, RegExp]>([
      ['a}', {}, /name is 'a}'/],
      ['a', { bucket: 999 }, /bucket is 999/],
      ['a', { bucket: Infinity }, /bucket is Infinity/],
      ['a', { retention: 0 }, /retention is 0/],
      ['a', { partitions: 0 }, /partitions is 0/],
      ['a', { limit: 101 }, /limit is 101; expected a whole number from 1 to 100/],
      ['a', { prefix: ' ' }, /prefix is ' '/],
    ])('refuses the name %p with %p', (name, options, message) => {
      expect(() => new Rollup(client, name as string, options)).toThrow(message);
    });
  });
});

describe('Rollup when the server itself is killed in the middle of slices', () => {
  const server = useRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });

  it('has every count that was acknowledged, once, after the restart', async () => {
    const random = new SeededRandom(23);
    let acknowledged = 0;
    let unsure = 0;
    for (let crash = 0; crash < 3; crash++) {
      // Whoever counts goes on until the server is killed, though it was left aside for seconds.
      const client = patient(new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null }));
      client.on('error', () => undefined);
      const rollup = new Rollup(client, 'durable', { partitions: 2, limit: 3 });
      const isOver = new AbortController();
      const count = async () => {
        for (; !isOver.signal.aborted;) {
          unsure++;
          await rollup.add(`film:${Math.floor(random.next() * 50)}`, 1, THEN);
          unsure--;
          acknowledged++;
        }
      };
      const fold = async () => {
        while (!isOver.signal.aborted) await rollup.recruited(slice);
      };
      const until = acknowledged + 150;
      const work = [count(), count(), fold(), fold()].map((each) => each.catch(() => undefined));
      while (acknowledged < until) await new Promise(setImmediate);
      server.kill('SIGKILL');
      await server.exited();
      isOver.abort();
      await Promise.all(work);
      await server.restart();
    }
    const client = patient(new Redis(server.url));
    const rollup = new Rollup(client, 'durable', { partitions: 2 });
    const sum = async () => {
      const items = Array.from({ length: 50 }, (_, film) => rollup.total(`film:${film}`, THEN, THEN + HOUR));
      return (await Promise.all(items)).reduce((all, each) => all + each);
    };
    const before = await sum();
    expect(before).toBeGreaterThanOrEqual(acknowledged);
    expect(before).toBeLessThanOrEqual(acknowledged + unsure);
    await foldAll(rollup);
    expect(await sum()).toBe(before);
    await client.quit();
  }, 60_000);
});

describe('Rollup on a Redis Cluster', () => {
  const cluster = useRedisCluster(STEADY);
  const connect = () => patient(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))));
  describe('with several recruits', () => counts(connect, 10));
});
