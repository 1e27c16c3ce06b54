import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { Recruiter, WorkStealingConfigError } from 'nestjs-work-stealing';
import {
  EarlyRefreshCache,
  type CacheStats,
  type EarlyRefreshCacheOptions,
  type RedisClient,
} from 'nestjs-work-stealing/cache';
import { createFailFastRedis } from 'nestjs-work-stealing/redis';
import { deterministic, ManualClock, SeededRandom } from 'nestjs-work-stealing/testing';
import { Fleet } from '../support/fleet.js';
import { useRedis, useRedisCluster } from '../support/redis.js';

const HOUR = 3_600_000;
/**
 * A busy machine may take its time. A cache that goes on without Redis would not show what is tested, nor one whose lease
 * or wait is over because this process stood still for some seconds.
 */
const PATIENT = { patience: 20_000, wait: 20_000, lease: 30_000 };
jest.setTimeout(60_000);
const LONG = { ttl: HOUR };

const entryOf = (key: string, name = 'films') => `work-stealing:{${name}:${key}}:ec1:entry`;
const leaseOf = (key: string, name = 'films') => `work-stealing:{${name}:${key}}:ec1:lease`;

/** Due at the next look but for one in a billion: its recompute seems to take ages. */
async function makeDue(client: RedisClient, key: string): Promise<void> {
  await client.hset(entryOf(key), 'delta', 1e9 * HOUR);
}

/** Its expiry is past by so many ms: due times, not the clock, are moved. */
async function letExpire(client: RedisClient, key: string, by = 1): Promise<void> {
  await client.hset(entryOf(key), 'expiry', Date.now() - by);
}

/** A promise that a test settles. */
function promised<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Waits for what is to come true soon; a test that waits in vain ends all the same. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`It never came true: ${isSo.toString()}`);
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
}

/** A recompute that counts, and gives what it is told to. */
function counted<T>(give: (turn: number) => T) {
  const recompute = () => {
    recompute.runs++;
    return give(recompute.runs);
  };
  recompute.runs = 0;
  return recompute;
}

function nonZero(stats: CacheStats): Partial<CacheStats> {
  return Object.fromEntries(Object.entries(stats).filter(([, count]) => count !== 0));
}

/** What is logged while `act` runs. */
async function logged(act: () => Promise<unknown>): Promise<string[]> {
  const error = jest.fn<(message: unknown) => void>();
  Logger.overrideLogger({ log: jest.fn(), warn: jest.fn(), error } satisfies LoggerService);
  try {
    await act();
  } finally {
    Logger.overrideLogger(false);
  }
  return error.mock.calls.map(([message]) => String(message));
}

beforeAll(() => Logger.overrideLogger(false));

function behavesAsCache(connect: () => RedisClient) {
  let client: RedisClient;
  let other: RedisClient;
  let key = '';
  let turn = 0;
  beforeAll(() => {
    client = connect();
    other = connect();
  });
  beforeEach(() => {
    key = `film${turn++}`;
  });
  afterAll(() => Promise.all([client.quit(), other.quit()]));

  /** Two processes of a fleet, as far as Redis can tell. */
  function fleetOfTwo(options: EarlyRefreshCacheOptions = {}) {
    return [
      new EarlyRefreshCache(client, 'films', { ...PATIENT, ...options }),
      new EarlyRefreshCache(other, 'films', { ...PATIENT, ...options }),
    ] as const;
  }

  function cacheWith(options: EarlyRefreshCacheOptions = {}) {
    return new EarlyRefreshCache(client, 'films', { ...PATIENT, ...options });
  }

  it('computes once, then answers from Redis, also in another process', async () => {
    const [here, there] = fleetOfTwo();
    const recompute = counted(() => ({ title: 'Alien' }));
    expect(await here.get(key, recompute, LONG)).toEqual({ title: 'Alien' });
    expect(await here.get(key, recompute, LONG)).toEqual({ title: 'Alien' });
    expect(await there.get(key, recompute, LONG)).toEqual({ title: 'Alien' });
    expect(recompute.runs).toBe(1);
    expect(nonZero(here.stats)).toEqual({ hits: 1, misses: 1, recomputes: 1 });
    expect(nonZero(there.stats)).toEqual({ hits: 1 });
  });

  it('keeps nothing longer than its time to live, and the time past it that it is to be served', async () => {
    const cache = cacheWith();
    await cache.get(key, () => 'Alien', { ttl: 60_000 });
    const short = await client.pttl(entryOf(key));
    expect(short).toBeGreaterThan(0);
    expect(short).toBeLessThanOrEqual(60_000);
    await cache.set(key, 'Aliens', { ttl: 1000, stale: HOUR });
    expect(await client.pttl(entryOf(key))).toBeGreaterThan(HOUR - 60_000);
    expect(await client.pttl(entryOf(key))).toBeLessThanOrEqual(HOUR + 1000);
    expect(await client.exists(leaseOf(key))).toBe(0);
  });

  it('gives each caller a copy of its own, as the codec gives it back, computed or cached', async () => {
    const cache = cacheWith();
    const made = { at: new Date(0), cast: ['Weaver'], nothing: undefined };
    const results = await Promise.all([1, 2, 3].map(() => cache.get<unknown>(key, () => made, LONG)));
    results.push(await cache.get(key, () => made, LONG));
    expect(new Set([...results, made]).size).toBe(5);
    for (const result of results)
      expect(result).toStrictEqual({ at: '1970-01-01T00:00:00.000Z', cast: ['Weaver'] });
  });

  it('caches any value of JSON, null and undefined under any key', async () => {
    const cache = cacheWith();
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, null, 0, '', false, Number.MIN_VALUE));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), values, async (text, value) => {
        const id = `${key}:${text}`;
        await cache.delete(id);
        const recompute = counted(() => value);
        const expected: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
        expect(await cache.get(id, recompute, LONG)).toStrictEqual(expected);
        expect(await cache.get(id, recompute, LONG)).toStrictEqual(expected);
        expect(recompute.runs).toBe(1);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('never mixes keys, nor caches of different names', async () => {
    const keys = [
      'a',
      'a:',
      ':a',
      '{a}',
      '}a',
      '%3a',
      '%',
      ' ',
      '\n',
      '__proto__',
      'ü€😀',
      'x'.repeat(10_000),
    ];
    const caches = [cacheWith(), new EarlyRefreshCache(client, 'films:a', PATIENT)];
    for (const cache of caches) {
      for (const each of keys) await cache.set(key + each, [cache.name, each], LONG);
    }
    for (const cache of caches) {
      for (const each of keys) {
        expect(await cache.get<unknown>(key + each, () => 'missing', LONG)).toEqual([cache.name, each]);
      }
    }
  });

  it('keeps null and undefined for a time of their own, or not at all', async () => {
    const cache = cacheWith();
    await cache.get(key, () => null, { ttl: HOUR, negativeTtl: 1000 });
    expect(await client.pttl(entryOf(key))).toBeLessThanOrEqual(1000);
    const recompute = counted((run) => (run < 3 ? undefined : 'Alien'));
    for (const expected of [undefined, undefined, 'Alien', 'Alien']) {
      expect(await cache.get(`${key}b`, recompute, { ttl: HOUR, negativeTtl: 0 })).toBe(expected);
    }
    expect(await client.exists(leaseOf(`${key}b`))).toBe(0);
    // One that turns out to be nothing takes away what was there.
    await makeDue(client, `${key}b`);
    const gone = counted(() => null);
    await cache.get(`${key}b`, gone, { ttl: HOUR, negativeTtl: 0 });
    await until(async () => (await client.exists(entryOf(`${key}b`))) === 0);
    expect(gone.runs).toBe(1);
  });

  it('writes and reads with the codec that it is given, bytes too', async () => {
    const codec = { encode: serialize, decode: deserialize as (payload: Buffer) => unknown };
    const cache = cacheWith({ codec });
    const value = new Map<string, unknown>([
      ['at', new Date(5)],
      ['bytes', new Uint8Array([0, 255, 128])],
    ]);
    expect(await cache.get(key, () => value, LONG)).toEqual(value);
    expect(await cache.get(key, () => new Map(), LONG)).toEqual(value);
  });

  it('serves the old value of an entry that is due, and has one process of all recompute it', async () => {
    const [here, there] = fleetOfTwo();
    await here.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const fresh = promised<string>();
    const recompute = counted(() => fresh.promise);
    const asked = [here, there, here, there, here, there].map((cache) =>
      cache.get<string>(key, recompute, LONG),
    );
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 6 }, () => 'old'));
    await until(() => recompute.runs > 0);
    expect(await there.get<string>(key, recompute, LONG)).toBe('old');
    fresh.resolve('new');
    await until(async () => (await there.get<string>(key, recompute, LONG)) === 'new');
    expect(recompute.runs).toBe(1);
    expect(here.stats.refreshes + there.stats.refreshes).toBe(1);
    expect(here.stats.misses + there.stats.misses).toBe(1);
    // The time that it took is kept beside it: it is due no longer.
    expect(Number(await client.hget(entryOf(key), 'delta'))).toBeLessThan(HOUR);
    expect(await client.exists(leaseOf(key))).toBe(0);
  });

  it('recomputes after the call has returned, and outside of its async context', async () => {
    const cache = cacheWith();
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const recompute = () => seen.push(request.getStore());
    await request.run('a miss', () => cache.get(key, recompute, LONG));
    await makeDue(client, key);
    await request.run('a hit', () => cache.get(key, recompute, LONG));
    expect(seen).toHaveLength(1);
    await until(() => seen.length === 2);
    expect(seen).toEqual([undefined, undefined]);
  });

  it('serves an old value past its expiry for as long as it is allowed, while somebody recomputes', async () => {
    const cache = cacheWith();
    await cache.get(key, () => 'old', { ttl: HOUR, stale: HOUR });
    await letExpire(client, key);
    expect(await cache.get<string>(key, () => 'new', { ttl: HOUR, stale: HOUR })).toBe('old');
    await until(async () => (await cache.get<string>(key, () => 'newer', LONG)) === 'new');
    expect(cache.stats.misses).toBe(1);
    expect(cache.stats.staleHits).toBeGreaterThan(0);
  });

  it('enlists the worker at a hit, but not at a miss nor when it is to recompute', async () => {
    const recruiter = new Recruiter('default', deterministic());
    const cache = cacheWith({ recruiter });
    await cache.get(key, () => 'Alien', LONG);
    expect(recruiter.enlistments).toBe(0);
    await cache.get(key, () => 'Alien', LONG);
    expect(recruiter.enlistments).toBe(1);
    await makeDue(client, key);
    await cache.get(key, () => 'Alien', LONG);
    expect(recruiter.enlistments).toBe(1);
  });

  it('lets one process compute what all miss, and the others wait for it', async () => {
    const [here, there] = fleetOfTwo();
    const value = promised<string>();
    const recompute = counted(() => value.promise);
    const asked = [here, here, there, here, there, there].map((cache) =>
      cache.get<string>(key, recompute, LONG),
    );
    // Before the value comes, all have looked it up: a look-up that is late would hit.
    await until(() => recompute.runs > 0 && here.stats.misses + there.stats.misses === 6);
    value.resolve('Alien');
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 6 }, () => 'Alien'));
    expect(recompute.runs).toBe(1);
    const [a, b] = [here.stats, there.stats];
    expect([a.misses + b.misses, a.coalesced + b.coalesced, a.waits + b.waits]).toEqual([6, 4, 1]);
  });

  it('hands an error of the one who computes to its own callers, and lets the next try at once', async () => {
    const [here, there] = fleetOfTwo();
    const failure = promised<string>();
    const asked = [here.get(key, () => failure.promise, LONG), here.get(key, () => 'unused', LONG)];
    await until(() => here.stats.recomputes === 1 && here.stats.coalesced === 1);
    const waiting = there.get(key, () => 'Alien', LONG);
    await until(() => there.stats.waits === 1);
    failure.reject(new Error('the database is away'));
    for (const each of asked) await expect(each).rejects.toThrow('the database is away');
    expect(await waiting).toBe('Alien');
    expect(here.stats.failures).toBe(1);
    expect(there.stats.waitsInVain).toBe(0);
  });

  it('rejects with what a recompute throws synchronously, and caches nothing', async () => {
    const cache = cacheWith();
    const error = new Error('no such film');
    const failing = () => {
      throw error;
    };
    await expect(cache.get(key, failing, LONG)).rejects.toBe(error);
    expect(await client.exists(entryOf(key), leaseOf(key))).toBe(0);
  });

  it('waits for another process so long and no longer, and does not store what it computes then', async () => {
    const [here, there] = fleetOfTwo({ wait: 30 });
    const endless = promised<string>();
    const stuck = here.get(key, () => endless.promise, LONG);
    await until(() => here.stats.recomputes === 1);
    expect(await there.get(key, () => 'mine', LONG)).toBe('mine');
    expect(there.stats.waitsInVain).toBe(1);
    expect(await client.exists(entryOf(key))).toBe(0);
    endless.resolve('theirs');
    expect(await stuck).toBe('theirs');
    expect(await there.get(key, () => 'unused', LONG)).toBe('theirs');
  });

  it('serves the old value while its recompute fails, rests between attempts, and logs and counts them', async () => {
    const [here, there] = fleetOfTwo({ rest: 20 });
    await here.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const failing = counted(() => Promise.reject(new Error('away\nERROR forged line')));
    const begun = performance.now();
    const lines = await logged(async () => {
      while (failing.runs < 3) {
        for (const cache of [here, there]) expect(await cache.get<unknown>(key, failing, LONG)).toBe('old');
      }
      // A look that is late by the rest after the third has begun a fourth.
      await until(() => here.stats.failures + there.stats.failures === failing.runs);
    });
    expect(lines.length).toBeGreaterThanOrEqual(1);
    // A line a second and process: two, as this takes tens of ms.
    expect(lines.length).toBeLessThanOrEqual(2 + (2 * (performance.now() - begun)) / 1000);
    expect(lines[0]).toMatch(/^Cache "films": 'film\d+': its refresh failed; .*: away ERROR forged line$/);
  });

  it('has nobody try again in the rest after a failure, but for a value that is missing', async () => {
    const cache = cacheWith({ rest: HOUR });
    await cache.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const failing = counted(() => Promise.reject(new Error('away')));
    await cache.get<unknown>(key, failing, LONG);
    await until(async () => (await client.get(leaseOf(key))) === 'rest');
    for (let call = 0; call < 5; call++) expect(await cache.get<unknown>(key, failing, LONG)).toBe('old');
    expect([failing.runs, cache.stats.refreshes]).toEqual([1, 1]);
    await client.del(entryOf(key));
    expect(await cache.get(key, () => 'new', LONG)).toBe('new');
    expect(cache.stats.waits).toBe(0);
  });

  it.each([
    ['that the codec cannot read', { value: '{"title": ' }],
    ['of a kind that is not known', { kind: 'tombstone' }],
  ])('takes an entry %s for missing, logs it, and has it replaced once', async (_what, fields) => {
    const [here, there] = fleetOfTwo();
    await here.set(key, 'old', LONG);
    await client.hset(entryOf(key), fields);
    const recompute = counted(() => 'new');
    const lines = await logged(async () => {
      const asked = [here, there, here, there].map((cache) => cache.get(key, recompute, LONG));
      expect(await Promise.all(asked)).toEqual(['new', 'new', 'new', 'new']);
    });
    expect(recompute.runs).toBe(1);
    expect(lines[0]).toMatch(/its entry cannot be decoded, and counts as missing/);
    expect(here.stats.broken + there.stats.broken).toBeGreaterThan(0);
    expect(await here.get(key, recompute, LONG)).toBe('new');
  });

  it('does not wait for another entry when the one that has come cannot be read', async () => {
    const [here, there] = fleetOfTwo({ wait: 20_000 });
    const never = promised<string>();
    const stuck = here.get(key, () => never.promise, LONG);
    await until(() => here.stats.recomputes === 1);
    const waiting = there.get(key, () => 'anew', LONG);
    await until(() => there.stats.waits === 1);
    // As another version stores it: the entry with one command, then the end of the lease.
    const entry = { id: 'x', kind: 'value', value: '{', expiry: Date.now() + HOUR, delta: 1, stale: 0 };
    await client.hset(entryOf(key), entry);
    await until(() => there.stats.broken > 0);
    await client.del(leaseOf(key));
    expect(await waiting).toBe('anew');
    expect(await there.get(key, () => 'anew', LONG)).toBe('anew');
    expect(there.stats.waitsInVain).toBe(0);
    never.resolve('late');
    await stuck;
  });

  it('gives a value that cannot be encoded as it is, uncached, and logs it', async () => {
    const cache = cacheWith();
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const lines = await logged(async () => {
      expect(await cache.get<unknown>(key, () => circular, LONG)).toBe(circular);
      expect(await cache.get<unknown>(`${key}f`, () => expect, LONG)).toBe(expect);
    });
    expect(lines[0]).toMatch(/its value cannot be encoded, and is not cached: Converting circular/);
    expect(cache.stats.broken).toBe(2);
    await until(async () => (await client.exists(leaseOf(key))) === 0);
    expect(await client.exists(entryOf(key))).toBe(0);
  });

  it.each(['delete', 'invalidate', 'set'] as const)(
    'does not store a recompute that began before a %s',
    async (what) => {
      const [here, there] = fleetOfTwo();
      const before = promised<string>();
      const early = here.get(key, () => before.promise, LONG);
      await until(() => here.stats.recomputes === 1);
      if (what === 'set') expect(await there.set(key, 'after', LONG)).toBe(true);
      else expect(await there[what](key)).toBe(true);
      before.resolve('before');
      expect(await early).toBe('before');
      await until(() => here.stats.lost === 1);
      expect(await here.get(key, () => 'after', LONG)).toBe('after');
      expect(await there.get(key, () => 'unused', LONG)).toBe('after');
    },
  );

  it('lets no call after a delete join a recompute that began before it', async () => {
    const cache = cacheWith();
    const before = promised<string>();
    const early = cache.get(key, () => before.promise, LONG);
    await until(() => cache.stats.recomputes === 1);
    await cache.delete(key);
    expect(await cache.get(key, () => 'after', LONG)).toBe('after');
    before.resolve('before');
    expect(await early).toBe('before');
    await until(() => cache.stats.lost === 1);
    expect(await cache.get(key, () => 'unused', LONG)).toBe('after');
  });

  it('invalidates softly what may be served past its expiry, and for no longer than that', async () => {
    const cache = cacheWith();
    await cache.set(key, 'old', { ttl: HOUR, stale: HOUR });
    await cache.invalidate(key);
    expect(await client.pttl(entryOf(key))).toBeLessThanOrEqual(HOUR);
    expect(await cache.get<string>(key, () => 'new', LONG)).toBe('old');
    await until(async () => (await cache.get<string>(key, () => 'newer', LONG)) === 'new');
    await cache.set(key, 'old', { ttl: 1, stale: 1000 });
    await letExpire(client, key, 900);
    await client.pexpire(entryOf(key), 100);
    await cache.invalidate(key);
    expect(await client.pttl(entryOf(key))).toBeLessThanOrEqual(100);
    await cache.set(key, 'old', LONG);
    await cache.invalidate(key);
    expect(await client.exists(entryOf(key))).toBe(0);
    expect(await cache.invalidate(`${key}-missing`)).toBe(true);
  });

  it('remembers how long a value took to make when another is set by hand', async () => {
    const cache = cacheWith();
    await cache.get(key, () => 'old', LONG);
    await client.hset(entryOf(key), 'delta', '123.5');
    await cache.set(key, 'new', LONG);
    expect(await client.hget(entryOf(key), 'delta')).toBe('123.5');
  });

  it('renews the lease of a recompute that outlasts it, so nobody else begins another', async () => {
    const clock = new ManualClock();
    const [here, there] = fleetOfTwo({ clock });
    await here.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const slow = promised<string>();
    const recompute = counted(() => slow.promise);
    await here.get<string>(key, recompute, LONG);
    await until(() => recompute.runs === 1);
    for (let renewal = 0; renewal < 4; renewal++) {
      // Half of it is over, whatever the server's clock says, and a third by that of the cache.
      await client.pexpire(leaseOf(key), PATIENT.lease / 2);
      clock.advance(PATIENT.lease / 3);
      await until(async () => (await client.pttl(leaseOf(key))) > PATIENT.lease / 2);
      expect(await there.get<string>(key, recompute, LONG)).toBe('old');
    }
    slow.resolve('new');
    await until(async () => (await there.get<string>(key, recompute, LONG)) === 'new');
    expect(recompute.runs).toBe(1);
  });

  it('takes the lease from a recompute that never ends, and does not store what comes of it in the end', async () => {
    const [here, there] = fleetOfTwo({ lease: 500, longestRecompute: 1 });
    await here.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const endless = promised<string>();
    await here.get<string>(key, () => endless.promise, LONG);
    await until(async () => (await there.get<string>(key, () => 'new', LONG)) === 'new');
    endless.resolve('late');
    await until(() => here.stats.lost === 1);
    expect(await there.get(key, () => 'unused', LONG)).toBe('new');
  });

  it('has later calls begin anew where a recompute that they would wait for never ends', async () => {
    const cache = cacheWith({ lease: 500, longestRecompute: 1 });
    const endless = counted(() => new Promise<string>(() => undefined));
    void cache.get(key, endless, LONG);
    await until(() => endless.runs === 1);
    await new Promise((resolve) => void setTimeout(resolve, 20)); // after the 1 ms that began before
    expect(await cache.get(key, () => 'new', LONG)).toBe('new');
    expect(cache.stats).toMatchObject({ recomputes: 2, coalesced: 0 });
  });

  it('does not store a value whose lease was lost meanwhile, were it to nobody', async () => {
    const cache = cacheWith();
    await cache.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const slow = promised<string>();
    await cache.get<string>(key, () => slow.promise, LONG);
    await until(() => cache.stats.refreshes === 1);
    await client.del(leaseOf(key));
    slow.resolve('late');
    await until(() => cache.stats.lost === 1);
    expect(Buffer.from((await client.hget(entryOf(key), 'value'))!).toString()).toBe('"old"');
  });

  it('leaves the lease of another alone when it fails after its own was lost', async () => {
    const cache = cacheWith();
    await cache.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const slow = promised<string>();
    await cache.get<string>(key, () => slow.promise, LONG);
    await until(() => cache.stats.refreshes === 1);
    await client.set(leaseOf(key), 'another');
    slow.reject(new Error('away'));
    await until(() => cache.stats.failures === 1);
    // The same connection: what was sent before is done before.
    expect(await client.get(leaseOf(key))).toBe('another');
  });

  it('waits for the refreshes under way when the application closes, and begins no others', async () => {
    // It waits for no longer than 5 s, for which a busy machine may stand still.
    const cache = cacheWith({ clock: new ManualClock() });
    await cache.get(key, () => 'old', LONG);
    await makeDue(client, key);
    const slow = promised<string>();
    await cache.get<string>(key, () => slow.promise, LONG);
    await until(() => cache.stats.refreshes === 1);
    let isClosed = false;
    const closed = cache.beforeApplicationShutdown().then(() => (isClosed = true));
    await cache.set(`${key}b`, 'old', LONG);
    await makeDue(client, `${key}b`);
    expect(await cache.get(`${key}b`, () => 'new', LONG)).toBe('old');
    await until(async () => (await client.exists(leaseOf(`${key}b`))) === 0);
    expect([isClosed, cache.stats.refreshes]).toEqual([false, 1]);
    slow.resolve('new');
    await closed;
    await until(async () => (await client.exists(leaseOf(key))) === 0);
    expect(await cache.get(key, () => 'unused', LONG)).toBe('new');
  });
}

describe('EarlyRefreshCache on one server', () => {
  const server = useRedis();
  behavesAsCache(() => new Redis(server.url));

  it('takes one round trip for a hit, also when it is due', async () => {
    const client = new Redis(server.url);
    const cache = new EarlyRefreshCache(client, 'trips', PATIENT);
    await cache.get('a', () => 'Alien', LONG);
    const sent = jest.spyOn(client, 'sendCommand');
    await cache.get('a', () => 'Alien', LONG);
    expect(sent).toHaveBeenCalledTimes(1);
    await client.hset(entryOf('a', 'trips'), 'delta', 1e9 * HOUR);
    sent.mockClear();
    const slow = promised<string>();
    await cache.get('a', () => slow.promise, LONG);
    expect(sent).toHaveBeenCalledTimes(1);
    slow.resolve('Aliens');
    await cache.beforeApplicationShutdown();
    sent.mockRestore();
    await client.quit();
  });

  it('finds an entry due as often as XFetch says, by the time that its recompute took', async () => {
    const client = new Redis(server.url);
    const LOOKS = 600;
    for (const [beta, share] of [
      [1, 0.5],
      [2, Math.SQRT1_2],
      [0.5, 0.25],
    ] as const) {
      const cache = new EarlyRefreshCache(client, 'chance', {
        ...PATIENT,
        beta,
        random: new SeededRandom(42),
        rest: 0,
      });
      await cache.set('a', 'Alien', LONG);
      // Half of all draws of -ln(rand) are above ln 2. The hour passes by less than a thousandth meanwhile.
      await client.hset(entryOf('a', 'chance'), 'delta', HOUR / Math.LN2);
      const failing = () => Promise.reject(new Error('so that nothing changes'));
      for (let look = 0; look < LOOKS; look++) {
        const { refreshes, failures } = cache.stats;
        await cache.get<unknown>('a', failing, LONG);
        await client.del(leaseOf('a', 'chance'));
        if (refreshes !== failures) await until(() => cache.stats.failures === cache.stats.refreshes);
      }
      await cache.beforeApplicationShutdown();
      // Four standard deviations.
      const tolerance = 4 * Math.sqrt((share * (1 - share)) / LOOKS);
      expect(Math.abs(cache.stats.refreshes / LOOKS - share)).toBeLessThan(tolerance);
    }
    await client.quit();
  });

  it('never has two living processes recompute one key at once, whichever of them are killed', async () => {
    const client = new Redis(server.url);
    const fleet = await Fleet.suffer({
      worker: 'early-refresh-cache.mjs',
      args: [server.url],
      size: 6,
      kills: 8,
      seed: 3,
    });
    try {
      await fleet.until(async () => Number(await client.get('recomputes')) >= 40);
    } finally {
      await fleet.stop();
    }
    expect(await client.get('overlaps')).toBeNull();
    expect(await client.get('went back')).toBeNull();
    await client.quit();
  }, 120_000);

  it.each([
    [{ ttl: 0 }, /ttl is 0; expected milliseconds/],
    [{ ttl: Number.NaN }, /ttl is NaN/],
    [{}, /ttl is undefined/],
    [undefined, /options are undefined/],
    [{ ttl: 1, beta: -1, stale: '1', negativeTtl: -1 }, /beta is -1.*stale is '1'.*negativeTtl is -1/],
    [{ ttl: 1, steal: 1, ahead: 'yes' }, /unknown option 'steal'.*ahead is 'yes'/],
  ])('refuses %j for an entry, and says all that is wrong', async (options, message) => {
    const client = new Redis(server.url, { lazyConnect: true });
    const cache = new EarlyRefreshCache(client, 'films');
    await expect(cache.get('a', () => 1, options as never)).rejects.toThrow(message);
    await expect(cache.set('a', 1, options as never)).rejects.toThrow(message);
    await expect(cache.get('', () => 1, LONG)).rejects.toThrow(/key is ''/);
    await expect(cache.get('a', 5 as never, LONG)).rejects.toThrow(/recompute is 5; expected a function/);
    await expect(cache.delete(5 as never)).rejects.toThrow(/key is 5/);
    client.disconnect();
  });

  it('says all that is wrong with its own options at once', () => {
    const client = new Redis(server.url, { lazyConnect: true });
    const make =
      (options: object, name = 'films') =>
      () =>
        new EarlyRefreshCache(client, name, options);
    expect(make({ lease: 1, codec: {}, retries: 3, clock: 5 })).toThrow(WorkStealingConfigError);
    expect(make({ lease: 1, codec: {}, retries: 3, clock: 5 })).toThrow(
      /unknown option 'retries'.*lease is 1.*codec is {}; expected an object with encode\(\) and decode\(\).*clock is 5/,
    );
    expect(make({ prefix: '{a}' })).toThrow(/prefix is '{a}'/);
    expect(make({}, ' ')).toThrow(/name is ' '/);
    expect(() => new EarlyRefreshCache({} as never, 'films')).toThrow(/neither a client of ioredis nor/);
    client.disconnect();
  });
});

describe('EarlyRefreshCache on a Cluster', () => {
  const cluster = useRedisCluster();
  behavesAsCache(() => new Cluster(cluster.nodes));
});

describe('EarlyRefreshCache when Redis', () => {
  const server = useRedis({ args: ['--maxmemory-policy', 'noeviction'] });

  it('is stopped computes, once for all callers of a process, and works again when it is back', async () => {
    const client = createFailFastRedis(server.url, { commandTimeout: 20_000 });
    client.on('error', () => undefined);
    await once(client, 'ready');
    const cache = new EarlyRefreshCache(client, 'films', PATIENT);
    await cache.set('a', 'cached', LONG);
    server.kill('SIGKILL');
    await server.exited();
    const value = promised<string>();
    const recompute = counted(() => value.promise);
    const asked = [1, 2, 3].map(() => cache.get<string>('a', recompute, LONG));
    await until(() => recompute.runs > 0 && cache.stats.misses === 3);
    value.resolve('computed');
    expect(await Promise.all(asked)).toEqual(['computed', 'computed', 'computed']);
    expect(recompute.runs).toBe(1);
    expect([await cache.set('a', 1, LONG), await cache.delete('a'), await cache.invalidate('a')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(cache.stats.redisErrors).toBeGreaterThan(3);
    await server.restart();
    await until(
      async () => (await cache.set('a', 'again', LONG)) && cache.get('a', () => '', LONG).then(Boolean),
    );
    expect(await cache.get('a', () => 'unused', LONG)).toBe('again');
    client.disconnect();
  });

  it('hangs does not make every call wait for it, with the default client of ioredis', async () => {
    const client = new Redis(server.url);
    client.on('error', () => undefined);
    await client.ping();
    const clock = new ManualClock();
    const cache = new EarlyRefreshCache(client, 'films', { patience: 100, lease: HOUR, clock });
    const away: RedisClient = client;
    server.kill('SIGSTOP');
    try {
      for (let call = 0; call < 3; call++) {
        const asked = cache.get(`a${call}`, () => call, LONG);
        clock.advance(100);
        expect(await asked).toBe(call);
      }
      const sent = jest.spyOn(away, 'sendCommand');
      expect(await cache.get('b', () => 'at once', LONG)).toBe('at once');
      expect(sent).not.toHaveBeenCalled();
      sent.mockRestore();
    } finally {
      server.kill('SIGCONT');
    }
    // The leases that were granted when nobody waited any longer are given back.
    await until(async () => (await client.exists(leaseOf('a0'), leaseOf('a1'), leaseOf('a2'))) === 0);
    clock.advance(1000);
    expect(await cache.get('a0', () => 'stored', LONG)).toBe('stored');
    expect(await cache.get('a0', () => 'unused', LONG)).toBe('stored');
    await client.quit();
  });

  it('is out of memory serves what it has, and computes what it cannot store', async () => {
    const client = new Redis(server.url);
    const cache = new EarlyRefreshCache(client, 'films', { ...PATIENT, rest: 0 });
    await cache.set('full', 'cached', LONG);
    await client.config('SET', 'maxmemory', '1');
    expect(await cache.get('full', () => 'unused', LONG)).toBe('cached');
    expect(await cache.get('full2', () => 'computed', LONG)).toBe('computed');
    await client.config('SET', 'maxmemory', '0');
    await makeDue(client, 'full');
    await client.config('SET', 'maxmemory', '1');
    expect(await cache.get('full', () => 'unused', LONG)).toBe('cached');
    expect(nonZero(cache.stats)).toEqual({ hits: 2, misses: 1, recomputes: 1, redisErrors: 1 });
    await client.config('SET', 'maxmemory', '0');
    await cache.beforeApplicationShutdown();
    await client.quit();
  });

  it('has another type of value under a key computes, logs why, and goes on with all other keys', async () => {
    const client = new Redis(server.url);
    const cache = new EarlyRefreshCache(client, 'films', PATIENT);
    await client.lpush(entryOf('odd'), 'a', 'b');
    const lines = await logged(async () => {
      expect(await cache.get('odd', () => 'computed', LONG)).toBe('computed');
    });
    expect(lines[0]).toMatch(/Redis failed at the look-up of 'odd': .*WRONGTYPE/);
    for (let call = 0; call < 5; call++) await cache.get('odd', () => 'computed', LONG);
    await cache.set('even', 'cached', LONG);
    expect(await cache.get('even', () => 'unused', LONG)).toBe('cached');
    // What lacks a part counts as missing.
    await client.hdel(entryOf('even'), 'kind');
    expect(await cache.get('even', () => 'anew', LONG)).toBe('anew');
    expect(await cache.get('even', () => 'unused', LONG)).toBe('anew');
    await client.quit();
  });

  it('has no memory left stores nothing more: a cache is what fills a server', async () => {
    const client = new Redis(server.url);
    const cache = new EarlyRefreshCache(client, 'full', PATIENT);
    expect(await cache.set('before', 'value', LONG)).toBe(true);
    const keys = await client.dbsize();
    await client.config('SET', 'maxmemory', '1');
    try {
      expect([await cache.set('after', 'value', LONG), await cache.set('before', 'other', LONG)]).toEqual([
        false,
        false,
      ]);
      expect(await client.dbsize()).toBe(keys);
      expect(await cache.delete('before')).toBe(true);
    } finally {
      await client.config('SET', 'maxmemory', '0');
      await client.quit();
    }
  });
});

describe('EarlyRefreshCache before a server that answers anything with a number', () => {
  it('computes the value, and leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const stranger = createServer((socket) => socket.on('data', () => socket.write(':0\r\n')));
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const confused = createFailFastRedis({
      port,
      protocol: 2,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    await once(confused, 'ready');
    try {
      const cache = new EarlyRefreshCache(confused, 'confused');
      expect(await cache.get('key', () => 'computed', { ttl: 1000 })).toBe('computed');
      expect(cache.stats.redisErrors).toBeGreaterThan(0);
      await new Promise(setImmediate);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
      confused.disconnect();
      stranger.close();
    }
  });
});
