import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { NestFactory } from '@nestjs/core';
import { Duty, WorkStealingConfigError, WorkStealingModule, type Slice } from 'nestjs-work-stealing';
import {
  createFailFastRedis,
  KeyspaceSweep,
  QueueTracker,
  RedisLeases,
  RedisPaces,
  Rollup,
  StreamReaper,
  VolatileHashes,
  VolatileSet,
  WorkStealingRedisModule,
  type WorkStealingRedisOptions,
} from 'nestjs-work-stealing/redis';
import { EmptyPass } from '../support/empty-pass.js';
import { anything, Hostile, isFromTheValue, mostly, optionsOf, RUNS } from '../support/hostile.js';
import { useRedis } from '../support/redis.js';

/** A busy machine may leave the server or this process aside for seconds: ms. */
const PATIENCE = 20_000;

const server = useRedis();
let client: Redis;

beforeAll(async () => {
  client = createFailFastRedis(server.url, { commandTimeout: PATIENCE });
  await new Promise((resolve) => void client.once('ready', resolve));
});

afterAll(() => client?.disconnect());

const slice: Slice = { jobId: 'job', signal: new AbortController().signal, timeRemaining: () => 50 };
const count = fc.integer({ min: 1, max: 100 });
const ms = fc.integer({ min: 1, max: 100_000 });
const text = fc.string({ minLength: 1, maxLength: 10 });
const bool = fc.boolean();

class Keys extends KeyspaceSweep {
  protected visit(): void {}
}

/** What a refusal may be: documented, or the value's own. */
function expectRefusal(error: unknown): void {
  const isDocumented =
    error instanceof TypeError || error instanceof RangeError || error instanceof WorkStealingConfigError;
  if (!isDocumented && !isFromTheValue(error)) throw error;
  expect(String((error as Error).message).length).toBeLessThan(3000);
}

const partitioned = { prefix: text, limit: count, partitions: count };
const cursorOptions = {
  prefix: text,
  batch: fc.oneof(count, optionsOf({ targetTime: ms, max: count })),
  partitions: count,
  lease: fc.oneof(fc.constant(false), optionsOf({ ttl: ms })),
  onEnd: fc.constantFrom('stop', 'restart'),
  attempts: count,
  retryDelay: ms,
  maxDead: count,
};

type Make = (name: never, options: never) => { recruited?(slice: Slice): unknown };

const structures: [string, Make, Record<string, fc.Arbitrary<unknown>>][] = [
  [
    'VolatileHashes',
    (name, options) => new VolatileHashes(client, name, options),
    { ...partitioned, backend: fc.constantFrom('auto', 'stolen', 'native') },
  ],
  ['VolatileSet', (name, options) => new VolatileSet(client, name, options), partitioned],
  [
    'Rollup',
    (name, options) => new Rollup(client, name, options),
    { ...partitioned, bucket: fc.constantFrom(1000, 60_000), retention: fc.constantFrom(60_000, 3_600_000) },
  ],
  [
    'QueueTracker',
    (name, options) => new QueueTracker(client, name, options),
    {
      prefix: text,
      limit: count,
      nextQueued: fc.constant(() => ({ ids: [] })),
      stillQueued: fc.constant(() => []),
    },
  ],
  [
    'StreamReaper',
    (name, options) => new StreamReaper(client, name, options),
    {
      group: text,
      handler: fc.constant(() => undefined),
      consumer: text,
      consumerIdle: ms,
      deadLetter: text,
      idle: ms,
      limit: count,
      maxAge: ms,
      maxDeliveries: count,
    },
  ],
  ['CursorJob', (name, options) => new EmptyPass(client, name, options), cursorOptions],
  [
    'KeyspaceSweep',
    (name, options) => new Keys(client, name, options),
    { ...cursorOptions, dryRun: bool, match: text, type: fc.constantFrom('hash', 'set') },
  ],
];

describe.each(structures)('Anything at all as name and options of a %s', (_, make, options) => {
  it('makes one, or is refused with the documented error', () => {
    fc.assert(
      fc.property(mostly(text), optionsOf(options), (name, given) => {
        const [madeName, madeOptions] = [name.make(), given.make()] as [never, never];
        try {
          expect(make(madeName, madeOptions)).toHaveProperty('recruited');
        } catch (error) {
          expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });
});

describe('Anything at all as the client', () => {
  const clients = mostly(fc.constantFrom('client', 'connection'), 1).map(
    ({ what, make }) =>
      new Hostile(what, () => {
        const made = make();
        if (made === 'client') return client;
        return made === 'connection' ? { client, prefix: 'hostile' } : made;
      }),
  );
  const takers: [string, (redis: never) => unknown][] = [
    ['VolatileHashes', (redis) => new VolatileHashes(redis, 'hostile')],
    ['VolatileSet', (redis) => new VolatileSet(redis, 'hostile')],
    ['Rollup', (redis) => new Rollup(redis, 'hostile')],
    ['CursorJob', (redis) => new EmptyPass(redis, 'hostile')],
    ['KeyspaceSweep', (redis) => new Keys(redis, 'hostile')],
    ['RedisLeases', (redis) => new RedisLeases(redis)],
    ['RedisPaces', (redis) => new RedisPaces(redis)],
  ];

  it.each(takers)('of %s: makes one, or is refused with the documented error', (_, make) => {
    fc.assert(
      fc.property(clients, (given) => {
        try {
          make(given.make() as never);
        } catch (error) {
          expectRefusal(error);
        }
      }),
      { numRuns: RUNS, seed: 4 },
    );
  });

  it.each([
    ['RedisLeases', (name: never) => new RedisLeases(client, name)],
    ['RedisPaces', (name: never) => new RedisPaces(client, name)],
  ] as [string, (name: never) => unknown][])(
    'the recruiter of %s: makes one, or is refused with the documented error',
    (_, make) => {
      fc.assert(
        fc.property(mostly(text), (given) => {
          try {
            make(given.make() as never);
          } catch (error) {
            expectRefusal(error);
          }
        }),
        { numRuns: RUNS, seed: 5 },
      );
    },
  );
});

describe('Anything at all as options of WorkStealingRedisModule', () => {
  it(
    'begins and ends an application, or is refused with the documented error, and leaves the client as it was',
    async () => {
      const before = listenersOf(client);
      const options = optionsOf({
        client: fc.constant(client),
        factory: fc.constant(() => createFailFastRedis(server.url)),
        prefix: text,
        fleet: fc.oneof(
          fc.constant(false),
          optionsOf({ interval: fc.integer({ min: 500, max: 9000 }), version: text }),
        ),
      });
      await fc.assert(
        fc.asyncProperty(options, async (given) => {
          class Root {}
          try {
            const imports = [
              WorkStealingModule.forRoot({ idle: false }),
              WorkStealingRedisModule.forRoot(given.make() as WorkStealingRedisOptions),
            ];
            const app = await NestFactory.createApplicationContext(
              { module: Root, imports },
              { logger: false, abortOnError: false },
            );
            await app.close();
          } catch (error) {
            expectRefusal(error);
          }
        }),
        { numRuns: RUNS >= 10_000 ? RUNS : Math.ceil(RUNS / 10), seed: 6 },
      );
      expect(listenersOf(client)).toBe(before);
    },
    30_000 + RUNS * 60,
  );
});

function listenersOf(emitter: Redis): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

const moment = fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.constant(new Date(1e12)));
const many = fc.array(text, { maxLength: 5 });
const lifetime = optionsOf({ ttl: ms });

/** What is called, with what; each argument is as it should be most of the time. */
const calls: [string, string, () => object, fc.Arbitrary<unknown>[]][] = [
  ...(
    [
      ['set', [text, text, text, lifetime]],
      ['setMany', [text, fc.dictionary(text, text), lifetime]],
      ['get', [text, text]],
      ['getMany', [text, many]],
      ['getAll', [text]],
      ['delete', [text, text]],
      ['persist', [text, text]],
      ['size', [text]],
      ['ttl', [text, text]],
      ['key', [text]],
    ] as [string, fc.Arbitrary<unknown>[]][]
  ).map(
    ([method, args]) =>
      ['VolatileHashes', method, () => new VolatileHashes(client, 'hostile'), args] as (typeof calls)[number],
  ),
  ...(
    [
      ['add', [fc.oneof(text, many), lifetime]],
      ['has', [text]],
      ['hasMany', [many]],
      ['remove', [fc.oneof(text, many)]],
      ['touch', [fc.oneof(text, many), lifetime]],
      ['ttl', [text]],
    ] as [string, fc.Arbitrary<unknown>[]][]
  ).map(
    ([method, args]) =>
      ['VolatileSet', method, () => new VolatileSet(client, 'hostile-set'), args] as (typeof calls)[number],
  ),
  ...(
    [
      ['add', [text, count, moment]],
      ['top', [count, moment]],
      ['total', [text, moment, moment]],
      ['totals', [text, moment, moment]],
    ] as [string, fc.Arbitrary<unknown>[]][]
  ).map(
    ([method, args]) =>
      ['Rollup', method, () => new Rollup(client, 'hostile-rollup'), args] as (typeof calls)[number],
  ),
  ...(
    [
      ['isQueued', [text]],
      ['areQueued', [many]],
      ['markQueued', [text, text]],
    ] as [string, fc.Arbitrary<unknown>[]][]
  ).map(
    ([method, args]) =>
      [
        'QueueTracker',
        method,
        () =>
          new QueueTracker(client, 'hostile-queue', {
            nextQueued: () => ({ ids: [] }),
            stillQueued: () => [],
          }),
        args,
      ] as (typeof calls)[number],
  ),
  ...(
    [
      ['cursor', [fc.constant(0)]],
      ['seek', [text, fc.constant(0)]],
      ['reset', [fc.constant(0)]],
      ['dead', [count]],
    ] as [string, fc.Arbitrary<unknown>[]][]
  ).map(
    ([method, args]) =>
      ['CursorJob', method, () => new EmptyPass(client, 'hostile-pass'), args] as (typeof calls)[number],
  ),
  // Without a third argument both wait for 50 ms, which is no answer of theirs to what they are given.
  [
    'RedisLeases',
    'acquire',
    () => ({
      acquire: (...[id, ttl]: Parameters<RedisLeases['acquire']>) =>
        new RedisLeases(client).acquire(id, ttl, PATIENCE),
    }),
    [text, ms],
  ],
  [
    'RedisPaces',
    'take',
    () => ({
      take: (...[id, perSecond]: Parameters<RedisPaces['take']>) =>
        new RedisPaces(client).take(id, perSecond, PATIENCE),
    }),
    [text, fc.double({ min: 0.01, max: 100, noNaN: true })],
  ],
];

describe('Anything at all as arguments', () => {
  it.each(calls)(
    'of %s.%s() works, or is refused with the documented error',
    async (_, method, make, args) => {
      const target = make() as Record<string, (...args: unknown[]) => unknown>;
      await fc.assert(
        fc.asyncProperty(fc.tuple(...args.map((arg) => mostly(arg))), async (given) => {
          const values = given.map((each) => each.make());
          try {
            await target[method]!(...values);
          } catch (error) {
            expectRefusal(error);
          }
        }),
        { numRuns: RUNS, seed: 2 },
      );
    },
  );

  it('has left every structure in order', async () => {
    for (const [name, make] of new Map(calls.map(([name, , make]) => [name, make]))) {
      const structure = make() as { recruited?(slice: Slice): unknown };
      if (structure.recruited === undefined) continue;
      for (let turn = 0; turn < 20; turn++) {
        const result = await structure.recruited(slice);
        expect([name, result === Duty.DISMISSED || typeof result === 'object']).toEqual([name, true]);
      }
    }
    expect(await client.ping()).toBe('PONG');
  });
});

describe('Anything at all as what a QueueTracker is told', () => {
  it('is a failed slice or a good one, and never a broken set', async () => {
    let told: unknown;
    const tracker = new QueueTracker(client, 'hostile-told', {
      nextQueued: () => told as never,
      stillQueued: () => told as never,
    });
    const pages = fc.oneof(anything, optionsOf({ ids: many, next: fc.oneof(text, fc.constant(null)) }));
    await fc.assert(
      fc.asyncProperty(pages, async (page) => {
        told = page.make();
        await Promise.resolve(tracker.recruited(slice)).catch(expectRefusal);
      }),
      { numRuns: RUNS, seed: 3 },
    );
    expect(await tracker.size()).toBeGreaterThanOrEqual(0);
  });
});
