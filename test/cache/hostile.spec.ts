import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { WorkStealingConfigError, type Slice } from 'nestjs-work-stealing';
import {
  EarlyRefresh,
  EarlyRefreshCache,
  RefreshAhead,
  type EarlyRefreshOptions,
  type EntryOptions,
} from 'nestjs-work-stealing/cache';
import { createFailFastRedis } from 'nestjs-work-stealing/redis';
import { anything, Hostile, isFromTheValue, mostly, optionsOf, RUNS } from '../support/hostile.js';
import { useRedis } from '../support/redis.js';

/** Each case asks a server several times. */
const PATIENCE = 30_000 + RUNS * 20;
const server = useRedis();
let client: Redis;

beforeAll(async () => {
  client = createFailFastRedis(server.url, { commandTimeout: 5000 });
  await new Promise((resolve) => void client.once('ready', resolve));
});

afterAll(() => client?.disconnect());

const ms = fc.integer({ min: 30, max: 100_000 });
const text = fc.string({ minLength: 1, maxLength: 10 });
const share = fc.double({ min: 0, max: 10, noNaN: true });

const cacheOptions = optionsOf({
  prefix: text,
  codec: fc.constant({
    encode: (value: unknown) => JSON.stringify(value) ?? 'null',
    decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
  }),
  beta: share,
  stale: ms,
  negativeTtl: ms,
  lease: ms,
  longestRecompute: ms,
  wait: ms,
  rest: ms,
  patience: ms,
  recruiter: fc.constant({ enlistDetached: () => undefined }),
});

const entryOptions = optionsOf({ ttl: ms, beta: share, stale: ms, negativeTtl: ms, ahead: fc.boolean() });

function expectRefusal(error: unknown): void {
  const isDocumented =
    error instanceof TypeError || error instanceof RangeError || error instanceof WorkStealingConfigError;
  if (!isDocumented && !isFromTheValue(error)) throw error;
  expect(String((error as Error).message).length).toBeLessThan(3000);
}

describe('Anything at all as the options of a cache', () => {
  it('makes one that serves, or is refused with the documented error', () => {
    fc.assert(
      fc.property(mostly(text), cacheOptions, (name, options) => {
        try {
          const cache = new EarlyRefreshCache(client, name.make() as string, options.make() as object);
          expect(cache.stats.hits).toBe(0);
        } catch (error) {
          expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it('of RefreshAhead: makes one, or is refused with the documented error', () => {
    const cache = new EarlyRefreshCache(client, 'ahead');
    const options = optionsOf({
      capacity: ms,
      halfLife: ms,
      limit: fc.integer({ min: 1, max: 50 }),
      window: ms,
    });
    fc.assert(
      fc.property(mostly(fc.constant(cache)), options, (target, given) => {
        try {
          expect(new RefreshAhead(target.make() as EarlyRefreshCache, given.make() as object)).toHaveProperty(
            'recruited',
          );
        } catch (error) {
          expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 2 },
    );
  });

  it('of @EarlyRefresh(): decorates, or is refused with the documented error', () => {
    const options = optionsOf({
      key: fc.oneof(
        text,
        fc.constant(() => 'key'),
      ),
      ttl: ms,
      stale: ms,
      ahead: fc.boolean(),
    });
    fc.assert(
      fc.property(options, (given) => {
        class Films {
          find(): Promise<number> {
            return Promise.resolve(1);
          }
        }
        const descriptor = Object.getOwnPropertyDescriptor(
          Films.prototype,
          'find',
        )! as TypedPropertyDescriptor<() => Promise<number>>;
        try {
          EarlyRefresh(given.make() as EarlyRefreshOptions)(Films.prototype, 'find', descriptor);
          expect(typeof descriptor.value).toBe('function');
        } catch (error) {
          expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 3 },
    );
  });
});

describe('Anything at all as arguments of a cache', () => {
  const key = mostly(fc.constantFrom('a', 'b', 'c', '__proto__', 'x'.repeat(10_000)));
  const recomputes = mostly(
    fc.oneof(
      anything.map(({ what, make }) => new Hostile(`a recompute of ${what}`, () => () => make())),
      fc.constant(() => 1),
    ),
    9,
  );

  it(
    'get() brings a value, or fails as the recompute or the check of arguments did',
    async () => {
      const cache = new EarlyRefreshCache(client, 'hostile', { wait: 100 });
      const failed = new Set<unknown>();
      await fc.assert(
        fc.asyncProperty(key, recomputes, entryOptions, async (aKey, recompute, options) => {
          const [madeKey, made, madeOptions] = [aKey.make(), recompute.make(), options.make()];
          try {
            await cache.get(madeKey as string, made as () => unknown, madeOptions as EntryOptions);
          } catch (error) {
            failed.add(String((error as Error | undefined)?.name));
            expectRefusal(error);
          }
        }),
        { numRuns: RUNS, seed: 4 },
      );
      expect(failed.size).toBeGreaterThan(0);
      expect(await cache.get('after', () => 'all', { ttl: 1000 })).toBe('all');
    },
    PATIENCE,
  );

  it.each([
    ['set', [key, anything, entryOptions]],
    ['delete', [key]],
    ['invalidate', [key]],
  ] as ['set' | 'delete' | 'invalidate', fc.Arbitrary<Hostile>[]][])(
    '%s() is done, or refused with the documented error',
    async (method, args) => {
      const cache = new EarlyRefreshCache(client, 'hostile');
      await fc.assert(
        fc.asyncProperty(fc.tuple(...args), async (given) => {
          try {
            const done = await (cache[method] as (...values: unknown[]) => Promise<unknown>)(
              ...given.map((each) => each.make()),
            );
            expect(typeof done).toBe('boolean');
          } catch (error) {
            expectRefusal(error);
          }
        }),
        { numRuns: RUNS, seed: 5 },
      );
    },
    PATIENCE,
  );

  it(
    'is no value that others stored: bytes of a stranger under its keys are a miss, and end nothing',
    async () => {
      const cache = new EarlyRefreshCache(client, 'stranger', { wait: 100 });
      await cache.set('key', 1, { ttl: 60_000 });
      const [own] = await client.keys('*stranger*');
      const kinds = ['string', 'list', 'hash', 'set'] as const;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...kinds),
          fc.dictionary(text, text, { minKeys: 1, maxKeys: 6 }),
          async (kind, pairs) => {
            await client.del(own!);
            const values = Object.entries(pairs).flat();
            if (kind === 'string') await client.set(own!, values.join(''));
            if (kind === 'list') await client.rpush(own!, ...values);
            if (kind === 'set') await client.sadd(own!, ...values);
            if (kind === 'hash') await client.hset(own!, pairs);
            expect(await cache.get('key', () => 2, { ttl: 60_000 })).toBe(2);
          },
        ),
        { numRuns: Math.ceil(RUNS / 10), seed: 6 },
      );
    },
    PATIENCE,
  );
});

describe('RefreshAhead after all that', () => {
  it('still does its slices', async () => {
    const slice: Slice = { jobId: 'ahead', signal: new AbortController().signal, timeRemaining: () => 50 };
    const ahead = new RefreshAhead(new EarlyRefreshCache(client, 'hostile'));
    expect(await ahead.recruited(slice)).toMatchObject({ done: 0 });
  });
});
