import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { VolatileSet, type RedisClient, type VolatileSetOptions } from 'nestjs-work-stealing/redis';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { Fleet } from '../support/fleet.js';
import { patient, STEADY, useRedis, useRedisCluster } from '../support/redis.js';

const HOUR = 3_600_000;
const slice = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };

/** These members fall due now: due times, not the clock, are moved. */
async function letPass(client: RedisClient, name: string, partitions: number, members: readonly string[]) {
  for (let partition = 0; partition < partitions; partition++) {
    const key = `work-stealing:{${name}:${partition}}:vs1:members`;
    for (const member of members) await client.zadd(key, 'XX', 1, member);
  }
}

async function rawSize(client: RedisClient, name: string, partitions: number): Promise<number> {
  const keys = Array.from(
    { length: partitions },
    (_, index) => `work-stealing:{${name}:${index}}:vs1:members`,
  );
  const sizes = await Promise.all(keys.map((key) => client.zcard(key)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function reapAll(set: VolatileSet): Promise<number> {
  for (let total = 0; ;) {
    const { done, more } = await set.recruited(slice);
    total += done;
    if (more !== true) return total;
  }
}

function behavesAsVolatileSet(connect: () => RedisClient, numRuns: number) {
  let client: RedisClient;
  let set: VolatileSet;
  let name = '';
  let turn = 0;
  const PARTITIONS = 3;
  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    name = `online${turn++}`;
    set = new VolatileSet(client, name, { partitions: PARTITIONS, limit: 10 });
  });
  afterAll(() => client.quit());

  it('has what was added, once', async () => {
    expect(await set.add('ada', { ttl: HOUR })).toBe(1);
    expect(await set.add(['ada', 'bob', 'bob', 'eve'], { ttl: HOUR })).toBe(2);
    expect(await set.has('ada')).toBe(true);
    expect(await set.has('joe')).toBe(false);
    expect(await set.hasMany(['joe', 'eve', 'bob', 'eve'])).toEqual([false, true, true, true]);
    expect((await set.members()).toSorted()).toEqual(['ada', 'bob', 'eve']);
    expect(await set.size()).toBe(3);
    expect(await set.remove(['ada', 'joe', 'ada'])).toBe(1);
    expect(await set.size()).toBe(2);
  });

  it('never tells of a member that is past its time, nor counts it', async () => {
    await set.add(['ada', 'bob'], { ttl: HOUR });
    await set.add('eve');
    await letPass(client, name, PARTITIONS, ['ada', 'bob']);
    expect(await set.hasMany(['ada', 'bob', 'eve'])).toEqual([false, false, true]);
    expect(await set.members()).toEqual(['eve']);
    expect(await set.size()).toBe(1);
    expect(await set.ttl('ada')).toBeUndefined();
    expect(await set.touch(['ada', 'eve'], { ttl: HOUR })).toBe(1);
    expect(await set.has('ada')).toBe(false);
    expect(await set.oldestOverdue()).toBeGreaterThan(HOUR);
    expect(await set.add('ada', { ttl: HOUR })).toBe(1);
    expect(await set.remove(['ada', 'bob'])).toBe(1);
    expect(await set.oldestOverdue()).toBe(0);
  });

  it('gives, renews and takes time to live', async () => {
    await set.add('ada', { ttl: 0.5 });
    await set.add('bob', { ttl: 60_000 });
    expect(await set.ttl('bob')).toBeLessThanOrEqual(60_000);
    expect(await set.touch('bob', { ttl: HOUR })).toBe(1);
    expect(await set.ttl('bob')).toBeGreaterThan(60_000);
    expect(await set.touch('bob')).toBe(1);
    expect(await set.ttl('bob')).toBe(Infinity);
    await set.add('bob', { ttl: HOUR });
    expect(await set.ttl('bob')).toBeLessThanOrEqual(HOUR);
    // By the server's clock, which goes on while we ask.
    while (await set.has('ada'));
    expect(await set.ttl('ada')).toBeUndefined();
  });

  it('keeps any text as a member', async () => {
    const texts = [
      '__proto__',
      '{a}',
      '}{',
      ':',
      ' ',
      '\0',
      'ü€😀',
      '0',
      '%',
      '\n',
      'inf',
      'x'.repeat(1_000_000),
    ];
    await set.add(texts, { ttl: HOUR });
    expect(await set.hasMany(texts)).toEqual(texts.map(() => true));
    expect((await set.members()).toSorted()).toEqual(texts.toSorted());
  });

  it('reads a large set in pages, all of it', async () => {
    const members = Array.from({ length: 3000 }, (_, index) => `member:${index}`);
    for (let first = 0; first < 3000; first += 250)
      await set.add(members.slice(first, first + 250), { ttl: HOUR });
    expect((await set.members()).toSorted()).toEqual(members.toSorted());
    expect(await set.size()).toBe(3000);
  });

  it('removes what is overdue within its limit, says whether more is waiting, and leaves nothing behind', async () => {
    const members = Array.from({ length: 40 }, (_, index) => `member:${index}`);
    await set.add(members, { ttl: HOUR });
    await letPass(client, name, PARTITIONS, members);
    const { done, more } = await set.recruited(slice);
    expect(more).toBe(true);
    expect(done).toBeGreaterThanOrEqual(10);
    expect(done).toBeLessThanOrEqual(12);
    expect(done + (await reapAll(set))).toBe(40);
    expect(await set.recruited(slice)).toEqual({ done: 0, more: false });
    expect(await rawSize(client, name, PARTITIONS)).toBe(0);
  });

  it('tells what a plain model tells in any interleaving of calls, expiry and slices from three recruits', async () => {
    const members = ['a', 'b', 'c', 'd', 'e'];
    const some = fc.subarray(members, { minLength: 1 });
    const lifetime = fc.constantFrom({ ttl: HOUR }, {});
    const action = fc.oneof(
      fc.record({ do: fc.constant('add' as const), some, lifetime, by: fc.nat(2) }),
      fc.record({ do: fc.constant('touch' as const), some, lifetime }),
      fc.record({ do: fc.constant('remove' as const), some }),
      fc.record({ do: fc.constant('pass' as const), some }),
      fc.record({ do: fc.constant('slice' as const), by: fc.nat(2) }),
    );
    const property = fc.asyncProperty(fc.array(action, { minLength: 15, maxLength: 40 }), async (actions) => {
      const model = `model${turn++}`;
      const sets = Array.from(
        { length: 3 },
        () => new VolatileSet(client, model, { partitions: 2, limit: 2 }),
      );
      const known = new Map<string, 'live' | 'past'>();
      const live = () => members.filter((member) => known.get(member) === 'live');
      for (const step of actions) {
        if (step.do === 'add') {
          // Two slices are under way at the same time.
          const [added] = await Promise.all([
            sets[0]!.add(step.some, step.lifetime),
            sets[step.by]!.recruited(slice),
            sets[1]!.recruited(slice),
          ]);
          expect(added).toBe(step.some.filter((member) => known.get(member) !== 'live').length);
          for (const member of step.some) known.set(member, 'live');
        } else if (step.do === 'touch') {
          const touched = await sets[1]!.touch(step.some, step.lifetime);
          expect(touched).toBe(step.some.filter((member) => known.get(member) === 'live').length);
        } else if (step.do === 'remove') {
          const removed = await sets[2]!.remove(step.some);
          expect(removed).toBe(step.some.filter((member) => known.get(member) === 'live').length);
          for (const member of step.some) known.delete(member);
        } else if (step.do === 'pass') {
          await letPass(client, model, 2, step.some);
          for (const member of step.some) if (known.has(member)) known.set(member, 'past');
        } else {
          await sets[step.by]!.recruited(slice);
        }
        expect((await sets[0]!.members()).toSorted()).toEqual(live());
        expect(await sets[0]!.size()).toBe(live().length);
        expect(await sets[0]!.hasMany(members)).toEqual(
          members.map((member) => known.get(member) === 'live'),
        );
      }
      await reapAll(sets[0]!);
      expect(await rawSize(client, model, 2)).toBe(live().length);
    });
    await fc.assert(property, { seed: 20261127, numRuns });
  }, 60_000);
}

describe('VolatileSet on one server', () => {
  const server = useRedis();
  describe('with several recruits', () => behavesAsVolatileSet(() => patient(new Redis(server.url)), 40));

  describe('when things go wrong', () => {
    let client: Redis;
    beforeAll(() => {
      client = patient(new Redis(server.url));
    });
    afterAll(() => client.quit());

    it('loses no member that is renewed while eight processes reap, killed at any moment, and leaves none behind', async () => {
      const random = new SeededRandom(17);
      const set = new VolatileSet(client, 'fleet', { partitions: 4 });
      const kept = Array.from({ length: 30 }, (_, index) => `kept:${index}`);
      await set.add(kept, { ttl: HOUR });
      let isOver = false;
      let lost = 0;
      const use = async () => {
        for (let turn = 0; !isOver; turn++) {
          const member = kept[Math.floor(random.next() * kept.length)]!;
          // It falls due, and is added again while recruits are after it.
          await letPass(client, 'fleet', 4, [member]);
          await set.add(member, { ttl: HOUR });
          await set.add(`brief:${turn}`, { ttl: 1 });
          if (!(await set.has(member))) lost++;
        }
      };
      const using = use();
      const fleet = await Fleet.suffer({ worker: 'volatile-set.mjs', args: [server.url, 'fleet'], seed: 19 });
      try {
        isOver = true;
        await using;
        await fleet.until(async () => (await rawSize(client, 'fleet', 4)) === kept.length);
        expect(lost).toBe(0);
        expect((await set.members()).toSorted()).toEqual(kept.toSorted());
      } finally {
        isOver = true;
        await fleet.stop();
      }
    }, 120_000);

    it.each<[string, (set: VolatileSet) => Promise<unknown>, RegExp]>([
      ['a ttl of 0', (s) => s.add('a', { ttl: 0 }), /RangeError: ttl is 0;/],
      ['a ttl of NaN', (s) => s.touch('a', { ttl: NaN }), /RangeError: ttl is NaN;/],
      ['a ttl that is text', (s) => s.add('a', { ttl: '9' as unknown as number }), /TypeError: ttl is '9';/],
      ['an empty member', (s) => s.add(''), /RangeError: member is ''/],
      ['a member that is a number', (s) => s.has(5 as unknown as string), /TypeError: member is 5/],
      ['a number for members', (s) => s.add(5 as unknown as string), /TypeError: member is 5/],
      ['no members', (s) => s.remove([]), /RangeError: number of members is 0/],
      ['more than 250 members', (s) => s.hasMany(Array<string>(251).fill('a')), /number of members is 251/],
    ])('refuses %s', async (_what, call, message) => {
      const error = await call(new VolatileSet(client, 'bad')).catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(message);
      expect(await new VolatileSet(client, 'bad').size()).toBe(0);
    });

    it.each<[unknown, VolatileSetOptions, RegExp]>([
      ['', {}, /name is ''/],
      ['a', { partitions: 0 }, /partitions is 0/],
      ['a', { limit: 501 }, /limit is 501; expected a whole number from 1 to 500/],
      ['a', { prefix: '}' }, /prefix is '}'/],
    ])('refuses the name %p with %p', (name, options, message) => {
      expect(() => new VolatileSet(client, name as string, options)).toThrow(message);
    });
  });
});

describe('VolatileSet on a Redis Cluster', () => {
  const cluster = useRedisCluster(STEADY);
  const connect = () => patient(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))));
  describe('with several recruits', () => behavesAsVolatileSet(connect, 10));
});
