import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { VolatileHashes, type RedisClient, type VolatileHashesOptions } from 'nestjs-work-stealing/redis';
import { useRedis, useRedisCluster } from './support/redis.js';

const HOUR = 3_600_000;
const slice = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };

/** Everything that is due within the next hours falls due now: due times, not the clock, are moved. */
async function letPass(
  client: RedisClient,
  name: string,
  hashes: readonly string[],
  partitions: number,
): Promise<void> {
  const volatile = new VolatileHashes(client, name, { partitions, backend: 'stolen' });
  for (const hash of hashes) {
    const due = volatile.key(hash).replace(':hash:', ':due:');
    const index = volatile.key(hash).replace(/:hash:.*$/s, ':index');
    const fields = await client.zrange(due, '0', '-1');
    for (const field of fields) await client.zadd(due, 'XX', 1, field);
    if (fields.length > 0) await client.zadd(index, 1, hash);
  }
}

async function keysOf(client: RedisClient, name: string): Promise<string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  return (await Promise.all(nodes.map((node) => node.keys(`*{${name}:*`)))).flat();
}

async function reapAll(volatile: VolatileHashes): Promise<number> {
  let total = 0;
  for (;;) {
    const { done, limit } = await volatile.recruited(slice);
    total += done;
    if (done < limit) return total;
  }
}

function behavesAsVolatileHashes(
  connect: () => RedisClient,
  options: VolatileHashesOptions,
  expire: 'move' | 'wait',
) {
  let client: RedisClient;
  let volatile: VolatileHashes;
  let turn = 0;
  let name = '';

  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    name = `profile${turn++}`;
    volatile = new VolatileHashes(client, name, options);
  });
  afterAll(() => client.quit());

  /** Sets fields that are past their time. */
  async function setOverdue(hash: string, fields: Record<string, string>): Promise<void> {
    await volatile.setMany(hash, fields, { ttl: expire === 'move' ? HOUR : 1 });
    if (expire === 'move') return letPass(client, name, [hash], options.partitions ?? 16);
    while ((await client.hkeys(volatile.key(hash))).length > 0) await new Promise(setImmediate);
  }

  it('returns a live field, and null for one that is missing', async () => {
    await volatile.set('user:1', 'likes', '42', { ttl: 300_000 });
    expect(await volatile.get('user:1', 'likes')).toBe('42');
    expect(await volatile.get('user:1', 'other')).toBeNull();
    expect(await volatile.get('user:2', 'likes')).toBeNull();
    expect(await client.hget(volatile.key('user:1'), 'likes')).toBe('42');
  });

  it('never returns a field that is past its time, nor counts it', async () => {
    await setOverdue('user:1', { likes: '42', name: 'Ada' });
    await volatile.set('user:1', 'mail', 'a@b', { ttl: HOUR });
    expect(await volatile.get('user:1', 'likes')).toBeNull();
    expect(await volatile.getMany('user:1', ['likes', 'mail', 'none'])).toEqual([null, 'a@b', null]);
    expect(await volatile.getAll('user:1')).toEqual({ mail: 'a@b' });
    expect(await volatile.size('user:1')).toBe(1);
    expect(await volatile.ttl('user:1', 'likes')).toBeUndefined();
    expect(await volatile.persist('user:1', 'likes')).toBe(false);
    expect(await volatile.delete('user:1', 'likes', 'name', 'mail')).toBe(1);
  });

  it('tells, takes and gives time to live', async () => {
    await volatile.setMany('user:1', { a: '1', b: 2, c: Buffer.from('3') }, { ttl: HOUR });
    await volatile.set('user:1', 'stays', 'x');
    const left = await volatile.ttl('user:1', 'a');
    expect(left).toBeGreaterThan(HOUR - 60_000);
    expect(left).toBeLessThanOrEqual(HOUR);
    expect(await volatile.ttl('user:1', 'stays')).toBe(Infinity);
    expect(await volatile.persist('user:1', 'a')).toBe(true);
    expect(await volatile.persist('user:1', 'stays')).toBe(true);
    expect(await volatile.ttl('user:1', 'a')).toBe(Infinity);
    await volatile.set('user:1', 'b', '3');
    expect(await volatile.ttl('user:1', 'b')).toBe(Infinity);
    await volatile.set('user:1', 'b', '4', { ttl: HOUR });
    expect(await volatile.ttl('user:1', 'b')).toBeLessThanOrEqual(HOUR);
    expect(await volatile.getAll('user:1')).toEqual({ a: '1', b: '4', c: '3', stays: 'x' });
  });

  it('keeps any text as name, field and value', async () => {
    const texts = ['__proto__', 'constructor', '{a}', '}{', ':', ' ', '\0', 'ü€😀', '0', '%', '"\'\\\n'];
    for (const text of texts) {
      await volatile.setMany(
        text,
        { [text === '__proto__' ? 'proto' : text]: text, empty: '' },
        { ttl: HOUR },
      );
      expect(await volatile.getAll(text)).toEqual({
        [text === '__proto__' ? 'proto' : text]: text,
        empty: '',
      });
    }
    await volatile.set('user:1', '__proto__', 'polluted', { ttl: HOUR });
    expect(await volatile.get('user:1', '__proto__')).toBe('polluted');
    expect(Object.hasOwn(await volatile.getAll('user:1'), '__proto__')).toBe(true);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  it('leaves nothing behind when all has been reaped', async () => {
    await setOverdue('user:1', { a: '1', b: '2' });
    await setOverdue('user:2', { a: '1' });
    await reapAll(volatile);
    // A server that expires fields itself removes them in its own good time, several times a second.
    while (expire === 'wait' && (await keysOf(client, name)).length > 0) await new Promise(setImmediate);
    expect(await keysOf(client, name)).toEqual([]);
    expect(await volatile.oldestOverdue()).toBe(0);
  });
}

function reapsByRecruits(connect: () => RedisClient) {
  let client: RedisClient;
  let others: RedisClient[] = [];
  beforeAll(() => {
    client = connect();
    others = [connect(), connect()];
  });
  afterAll(() => Promise.all([client, ...others].map((each) => each.quit())));

  it('goes straight to what is due, within its limit, and says whether more is waiting', async () => {
    const volatile = new VolatileHashes(client, 'limit', { partitions: 2, limit: 10, backend: 'stolen' });
    const hashes = Array.from({ length: 40 }, (_, index) => `due:${index}`);
    for (const hash of hashes) await volatile.set(hash, 'f', '1', { ttl: HOUR });
    await letPass(client, 'limit', hashes, 2);
    for (let index = 0; index < 200; index++) await volatile.set(`live:${index}`, 'f', '1', { ttl: HOUR });
    expect(await volatile.oldestOverdue()).toBeGreaterThan(HOUR);
    const first = await volatile.recruited(slice);
    expect(first.done).toBeGreaterThanOrEqual(10);
    expect(first.done).toBeGreaterThanOrEqual(first.limit);
    expect(first.done + (await reapAll(volatile))).toBe(40);
    expect(await volatile.recruited(slice)).toMatchObject({ done: 0 });
    expect(await volatile.get('live:7', 'f')).toBe('1');
  });

  it('does nothing when its slice has been aborted already', async () => {
    const volatile = new VolatileHashes(client, 'aborted', { backend: 'stolen' });
    await expect(volatile.recruited({ ...slice, signal: AbortSignal.abort() })).rejects.toThrow('abort');
  });

  it('loses no write in any interleaving of calls, expiry and slices from several connections', async () => {
    const [HASHES, FIELDS, NAME] = [['h1', 'h2', 'h3'], ['a', 'b', 'c', 'd'], 'model'];
    const at = fc.record({
      hash: fc.constantFrom(...HASHES),
      field: fc.constantFrom(...FIELDS),
      by: fc.nat(2),
    });
    const action = fc.oneof(
      at.map((where) => ({ ...where, do: 'set' as const, ttl: HOUR as number | undefined })),
      at.map((where) => ({ ...where, do: 'set' as const, ttl: undefined })),
      at.map((where) => ({ ...where, do: 'persist' as const })),
      at.map((where) => ({ ...where, do: 'delete' as const })),
      at.map((where) => ({ ...where, do: 'pass' as const })),
      at.map((where) => ({ ...where, do: 'slice' as const })),
    );
    const property = fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const volatiles = [client, ...others].map(
        (each) => new VolatileHashes(each, NAME, { partitions: 2, limit: 2, backend: 'stolen' }),
      );
      for (const hash of HASHES) await volatiles[0]!.delete(hash, ...FIELDS);
      const model = new Map<string, { value: string; due: 'never' | 'later' | 'past' }>();
      for (const [step, { hash, field, by, ...what }] of actions.entries()) {
        const volatile = volatiles[by]!;
        const key = `${hash}/${field}`;
        const known = model.get(key);
        const isLive = known !== undefined && known.due !== 'past';
        if (what.do === 'set') {
          // A slice of another connection is under way at the same time.
          const [, reaped] = await Promise.all([
            volatile.set(hash, field, String(step), what.ttl === undefined ? {} : { ttl: what.ttl }),
            volatiles[(by + 1) % 3]!.recruited(slice),
          ]);
          expect(reaped.done).toBeLessThanOrEqual(4);
          model.set(key, { value: String(step), due: what.ttl === undefined ? 'never' : 'later' });
        } else if (what.do === 'persist') {
          expect(await volatile.persist(hash, field)).toBe(isLive);
          if (isLive) model.set(key, { ...known, due: 'never' });
        } else if (what.do === 'delete') {
          expect(await volatile.delete(hash, field)).toBe(isLive ? 1 : 0);
          model.delete(key);
        } else if (what.do === 'pass') {
          await letPass(client, NAME, [hash], 2);
          for (const [other, entry] of model) {
            if (other.startsWith(`${hash}/`) && entry.due === 'later')
              model.set(other, { ...entry, due: 'past' });
          }
        } else {
          await volatile.recruited(slice);
        }
        for (const each of HASHES) {
          const live = [...model].filter(([id, entry]) => id.startsWith(`${each}/`) && entry.due !== 'past');
          expect(await volatile.getAll(each)).toEqual(
            Object.fromEntries(live.map(([id, { value }]) => [id.slice(each.length + 1), value])),
          );
          expect(await volatile.size(each)).toBe(live.length);
        }
      }
      await reapAll(volatiles[0]!);
      for (const each of HASHES) {
        const left = [...model].filter(([id, entry]) => id.startsWith(`${each}/`) && entry.due !== 'past');
        expect(await client.hlen(volatiles[0]!.key(each))).toBe(left.length);
      }
    });
    await fc.assert(property, { seed: 20261124, numRuns: 60 });
  }, 60_000);
}

describe('VolatileHashes on one server', () => {
  const server = useRedis();
  const connect = () => new Redis(server.url);

  describe('whose fields recruits delete', () => {
    behavesAsVolatileHashes(connect, { backend: 'auto' }, 'move');
    reapsByRecruits(connect);
  });

  describe('when something is wrong', () => {
    let client: Redis;
    beforeAll(() => {
      client = connect();
    });
    afterAll(() => client.quit());

    it('takes its scripts anew after SCRIPT FLUSH', async () => {
      const volatile = new VolatileHashes(client, 'flushed');
      await volatile.set('a', 'f', '1', { ttl: HOUR });
      await client.script('FLUSH');
      expect(await volatile.get('a', 'f')).toBe('1');
      expect(await volatile.recruited(slice)).toEqual({ done: 0, limit: 200 });
    });

    it('rejects with what the server says of a key of another type, and changes nothing', async () => {
      const volatile = new VolatileHashes(client, 'wrong');
      await client.set(volatile.key('a'), 'text');
      await expect(volatile.set('a', 'f', '1')).rejects.toThrow('WRONGTYPE');
      await expect(volatile.get('a', 'f')).rejects.toThrow('WRONGTYPE');
      expect(await client.get(volatile.key('a'))).toBe('text');
    });

    it('names the version of a server that cannot expire fields', async () => {
      const volatile = new VolatileHashes(client, 'old', { backend: 'native' });
      const native = volatile.get('a', 'f');
      await expect(native).rejects.toThrow(
        /backend 'native' needs HPEXPIRE .*; this server is (Redis|Valkey) \d/,
      );
    });

    it('still deletes when the server is out of memory', async () => {
      const volatile = new VolatileHashes(client, 'oom');
      await volatile.setMany('a', { f: 'x'.repeat(100) }, { ttl: HOUR });
      await letPass(client, 'oom', ['a'], 16);
      await client.config('SET', 'maxmemory', '1');
      try {
        await expect(volatile.set('b', 'f', '1')).rejects.toThrow('OOM');
        await expect(volatile.recruited(slice)).resolves.toEqual({ done: 1, limit: 200 });
      } finally {
        await client.config('SET', 'maxmemory', '0');
      }
    });

    it.each<[string, (volatile: VolatileHashes) => Promise<unknown>, RegExp]>([
      ['a ttl of 0', (v) => v.set('a', 'f', '1', { ttl: 0 }), /RangeError: ttl is 0;/],
      ['a negative ttl', (v) => v.set('a', 'f', '1', { ttl: -5 }), /RangeError: ttl is -5;/],
      ['a ttl of NaN', (v) => v.set('a', 'f', '1', { ttl: NaN }), /RangeError: ttl is NaN;/],
      [
        'a ttl over 2^53',
        (v) => v.set('a', 'f', '1', { ttl: 2 ** 54 }),
        /RangeError: ttl is 18014398509481984;/,
      ],
      [
        'a ttl that is text',
        (v) => v.set('a', 'f', '1', { ttl: '9' as unknown as number }),
        /TypeError: ttl is '9';/,
      ],
      ['an empty hash name', (v) => v.get('', 'f'), /RangeError: hash is ''/],
      ['an empty field name', (v) => v.set('a', '', '1'), /RangeError: field is ''/],
      ['a field that is a number', (v) => v.get('a', 5 as unknown as string), /TypeError: field is 5/],
      ['a value that is an object', (v) => v.set('a', 'f', {} as string), /TypeError: value of 'f' is {}/],
      ['no fields', (v) => v.setMany('a', {}), /RangeError: number of fields is 0/],
      ['more than 1,000 fields', (v) => v.getMany('a', Array(1001).fill('f')), /number of fields is 1001/],
    ])('refuses %s', async (_what, call, message) => {
      const error = await call(new VolatileHashes(client, 'bad')).catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(message);
    });

    it.each<[unknown, unknown, RegExp]>([
      ['', {}, /name is ''/],
      ['a{b}', {}, /name is 'a{b}'/],
      [7, {}, /name is 7/],
      ['a', { partitions: 0 }, /partitions is 0/],
      ['a', { partitions: 1.5 }, /partitions is 1.5/],
      ['a', { partitions: 16_385 }, /partitions is 16385/],
      ['a', { limit: 401 }, /limit is 401/],
      ['a', { backend: 'magic' }, /backend is 'magic'; expected one of auto, stolen, native/],
      ['a', { prefix: '{' }, /prefix is '{'/],
    ])('refuses the name %p with %p', (name, options, message) => {
      expect(() => new VolatileHashes(client, name as string, options as object)).toThrow(message);
    });

    it('refuses what is no client', () => {
      expect(() => new VolatileHashes({} as Redis, 'a')).toThrow(/{} is no client of ioredis/);
    });
  });
});

describe('VolatileHashes on a server that expires fields itself', () => {
  const server = useRedis({ release: 'redis-8' });
  behavesAsVolatileHashes(() => new Redis(server.url), { backend: 'auto' }, 'wait');
  it('leaves recruits nothing to do', async () => {
    const client = new Redis(server.url);
    const volatile = new VolatileHashes(client, 'native', { backend: 'native' });
    await volatile.set('a', 'f', '1', { ttl: 1 });
    expect(await volatile.recruited(slice)).toEqual({ done: 0, limit: 1 });
    await client.quit();
  });
});

describe('VolatileHashes on Valkey 9', () => {
  const server = useRedis({ release: 'valkey-9' });
  behavesAsVolatileHashes(() => new Redis(server.url), { backend: 'auto' }, 'wait');
});

describe('VolatileHashes on a Redis Cluster', () => {
  const cluster = useRedisCluster();
  const connect = () => new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
  behavesAsVolatileHashes(connect, {}, 'move');
  reapsByRecruits(connect);

  it('spreads its partitions over the masters', async () => {
    const client = connect();
    const volatile = new VolatileHashes(client, 'spread');
    for (let index = 0; index < 200; index++) await volatile.set(`h${index}`, 'f', '1');
    const counts = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
    expect(counts.every((count) => count > 0)).toBe(true);
    await client.quit();
  });
});
