import { PGlite } from '@electric-sql/pglite';
import { ConsoleLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, Worker } from 'bullmq';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  QueueTracker,
  VolatileHashes,
  VolatileSet,
  type QueuePage,
  type QueueTrackerOptions,
  type RedisClient,
} from 'nestjs-work-stealing/redis';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { Fleet } from '../support/fleet.js';
import { patient, STEADY, useRedis, useRedisCluster } from '../support/redis.js';

const slice = { jobId: 'track', signal: new AbortController().signal, timeRemaining: () => 50 };

/** A queue in memory, with items in the order of their names. */
class Table implements QueueTrackerOptions {
  readonly queued = new Set<string>();
  readonly limit: number = 4;

  nextQueued(after: string | null, limit: number): QueuePage | Promise<QueuePage> {
    const ids = [...this.queued].toSorted().filter((id) => after === null || id > after);
    return { ids: ids.slice(0, limit), next: ids.length > limit ? ids[limit - 1]! : null };
  }

  stillQueued(ids: readonly string[]): string[] | Promise<string[]> {
    return ids.filter((id) => this.queued.has(id));
  }
}

/** Of a class whose methods are on its prototype, as options. */
function optionsOf(table: Table): QueueTrackerOptions {
  return {
    limit: table.limit,
    nextQueued: (after, limit) => table.nextQueued(after, limit),
    stillQueued: (ids) => table.stillQueued(ids),
  };
}

/** Slices of both kinds, until the set is what the queue is. */
async function settle(
  tracker: QueueTracker,
  queued: ReadonlySet<string>,
  all: readonly string[],
): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    const are = await tracker.areQueued(all);
    if (all.every((id, index) => are[index] === queued.has(id)) && (await tracker.size()) === queued.size)
      return;
    await tracker.recruited(slice);
  }
  throw new Error('The set has not become what the queue is');
}

function followsAQueue(connect: () => RedisClient) {
  let client: RedisClient;
  let tracker: QueueTracker;
  let table: Table;
  let turn = 0;

  beforeAll(() => {
    client = connect();
  });
  beforeEach(() => {
    table = new Table();
    tracker = new QueueTracker(client, `queue${turn++}`, optionsOf(table));
  });
  afterAll(() => client.quit());

  it('has nothing to do while nothing is queued, and knows after one slice that it has seen all', async () => {
    expect(await tracker.sweepAge()).toBe(Infinity);
    expect(await tracker.recruited(slice)).toMatchObject({ done: 0 });
    expect(await tracker.sweepAge()).toBeLessThan(60_000);
    expect(await tracker.size()).toBe(0);
    expect(await tracker.isQueued('a')).toBe(false);
  });

  it('adds what is queued, page by page, and removes what is no more', async () => {
    const all = Array.from({ length: 11 }, (_, index) => `item:${index}`);
    for (const id of all) table.queued.add(id);
    await settle(tracker, table.queued, all);
    expect(await tracker.isQueued('item:7')).toBe(true);
    for (const id of all.slice(3)) table.queued.delete(id);
    await settle(tracker, table.queued, all);
    expect(await tracker.areQueued(['item:1', 'item:7', 'item:2', 'none'])).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('says that more is waiting while all it reads is unknown', async () => {
    for (let index = 0; index < 20; index++) table.queued.add(`item:${10 + index}`);
    const first = await tracker.recruited(slice);
    expect(first).toEqual({ done: 4, more: true });
    await settle(tracker, table.queued, [...table.queued]);
    for (let time = 0; time < 20; time++) expect((await tracker.recruited(slice)).more).toBe(false);
  });

  it('says that more is waiting until its first sweep is through, though producers have marked some', async () => {
    const all = Array.from({ length: 10 }, (_, index) => `item:${10 + index}`);
    for (const id of all) table.queued.add(id);
    await tracker.markQueued(...all.slice(0, 3));
    const sweeps: unknown[] = [];
    while ((await tracker.sweepAge()) === Infinity) sweeps.push(await tracker.recruited(slice));
    const adding = sweeps.filter((result) => (result as { done: number }).done > 0);
    expect(adding).toEqual([
      { done: 4, more: true },
      { done: 4, more: true },
      { done: 2, more: false },
    ]);
  });

  it('takes a page without items that has moved on for a step of work', async () => {
    const pages: Record<string, QueuePage> = {
      start: { ids: [], next: 'a' },
      a: { ids: [], next: 'b' },
      b: { ids: [] },
    };
    const empty = new QueueTracker(client, `empty${turn++}`, {
      nextQueued: (after) => pages[after ?? 'start']!,
      stillQueued: (ids) => ids,
    });
    expect(await empty.recruited(slice)).toEqual({ done: 1, more: true });
    expect(await empty.recruited(slice)).toEqual({ done: 1, more: true });
    expect(await empty.recruited(slice)).toEqual({ done: 0, more: false });
  });

  it.each(['queued', 'sweep'])(
    'vouches for nothing once the %s is evicted, and begins anew',
    async (victim) => {
      const all = Array.from({ length: 9 }, (_, index) => `item:${index}`);
      for (const id of all) table.queued.add(id);
      await settle(tracker, table.queued, all);
      while ((await tracker.sweepAge()) === Infinity) await tracker.recruited(slice);
      // In the midst of a later sweep.
      await tracker.recruited(slice);
      await client.unlink(`work-stealing:{queue${turn - 1}}:qt2:${victim}`);
      expect(await tracker.sweepAge()).toBe(Infinity);
      await tracker.markQueued('item:3');
      expect(await tracker.sweepAge()).toBe(Infinity);
      while ((await tracker.sweepAge()) === Infinity) await tracker.recruited(slice);
      expect((await tracker.areQueued(all)).every(Boolean)).toBe(true);
      expect(await tracker.size()).toBe(9);
    },
  );

  it('moves no cursor past a page that it has read for a set that was lost meanwhile', async () => {
    for (let index = 0; index < 9; index++) table.queued.add(`item:${index}`);
    while ((await tracker.sweepAge()) === Infinity) await tracker.recruited(slice);
    const name = `queue${turn - 1}`;
    let isLost = false;
    const late = new QueueTracker(client, name, {
      ...optionsOf(table),
      nextQueued: async (after, limit) => {
        if (!isLost) await client.unlink(`work-stealing:{${name}}:qt2:queued`);
        isLost = true;
        return table.nextQueued(after, limit);
      },
    });
    while (!isLost) await late.recruited(slice);
    expect(await late.sweepAge()).toBe(Infinity);
    while ((await late.sweepAge()) === Infinity) await late.recruited(slice);
    expect(await late.size()).toBe(9);
  });

  it('knows at once what a producer has marked', async () => {
    table.queued.add('a').add('b');
    expect(await tracker.markQueued('a', 'b')).toBe(2);
    expect(await tracker.markQueued('b')).toBe(0);
    expect(await tracker.areQueued(['a', 'b'])).toEqual([true, true]);
  });

  it('does not remove what is queued again while the sample is being checked', async () => {
    await tracker.markQueued('a', 'b');
    let checked = false;
    const busy = new QueueTracker(client, `queue${turn - 1}`, {
      nextQueued: () => ({ ids: [] }),
      stillQueued: async () => {
        checked = true;
        await tracker.markQueued('b');
        return [];
      },
    });
    while (!checked) await busy.recruited(slice);
    expect(await tracker.areQueued(['a', 'b'])).toEqual([false, true]);
  });

  it('keeps its promises in any interleaving of callbacks, marks and slices of three recruits', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const by = fc.nat(2);
    const id = fc.constantFrom(...ids);
    const action = fc.oneof(
      fc.record({ do: fc.constant('queue' as const), id, isMarked: fc.boolean() }),
      fc.record({ do: fc.constant('finish' as const), id }),
      { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), by }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), by }) },
    );
    const property = fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 60 }), async (actions) => {
      const name = `model${turn++}`;
      const queuedAt = new Map<string, number>();
      const marked = new Set<string>();
      const recruits = Array.from({ length: 3 }, () => new Recruit(client, name, queuedAt));
      for (const step of actions) {
        if (step.do === 'queue') {
          if (!queuedAt.has(step.id)) queuedAt.set(step.id, await serverTime(client));
          if (step.isMarked) {
            await recruits[0]!.tracker.markQueued(step.id);
            marked.add(step.id);
          }
        } else if (step.do === 'finish') {
          queuedAt.delete(step.id);
          marked.delete(step.id);
        } else if (step.do === 'start') {
          await recruits[step.by]!.start();
        } else {
          await recruits[step.by]!.answer();
        }
        const swept = (await serverTime(client)) - (await recruits[0]!.tracker.sweepAge());
        const promised = [...queuedAt].filter(([each, since]) => marked.has(each) || since < swept);
        for (const [each] of promised) {
          expect([each, await recruits[0]!.tracker.isQueued(each)]).toEqual([each, true]);
        }
      }
      for (const recruit of recruits) await recruit.answer();
      await settle(recruits[0]!.open(), new Set(queuedAt.keys()), ids);
    });
    await fc.assert(property, { seed: 20261125, numRuns: 30 });
  }, 60_000);
}

async function serverTime(client: RedisClient): Promise<number> {
  const [seconds, microseconds] = (await client.time()).map(Number);
  return seconds! * 1000 + Math.floor(microseconds! / 1000);
}

/** A worker whose callbacks answer from what they saw when they were called, but only when they are told to. */
class Recruit {
  readonly tracker: QueueTracker;
  #running: Promise<unknown> | undefined;
  #answer: (() => void) | undefined;
  #asked: (() => void) | undefined;
  #isOpen = false;

  constructor(client: RedisClient, name: string, queued: ReadonlyMap<string, number>) {
    const table = new Table();
    const seen = () => {
      table.queued.clear();
      for (const id of queued.keys()) table.queued.add(id);
    };
    this.tracker = new QueueTracker(client, name, {
      limit: 2,
      nextQueued: (after, limit) => this.#later(() => (seen(), table.nextQueued(after, limit) as QueuePage)),
      stillQueued: (ids) => this.#later(() => (seen(), table.stillQueued(ids) as string[])),
    });
  }

  /** Lets all callbacks answer at once from now on. */
  open(): QueueTracker {
    this.#isOpen = true;
    return this.tracker;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const asked = new Promise<void>((resolve) => (this.#asked = resolve));
    this.#running = this.tracker.recruited(slice);
    await Promise.race([asked, this.#running]);
  }

  async answer(): Promise<void> {
    this.#answer?.();
    await this.#running;
    this.#running = undefined;
  }

  async #later<T>(look: () => T): Promise<T> {
    const seen = look();
    if (this.#isOpen) return seen;
    await new Promise<void>((resolve) => {
      this.#answer = resolve;
      this.#asked?.();
    });
    return seen;
  }
}

describe('A server that evicts keys', () => {
  const server = useRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });

  it.each([
    ['allkeys-lru', 1],
    ['volatile-lru', 0],
    ['noeviction', 0],
  ])(
    'by %s is warned of %i times while the application starts, by whatever structure',
    async (policy, times) => {
      const warnings: string[] = [];
      const logger = new ConsoleLogger();
      logger.warn = (message: string) => void warnings.push(message);
      const client = patient(new Redis(server.url));
      await client.config('SET', 'maxmemory-policy', policy);
      const app = await Test.createTestingModule({
        providers: [
          {
            provide: 'tracker',
            useFactory: () => new QueueTracker(client, 'evicted', optionsOf(new Table())),
          },
          { provide: 'set', useFactory: () => new VolatileSet(client, 'evicted') },
          { provide: 'hashes', useFactory: () => new VolatileHashes(client, 'evicted') },
        ],
      })
        .setLogger(logger)
        .compile();
      await app.init();
      // The start goes on without a server that was left aside for a second, and the warning comes later.
      while (warnings.length < times) await sleep(5);
      expect(warnings).toEqual(
        Array(times).fill(
          expect.stringMatching(/maxmemory-policy is allkeys-lru: .*noeviction or volatile-\*/),
        ),
      );
      await app.close();
      await client.quit();
    },
  );
});

describe('QueueTracker on one server', () => {
  let client: Redis;
  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  describe('with slices of both kinds', () => followsAQueue(() => patient(new Redis(server.url))));

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });

  describe('whose callbacks answer nonsense', () => {
    const nothing = () => ({ ids: [] });
    const none = () => [];

    it.each<[string, unknown, unknown, RegExp]>([
      [
        'nextQueued returns nothing',
        () => undefined,
        none,
        /"bad": nextQueued returned undefined; expected \{ ids/,
      ],
      ['nextQueued returns an array', () => ['a'], none, /nextQueued returned \[ 'a' \]/],
      [
        'an id is a number',
        () => ({ ids: [7] }),
        none,
        /nextQueued returned 7 among the ids; expected ids to be strings/,
      ],
      ['an id is empty', () => ({ ids: [''] }), none, /nextQueued returned '' among the ids/],
      [
        'a page is too long',
        () => ({ ids: ['a', 'b', 'c'] }),
        none,
        /returned 3 ids; expected at most the 2 asked/,
      ],
      ['the cursor is a number', () => ({ ids: ['a'], next: 7 }), none, /expected next to be a string/],
      ['nextQueued throws', () => Promise.reject(new Error('no database')), none, /no database/],
      [
        'stillQueued returns nothing',
        nothing,
        () => undefined,
        /stillQueued returned undefined; expected an array/,
      ],
      ['stillQueued returns a text', nothing, () => 'abc', /stillQueued returned 'abc'; expected an array/],
      ['stillQueued returns a Map', nothing, () => new Map([['a', 1]]), /stillQueued returned Map/],
      ['stillQueued returns numbers', nothing, () => [1], /stillQueued returned 1 among the ids/],
      [
        'stillQueued tells of others',
        nothing,
        () => ['z'],
        /stillQueued returned 'z', which it was not asked about/,
      ],
      ['stillQueued throws', nothing, () => Promise.reject(new Error('no database')), /no database/],
    ])('rejects when %s, and loses nothing', async (_what, nextQueued, stillQueued, message) => {
      await client.del('work-stealing:{bad}:qt2:queued', 'work-stealing:{bad}:qt2:sweep');
      const options = { limit: 2, nextQueued, stillQueued } as QueueTrackerOptions;
      const tracker = new QueueTracker(client, 'bad', options);
      await tracker.markQueued('a', 'b');
      const results = await Promise.allSettled([tracker.recruited(slice), tracker.recruited(slice)]);
      const failed = results.filter((result) => result.status === 'rejected');
      expect(failed).toHaveLength(1);
      expect(String(failed[0]!.reason)).toMatch(message);
      // What stillQueued answers well is believed.
      expect(await tracker.size()).toBe(stillQueued === none ? 0 : 2);
    });

    it('rejects a cursor that does not move instead of sweeping for ever', async () => {
      const tracker = new QueueTracker(client, 'stuck', {
        nextQueued: () => ({ ids: ['a'], next: 'here' }),
        stillQueued: (ids) => ids,
      });
      const errors: string[] = [];
      for (let turn = 0; turn < 4; turn++)
        await tracker.recruited(slice).catch((e: unknown) => errors.push(String(e)));
      expect(errors).toContainEqual(expect.stringMatching(/nextQueued returned as next .* 'here'/));
      expect(await tracker.isQueued('a')).toBe(true);
    });

    it('takes an item that is queued twice as one', async () => {
      const tracker = new QueueTracker(client, 'twice', {
        nextQueued: () => ({ ids: ['a', 'a', 'b'] }),
        stillQueued: (ids) => new Set([...ids, ...ids]),
      });
      for (let turn = 0; turn < 4; turn++) await tracker.recruited(slice);
      expect(await tracker.size()).toBe(2);
    });

    it.each<[unknown, unknown, RegExp]>([
      ['', new Table(), /name is ''/],
      ['a', undefined, /QueueTracker "a": options are undefined; expected an object with nextQueued/],
      ['a', { nextQueued: nothing }, /stillQueued is undefined; expected a function/],
      [
        'a',
        { nextQueued: nothing, stillQueued: none, limit: 0 },
        /limit is 0; expected a whole number from 1 to 250/,
      ],
      ['a', { nextQueued: nothing, stillQueued: none, limit: 251 }, /limit is 251/],
      ['a', { nextQueued: nothing, stillQueued: none, prefix: '{x}' }, /prefix is '{x}'/],
    ])('refuses the name %p with %p', (name, options, message) => {
      expect(() => new QueueTracker(client, name as string, options as QueueTrackerOptions)).toThrow(message);
    });

    it('refuses ids that are none', async () => {
      const tracker = new QueueTracker(client, 'ids', optionsOf(new Table()));
      await expect(tracker.areQueued([])).rejects.toThrow(/number of ids is 0/);
      await expect(tracker.markQueued('a', '')).rejects.toThrow(/id is ''/);
      await expect(tracker.isQueued(5 as unknown as string)).rejects.toThrow(/id is 5/);
    });
  });

  it('moves the cursor once when eight recruits read the same page', async () => {
    const table = new Table();
    for (let index = 0; index < 8; index++) table.queued.add(`item:${index}`);
    let asked = 0;
    let answer = () => {};
    const allAsked = new Promise<void>((resolve) => (answer = resolve));
    const options = {
      ...optionsOf(table),
      nextQueued: async (after: string | null, limit: number) => {
        if (++asked === 8) answer();
        await allAsked;
        return table.nextQueued(after, limit);
      },
    };
    const trackers = Array.from({ length: 8 }, () => new QueueTracker(client, 'once', options));
    const reports = await Promise.all(trackers.map((tracker) => tracker.recruited(slice)));
    expect(reports.filter(({ done }) => done > 0)).toHaveLength(1);
    expect(await client.hget('work-stealing:{once}:qt2:sweep', 'cursor')).toBe('item:3');
    expect(await trackers[0]!.size()).toBe(4);
  });

  it('takes a sample of a large set without reading it all', async () => {
    const table = new Table();
    const tracker = new QueueTracker(client, 'large', { ...optionsOf(table), limit: 250 });
    for (let page = 0; page < 80; page++) {
      await tracker.markQueued(...Array.from({ length: 250 }, (_, index) => `${page}:${index}`));
    }
    await client.config('RESETSTAT');
    const { done } = await tracker
      .recruited(slice)
      .then((first) => (first.done > 0 ? first : tracker.recruited(slice)));
    expect(done).toBe(250);
    expect(await tracker.size()).toBe(19_750);
  });

  it('follows a queue that eight processes look after, killed at any moment, while it changes', async () => {
    const random = new SeededRandom(3);
    const steady = Array.from({ length: 40 }, (_, index) => `steady:${index}`);
    const all = [...steady, ...Array.from({ length: 60 }, (_, index) => `changing:${index}`)];
    await client.zadd('fleet:table', ...steady.flatMap((id) => [0, id]));
    const tracker = new QueueTracker(client, 'fleet', optionsOf(new Table()));
    let lost = 0;
    let isOver = false;
    const change = async () => {
      while (!isOver) {
        const id = `changing:${Math.floor(random.next() * 60)}`;
        if (random.next() < 0.5) {
          await client.zadd('fleet:table', 0, id);
          await tracker.markQueued(id);
          if (!(await tracker.isQueued(id))) lost++;
        } else {
          await client.zrem('fleet:table', id);
        }
        if ((await tracker.sweepAge()) < Infinity) {
          lost += (await tracker.areQueued(steady)).filter((isQueued) => !isQueued).length;
        }
      }
    };
    const changing = change();
    const fleet = await Fleet.suffer({ worker: 'queue-tracker.mjs', args: [server.url, 'fleet'], seed: 5 });
    try {
      isOver = true;
      await changing;
      expect(lost).toBe(0);
      const queued = new Set(await client.zrange('fleet:table', '0', '-1'));
      await fleet.until(async () => {
        const are = await tracker.areQueued(all);
        return (
          all.every((id, index) => are[index] === queued.has(id)) && (await tracker.size()) === queued.size
        );
      });
    } finally {
      isOver = true;
      await fleet.stop();
    }
  }, 120_000);

  describe('over a table of PostgreSQL', () => {
    let db: PGlite;
    beforeAll(async () => {
      db = await PGlite.create();
      await db.exec(`
        CREATE TABLE task (id bigserial PRIMARY KEY, item text NOT NULL, done boolean NOT NULL DEFAULT false);
        CREATE INDEX ON task (id) WHERE NOT done;
        CREATE INDEX ON task (item) WHERE NOT done;
      `);
    }, 30_000);
    afterAll(() => db.close());

    it('knows which items have tasks that are not done', async () => {
      const tracker = new QueueTracker(client, 'tasks', {
        limit: 10,
        async nextQueued(after, limit) {
          const { rows } = await db.query<{ id: string; item: string }>(
            'SELECT id::text, item FROM task WHERE NOT done AND id > $1 ORDER BY task.id LIMIT $2',
            [after ?? '0', limit],
          );
          return { ids: rows.map(({ item }) => item), next: rows.at(-1)?.id };
        },
        async stillQueued(ids) {
          const { rows } = await db.query<{ item: string }>(
            'SELECT DISTINCT item FROM task WHERE NOT done AND item = ANY($1)',
            [ids],
          );
          return rows.map(({ item }) => item);
        },
      });
      await db.exec(`INSERT INTO task (item) SELECT 'order:' || n % 30 FROM generate_series(0, 99) n`);
      const all = Array.from({ length: 30 }, (_, index) => `order:${index}`);
      await settle(tracker, new Set(all), all);
      await db.exec(`UPDATE task SET done = true WHERE item <> 'order:7'`);
      await settle(tracker, new Set(['order:7']), all);
      expect(await tracker.isQueued('order:7')).toBe(true);
    });
  });

  describe('over a queue of BullMQ', () => {
    let queue: Queue;
    let worker: Worker | undefined;
    beforeAll(async () => {
      queue = new Queue('mail', { connection: { url: server.url } });
      await queue.waitUntilReady();
    });
    afterEach(() => worker?.close());
    afterAll(() => queue.close());

    it('knows which users have mail waiting, until a worker has sent it', async () => {
      const tracker = new QueueTracker(client, 'mail', {
        limit: 5,
        // A list has no keys to page by: what moves up meanwhile is found by the next sweep.
        async nextQueued(after, limit) {
          const offset = Number(after ?? 0);
          const jobs = await queue.getJobs(['waiting', 'delayed'], offset, offset + limit - 1, true);
          const ids = jobs.slice(0, limit).map((job) => job.id!);
          return { ids, next: ids.length < limit ? null : String(offset + limit) };
        },
        async stillQueued(ids) {
          const states = await Promise.all(ids.map((id) => queue.getJobState(id)));
          return ids.filter((_id, index) => ['waiting', 'delayed', 'active'].includes(states[index]!));
        },
      });
      const users = Array.from({ length: 12 }, (_, index) => `user-${index}`);
      for (const user of users) await queue.add('send', {}, { jobId: user, removeOnComplete: true });
      await settle(tracker, new Set(users), users);
      worker = new Worker('mail', () => Promise.resolve(), {
        connection: { url: server.url },
        autorun: false,
      });
      const drained = once(worker, 'drained');
      void worker.run();
      await drained;
      await worker.close();
      await settle(tracker, new Set(), users);
      expect(await tracker.size()).toBe(0);
    });
  });
});

describe('QueueTracker on a Redis Cluster', () => {
  const cluster = useRedisCluster(STEADY);
  const connect = () => patient(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))));
  describe('with slices of both kinds', () => followsAQueue(connect));
});
