import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import {
  createFailFastRedis,
  VolatileHashes,
  type RedisClient,
  type VolatileHashesOptions,
} from 'nestjs-work-stealing/redis';
import { ModelledHashes } from '../support/modelled-hashes.js';
import {
  describeOnRelease,
  patient,
  STEADY,
  untilReady,
  useRedis,
  useRedisCluster,
  withoutFieldExpiry,
} from '../support/redis.js';

const HOUR = 3_600_000;
const slice = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };

/** What has a due time falls due now: due times, not the clock, are moved. What is not in the index stays out of it. */
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
    for (const field of await client.zrange(due, '0', '-1')) await client.zadd(due, 'XX', 1, field);
    await client.zadd(index, 'XX', 1, hash);
  }
}

async function keysOf(client: RedisClient, name: string): Promise<string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  return (await Promise.all(nodes.map((node) => node.keys(`*{${name}:*`)))).flat();
}

async function reapAll(volatile: VolatileHashes): Promise<number> {
  let total = 0;
  for (;;) {
    const { done, more } = await volatile.recruited(slice);
    total += done;
    if (more !== true) return total;
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

  it('reads all fields of a hash of any size, and counts them, some at a time', async () => {
    const volatile = new VolatileHashes(client, `${name}large`, options);
    const all = new Map([['__proto__', 'own']]);
    for (let part = 0; part < 12; part++) {
      const fields = Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [`f${part}:${index}`, `${part}`]),
      );
      await volatile.setMany('a', fields, part % 2 === 0 ? {} : { ttl: HOUR });
      for (const [field, value] of Object.entries(fields)) all.set(field, value);
    }
    await volatile.set('a', '__proto__', 'own');
    await volatile.set('a', 'gone', '1', { ttl: 1 });
    await sleep(20);
    expect(new Map(Object.entries(await volatile.getAll('a')))).toEqual(all);
    expect(await volatile.size('a')).toBe(2401);
    await volatile.setMany('b', { one: '1', two: '2' });
    expect(await volatile.getAll('b')).toEqual({ one: '1', two: '2' });
    expect(await volatile.size('b')).toBe(2);
    expect(await volatile.getAll('none')).toEqual({});
    expect(await volatile.size('none')).toBe(0);
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
    expect(first.more).toBe(true);
    expect(first.done + (await reapAll(volatile))).toBe(40);
    expect(await volatile.recruited(slice)).toMatchObject({ done: 0 });
    expect(await volatile.get('live:7', 'f')).toBe('1');
  });

  it('visits a bounded number of hashes, however few of their fields are due', async () => {
    const volatile = new VolatileHashes(client, 'visits', { partitions: 1, limit: 200, backend: 'stolen' });
    const hashes = Array.from({ length: 40 }, (_, index) => `h${index}`);
    for (const hash of hashes) await volatile.set(hash, 'f', '1', { ttl: HOUR });
    await letPass(client, 'visits', hashes, 1);
    expect(await volatile.recruited(slice)).toEqual({ done: 24, more: true });
    expect(await volatile.recruited(slice)).toMatchObject({ done: 16 });
  });

  it('deletes what is overdue in a hash, and nothing else of it', async () => {
    const volatile = new VolatileHashes(client, 'mixed', { partitions: 1, backend: 'stolen' });
    await volatile.setMany('a', { past: '1', gone: '2' }, { ttl: HOUR });
    await letPass(client, 'mixed', ['a'], 1);
    await volatile.set('a', 'later', '3', { ttl: HOUR });
    await volatile.set('a', 'stays', '4');
    expect(await volatile.recruited(slice)).toMatchObject({ done: 2 });
    expect(await client.hgetall(volatile.key('a'))).toEqual({ later: '3', stays: '4' });
    await letPass(client, 'mixed', ['a'], 1);
    expect(await volatile.recruited(slice)).toMatchObject({ done: 1 });
    expect(await client.hgetall(volatile.key('a'))).toEqual({ stays: '4' });
  });

  it.each(['h0', 'h1', 'h2', 'h3'])(
    'finds what is overdue in whichever partition it is: %s',
    async (overdue) => {
      const name = `oldest-${overdue}`;
      const volatile = new VolatileHashes(client, name, { partitions: 4, backend: 'stolen' });
      for (const hash of ['h0', 'h1', 'h2', 'h3']) await volatile.set(hash, 'f', '1', { ttl: HOUR });
      expect(await volatile.oldestOverdue()).toBe(0);
      await letPass(client, name, [overdue], 4);
      expect(await volatile.oldestOverdue()).toBeGreaterThan(HOUR);
    },
  );

  it('finds and deletes what is due in more partitions than one slice looks into', async () => {
    const volatile = new VolatileHashes(client, 'wide', { partitions: 200, backend: 'stolen' });
    const hashes = ['h0', 'h1', 'h2', 'h3', 'h4'];
    for (const hash of hashes) await volatile.set(hash, 'f', '1', { ttl: HOUR });
    await letPass(client, 'wide', hashes, 200);
    expect(await volatile.oldestOverdue()).toBeGreaterThan(HOUR);
    expect(await volatile.recruited(slice)).toEqual({ done: 5, more: false });
    expect(await volatile.oldestOverdue()).toBe(0);
  });

  it('takes and deletes as many fields in a call as are allowed', async () => {
    const volatile = new VolatileHashes(client, 'most', { backend: 'stolen' });
    const fields = Array.from({ length: 250 }, (_, index) => `f${index}`);
    await volatile.setMany('a', Object.fromEntries(fields.map((field) => [field, '1'])), { ttl: HOUR });
    expect(await volatile.size('a')).toBe(250);
    await letPass(client, 'most', ['a'], 16);
    await volatile.set('a', 'f0', '2');
    expect(await volatile.delete('a', ...fields)).toBe(1);
    expect(await keysOf(client, 'most')).toEqual([]);
  });

  it('does nothing when its slice has been aborted already', async () => {
    const volatile = new VolatileHashes(client, 'aborted', { backend: 'stolen' });
    await expect(volatile.recruited({ ...slice, signal: AbortSignal.abort() })).rejects.toThrow('abort');
  });

  it('loses no write in any interleaving of calls, expiry and slices from several connections', async () => {
    const [HASHES, FIELDS, NAME] = [['h1', 'h2', 'h3'], ['a', 'b', 'c', 'd'], 'model'];
    const action = fc.record({
      do: fc.constantFrom('set', 'set', 'set', 'set to stay', 'persist', 'delete', 'pass', 'slices'),
      turn: fc.record({ by: fc.nat(2), isRaced: fc.boolean() }),
      hash: fc.constantFrom(...HASHES),
      field: fc.constantFrom(...FIELDS),
    });
    const property = fc.asyncProperty(fc.array(action, { maxLength: 40, size: 'max' }), async (actions) => {
      const workers = [client, ...others].map(
        (each) => new VolatileHashes(each, NAME, { partitions: 2, limit: 2, backend: 'stolen' }),
      );
      for (const hash of HASHES) await workers[0]!.delete(hash, ...FIELDS);
      const modelled = new ModelledHashes(workers, (hash) => letPass(client, NAME, [hash], 2));
      for (const [step, { do: name, turn, hash, field }] of actions.entries()) {
        const observed = await {
          set: () => modelled.set(turn, hash, field, String(step), HOUR),
          'set to stay': () => modelled.set(turn, hash, field, String(step)),
          persist: () => modelled.persist(turn, hash, field),
          delete: () => modelled.delete(turn, hash, field),
          pass: () => modelled.pass(hash),
          slices: () => modelled.slices(),
        }[name]();
        expect(observed.actual).toEqual(observed.expected);
        for (const each of HASHES) {
          const looked = await modelled.look(turn.by, each);
          expect(looked.actual).toEqual(looked.expected);
        }
      }
      await reapAll(workers[0]!);
      for (const hash of HASHES)
        expect(await client.hgetall(workers[0]!.key(hash))).toEqual(modelled.live(hash));
    });
    await fc.assert(property, { seed: 20261124, numRuns: 50 });
  }, 60_000);
}

const NO_FIELD_EXPIRY = await withoutFieldExpiry();

describe('VolatileHashes on one server that does not expire fields', () => {
  const server = useRedis({ args: NO_FIELD_EXPIRY });
  const connect = () => patient(new Redis(server.url));

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
      expect(await volatile.recruited(slice)).toEqual({ done: 0, more: false });
    });

    it('rejects with what the server says of a key of another type, and changes nothing', async () => {
      const volatile = new VolatileHashes(client, 'wrong');
      await client.set(volatile.key('a'), 'text');
      await expect(volatile.set('a', 'f', '1')).rejects.toThrow('WRONGTYPE');
      await expect(volatile.get('a', 'f')).rejects.toThrow('WRONGTYPE');
      expect(await client.get(volatile.key('a'))).toBe('text');
    });

    it('sets no field where its due time cannot be kept: it would stay for ever', async () => {
      const volatile = new VolatileHashes(client, 'wrong-due', { backend: 'stolen' });
      await client.set(volatile.key('a').replace(':hash:', ':due:'), 'text');
      await expect(volatile.set('a', 'f', '1', { ttl: HOUR })).rejects.toThrow('WRONGTYPE');
      expect(await client.exists(volatile.key('a'))).toBe(0);
    });

    it('goes past a hash that somebody has replaced by a key of another type', async () => {
      const volatile = new VolatileHashes(client, 'replaced', { partitions: 1, backend: 'stolen' });
      for (const hash of ['a', 'b']) await volatile.set(hash, 'f', '1', { ttl: HOUR });
      await letPass(client, 'replaced', ['a', 'b'], 1);
      await client.set(volatile.key('a'), 'text');
      expect(await reapAll(volatile)).toBe(2);
      expect(await client.exists(volatile.key('b'))).toBe(0);
      expect(await client.get(volatile.key('a'))).toBe('text');
      expect(await volatile.oldestOverdue()).toBe(0);
    });

    it('counts no field of a hash that somebody has deleted', async () => {
      const volatile = new VolatileHashes(client, 'deleted', { partitions: 1, backend: 'stolen' });
      await volatile.set('a', 'f', '1', { ttl: HOUR });
      await letPass(client, 'deleted', ['a'], 1);
      await client.del(volatile.key('a'));
      expect(await volatile.size('a')).toBe(0);
    });

    it('works with a client that gives numbers as text', async () => {
      const texts = patient(new Redis(server.url, { stringNumbers: true }));
      const volatile = new VolatileHashes(texts, 'texts');
      await volatile.set('a', 'f', '1', { ttl: HOUR });
      expect(await volatile.persist('a', 'f')).toBe(true);
      expect(await volatile.ttl('a', 'f')).toBe(Infinity);
      expect(await volatile.delete('a', 'f')).toBe(1);
      await texts.quit();
    });

    it('rejects within the time-out of the client while the server is stopped', async () => {
      // The connection outlasts both calls, whatever the machine is busy with between them.
      const fast = createFailFastRedis(server.url, { socketTimeout: 60_000 });
      fast.on('error', () => {});
      const volatile = new VolatileHashes(fast, 'stopped', { backend: 'stolen' });
      await untilReady(fast);
      server.kill('SIGSTOP');
      try {
        await expect(volatile.get('a', 'f')).rejects.toThrow(/did not answer within 2000 ms/);
        await expect(volatile.recruited(slice)).rejects.toThrow(/did not answer within 2000 ms/);
      } finally {
        server.kill('SIGCONT');
        fast.disconnect();
      }
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
        await expect(volatile.recruited(slice)).resolves.toEqual({ done: 1, more: false });
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
        /RangeError: ttl is 18014398509481984; .* at most 2\^45/,
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
      ['more than 250 fields', (v) => v.getMany('a', Array(251).fill('f')), /number of fields is 251/],
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
      ['a', { backend: 'magic' }, /backend is 'magic'; expected 'auto', 'stolen' or 'native'/],
      ['a', { prefix: '{' }, /prefix is '{'/],
    ])('refuses the name %p with %p', (name, options, message) => {
      expect(() => new VolatileHashes(client, name as string, options as object)).toThrow(message);
    });

    it('refuses what is no client', () => {
      expect(() => new VolatileHashes({} as Redis, 'a')).toThrow(/{} is neither a client of ioredis/);
    });
  });
});

function leavesFieldsToTheServer(server: { readonly url: string }) {
  const connect = () => patient(new Redis(server.url));
  behavesAsVolatileHashes(connect, { backend: 'auto' }, 'wait');

  it('leaves recruits nothing to do', async () => {
    const client = connect();
    const volatile = new VolatileHashes(client, 'native', { backend: 'native' });
    await volatile.set('a', 'f', '1', { ttl: 1 });
    expect(await volatile.recruited(slice)).toEqual({ done: 0, more: false });
    await client.quit();
  });

  it('takes the longest time to live that is allowed', async () => {
    const client = connect();
    const volatile = new VolatileHashes(client, 'longest');
    await volatile.set('a', 'f', '1', { ttl: 2 ** 45 });
    expect(await volatile.ttl('a', 'f')).toBeGreaterThan(2 ** 45 - 60_000);
    await client.quit();
  });

  it('still has recruits delete what it is told to', async () => {
    const client = connect();
    const volatile = new VolatileHashes(client, 'forced', { partitions: 1, backend: 'stolen' });
    await volatile.set('a', 'f', '1', { ttl: HOUR });
    await letPass(client, 'forced', ['a'], 1);
    expect(await volatile.get('a', 'f')).toBeNull();
    expect(await reapAll(volatile)).toBe(1);
    await client.quit();
  });
}

await describeOnRelease(
  'redis-8',
  'VolatileHashes on Redis 8, which expires fields itself',
  leavesFieldsToTheServer,
);
await describeOnRelease('valkey-9', 'VolatileHashes on Valkey 9, which does too', leavesFieldsToTheServer);

describe('VolatileHashes on a Redis Cluster', () => {
  const cluster = useRedisCluster(STEADY);
  const connect = () => patient(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))));
  behavesAsVolatileHashes(connect, { backend: 'stolen' }, 'move');
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
