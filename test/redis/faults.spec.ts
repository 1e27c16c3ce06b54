import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { WorkStealingConfigError, type Job } from 'nestjs-work-stealing';
import {
  createFailFastRedis,
  CursorJob,
  KeyspaceSweep,
  QueueTracker,
  RedisLeases,
  Rollup,
  StreamReaper,
  VolatileHashes,
  VolatileSet,
  type CursorJobOptions,
  type Page,
  type RedisClient,
  type RedisKey,
  type VolatileHashesOptions,
} from 'nestjs-work-stealing/redis';
import { PATIENCE_OF_CALLS, patient, useRedis, withoutFieldExpiry } from '../support/redis.js';

const slice = { jobId: 'fault', signal: new AbortController().signal, timeRemaining: () => 50 };

/** What the faults are tried on: one entry a job. */
interface Subject {
  readonly name: string;
  make(client: RedisClient): Job & { onModuleInit?(): void | Promise<void> };
  /** Brings it work for a slice. */
  fill(client: RedisClient): Promise<unknown>;
  /** What must not get lost, as one value. */
  read(client: RedisClient): Promise<unknown>;
  /** A key that another type of value makes unusable, and the slices that need not notice at once. */
  readonly brittle: string;
  /** A command that it cannot do without. */
  readonly needs: string;
  /** Whether its slices take no memory, and are done by a server that has none left; `moves`: what is read is another then. */
  readonly goesOnWhenFull?: true | 'moves';
}

const trackerOf = (client: RedisClient) =>
  new QueueTracker(client, 'faults', {
    nextQueued: () => ({ ids: ['a', 'b'] }),
    stillQueued: (ids) => ids,
  });

const HOUR_AGO = Date.now() - 3_600_000;
const rollupOf = (client: RedisClient) => new Rollup(client, 'faults', { partitions: 1 });

const setOf = (client: RedisClient) => new VolatileSet(client, 'faults');

const hashesOf = (client: RedisClient, backend: VolatileHashesOptions['backend'] = 'stolen') =>
  new VolatileHashes(client, 'faults', { backend, partitions: 1 });

const AT_ONCE: CursorJobOptions = { retryDelay: 0, onEnd: 'restart' };

/** Goes through 100 numbers, ten a slice, again and again. */
class Numbers extends CursorJob<number> {
  constructor(client: RedisClient) {
    super(client, 'numbers', { ...AT_ONCE, batch: 10 });
  }

  protected fetch(cursor = '0', limit: number): Page<number> {
    const items = Array.from({ length: limit }, (_, index) => Number(cursor) + index);
    const next = Number(cursor) + limit;
    return { items, next: next < 100 ? String(next) : undefined };
  }

  protected process(): void {}
}

class Sweep extends KeyspaceSweep {
  constructor(client: RedisClient) {
    super(client, 'sweep', { ...AT_ONCE, match: 'swept:*' });
  }

  protected visit(keys: readonly RedisKey[]): Promise<number> {
    return this.giveTtl(keys, 3_600_000);
  }
}

const subjects: Subject[] = [
  {
    name: 'VolatileHashes',
    make: (client) => hashesOf(client),
    // One field that is overdue for good, and one that is not.
    async fill(client) {
      await hashesOf(client).setMany('h', { a: '1', b: '2' }, { ttl: 3_600_000 });
      await client.zadd('work-stealing:{faults:0}:vh1:due:h', 1, 'b');
      await client.zadd('work-stealing:{faults:0}:vh1:index', 1, 'h');
    },
    read: (client) => hashesOf(client).getAll('h'),
    brittle: 'work-stealing:{faults:0}:vh1:index',
    needs: 'ZMSCORE',
    goesOnWhenFull: true,
  },
  {
    name: 'CursorJob',
    make: (client) => new Numbers(client),
    fill: (client) => new Numbers(client).recruited(slice),
    read: (client) => new Numbers(client).cursor(),
    brittle: 'work-stealing:{numbers}:cj2:state:0',
    needs: 'HMGET',
    goesOnWhenFull: 'moves',
  },
  {
    name: 'KeyspaceSweep',
    make: (client) => new Sweep(client),
    fill: (client) => client.mset('swept:1', '1', 'swept:2', '2'),
    read: (client) => client.mget('swept:1', 'swept:2'),
    brittle: 'work-stealing:{sweep}:cj2:state:0',
    needs: 'SCAN',
    goesOnWhenFull: true,
  },
  {
    name: 'QueueTracker',
    make: trackerOf,
    fill: (client) => trackerOf(client).markQueued('a', 'c'),
    read: (client) => trackerOf(client).areQueued(['a', 'c']),
    brittle: 'work-stealing:{faults}:qt2:queued',
    needs: 'HRANDFIELD',
  },
  {
    name: 'Rollup',
    goesOnWhenFull: true,
    make: rollupOf,
    fill: (client) => rollupOf(client).add('a', 5, HOUR_AGO),
    read: (client) => rollupOf(client).total('a', HOUR_AGO, HOUR_AGO + 1),
    brittle: 'work-stealing:{faults:0}:ru1:pending',
    needs: 'HRANDFIELD',
  },
  {
    name: 'VolatileSet',
    make: setOf,
    // One member that is overdue for good, and one that is not.
    async fill(client) {
      await setOf(client).add(['a', 'b'], { ttl: 3_600_000 });
      await client.zadd('work-stealing:{faults:0}:vs1:members', 1, 'b');
    },
    read: (client) => setOf(client).members(),
    brittle: 'work-stealing:{faults:0}:vs1:members',
    needs: 'ZMSCORE',
    goesOnWhenFull: true,
  },
  {
    name: 'StreamReaper',
    make: (client) =>
      new StreamReaper(client, 'faults', { group: 'g', handler: () => undefined, idle: 1, maxDeliveries: 1 }),
    // An entry that is a dead letter, and the entries that are.
    async fill(client) {
      await client.xgroup('CREATE', 'faults', 'g', '$', 'MKSTREAM');
      await client.xadd('faults', '1-0', 'order', '1');
      await client.xreadgroup('GROUP', 'g', 'dead', 'STREAMS', 'faults', '>');
    },
    // Either still pending or a dead letter.
    async read(client) {
      const pending = await client.xpending('faults', 'g', '-', '+', 10);
      return pending.length + (await client.xlen('{faults}:dead'));
    },
    brittle: '{faults}:dead',
    needs: 'XAUTOCLAIM',
    goesOnWhenFull: true,
  },
];

/**
 * What a bootstrap is refused with. It waits a second for the server, and goes on without one that is left aside for longer:
 * that one is asked again.
 */
async function refusalOf(bootstrap: () => unknown): Promise<unknown> {
  for (;;) {
    const begun = performance.now();
    const refusal = await Promise.resolve(bootstrap()).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refusal !== undefined || performance.now() - begun < 990) return refusal;
  }
}

/** Two slices of a job that may take turns at two things: what each came to. */
async function twoSlices(job: Job): Promise<string[]> {
  const results = [];
  for (let turn = 0; turn < 2; turn++) {
    results.push(
      await Promise.resolve(job.recruited(slice)).then(
        () => 'done',
        (error: unknown) => String(error),
      ),
    );
  }
  return results;
}

describe.each(subjects)('$name when Redis', ({ make, fill, read, brittle, needs, goesOnWhenFull }) => {
  let client: Redis;
  let before: unknown;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis({ args: ['--enable-debug-command', 'yes', '--key-load-delay', '50000'] });
  const poor = useRedis({ args: ['--rename-command', needs, ''] });
  beforeAll(async () => {
    client = patient(new Redis(server.url, { enableReadyCheck: false }));
    await fill(client);
    before = await read(client);
  });

  it('is read-only refuses the slice with READONLY, and loses nothing', async () => {
    await client.replicaof('127.0.0.1', '1');
    try {
      expect(await twoSlices(make(client))).toContainEqual(
        expect.stringMatching(/READONLY|read only replica/),
      );
    } finally {
      await client.replicaof('NO', 'ONE');
    }
    expect(await read(client)).toEqual(before);
  });

  it('loads its data refuses the slice with LOADING, and loses nothing', async () => {
    const other = new Redis(server.url);
    // Each key takes 50 ms to load, until it is told otherwise; the server looks at its connections in between.
    await other.config('SET', 'loading-process-events-interval-bytes', '1024');
    for (let index = 0; index < 200; index++) await other.set(`ballast:${index}`, 'x'.repeat(2000));
    const job = make(client);
    await make(client).onModuleInit?.();
    const loaded = other.call('DEBUG', 'RELOAD');
    const isLoading = async () =>
      (await client.ping().catch((error: Error) => error.message)).startsWith('LOADING');
    while (!(await isLoading()));
    expect(await twoSlices(job)).toEqual([
      expect.stringMatching(/LOADING/),
      expect.stringMatching(/LOADING/),
    ]);
    await client.config('SET', 'key-load-delay', '0');
    await loaded;
    await other.quit();
    expect(await read(client)).toEqual(before);
  });

  it('has no memory left does what it can, and loses nothing', async () => {
    await client.config('SET', 'maxmemory', '1');
    try {
      const results = await twoSlices(make(client));
      if (goesOnWhenFull !== undefined) expect(results).toEqual(['done', 'done']);
      else expect(results).toContainEqual(expect.stringMatching(/OOM/));
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
    if (goesOnWhenFull === 'moves') before = await read(client);
    expect(await read(client)).toEqual(before);
  });

  it('has forgotten the scripts takes them anew', async () => {
    const job = make(client);
    await twoSlices(job);
    await client.script('FLUSH');
    expect(await twoSlices(job)).toEqual(['done', 'done']);
  });

  it('has a value of another type there says so, and leaves it alone', async () => {
    await client.rename(brittle, 'kept').catch(() => undefined);
    await client.set(brittle, 'text');
    try {
      expect(await twoSlices(make(client))).toContainEqual(expect.stringMatching(/WRONGTYPE/));
      expect(await client.get(brittle)).toBe('text');
    } finally {
      await client.del(brittle);
      await client.rename('kept', brittle).catch(() => undefined);
    }
  });

  it(`lacks ${needs} stops the bootstrap, and names its version`, async () => {
    const old = patient(new Redis(poor.url));
    const job = make(old);
    const message = new RegExp(
      `needs .*${needs}.*this server, (Redis|Valkey) \\d+\\.\\d+.*has no such command`,
    );
    const refusal = await refusalOf(() => job.onModuleInit?.());
    expect(String(refusal)).toMatch(message);
    expect(refusal).toBeInstanceOf(WorkStealingConfigError);
    await expect(job.recruited(slice)).rejects.toThrow(message);
    await old.quit();
  });

  it(`lacks ${needs} stops the bootstrap though the client, which fails fast, has yet to connect`, async () => {
    const refusal = await refusalOf(async () => {
      const connecting = createFailFastRedis(poor.url, { commandTimeout: 5000 });
      connecting.on('error', () => undefined);
      expect(connecting.status).toBe('connecting');
      try {
        await make(connecting).onModuleInit?.();
      } finally {
        connecting.disconnect();
      }
    });
    expect(String(refusal)).toMatch(new RegExp(`needs .*${needs}`));
  });

  it('is away lets the bootstrap go on, and fails the slice', async () => {
    const away = new Redis(1, '127.0.0.1', { enableOfflineQueue: false, lazyConnect: true });
    away.on('error', () => undefined);
    const job = make(away);
    await job.onModuleInit?.();
    await expect(job.recruited(slice)).rejects.toThrow();
    away.disconnect();
  });
});

const NO_FIELD_EXPIRY = await withoutFieldExpiry();

describe('VolatileHashes told to let the server expire fields', () => {
  const server = useRedis({ args: NO_FIELD_EXPIRY });

  it('stop the bootstrap where it cannot, and name its version', async () => {
    const client = patient(new Redis(server.url));
    const refusal = await refusalOf(() => hashesOf(client, 'native').onModuleInit());
    expect(String(refusal)).toMatch(
      /'native' needs HPEXPIRE \(Redis 7\.4\+, Valkey 9\+\); this server is (Redis|Valkey) \d+\.\d+/,
    );
    expect(refusal).toBeInstanceOf(WorkStealingConfigError);
    await expect(hashesOf(client, 'auto').onModuleInit()).resolves.toBeUndefined();
    await client.quit();
  });
});

describe('A server that has no EVAL, or another name for it', () => {
  const server = useRedis({ args: ['--rename-command', 'EVAL', ''] });

  it('is refused at bootstrap, and at the first use where nothing is asked before', async () => {
    const client = patient(new Redis(server.url));
    const refusal = /has no command EVAL, or has renamed it/;
    for (const { make } of subjects.filter(({ name }) => name !== 'KeyspaceSweep')) {
      expect(await refusalOf(() => make(client).onModuleInit?.())).toBeInstanceOf(WorkStealingConfigError);
    }
    expect(String(await refusalOf(() => new VolatileSet(client, 'x').onModuleInit()))).toMatch(refusal);
    await expect(new RedisLeases(client).acquire('job', 1000, PATIENCE_OF_CALLS)).rejects.toThrow(refusal);
    await client.quit();
  });
});

describe('A server that may not be asked which commands it has', () => {
  const server = useRedis({ args: ['--rename-command', 'COMMAND', '', ...NO_FIELD_EXPIRY] });

  it.each(subjects.filter(({ name }) => name !== 'KeyspaceSweep'))(
    'has those of a $name',
    async ({ make, fill }) => {
      const client = patient(new Redis(server.url));
      await client.flushall();
      await fill(client);
      const job = make(client);
      await job.onModuleInit?.();
      expect(await twoSlices(job)).toEqual(['done', 'done']);
      await client.quit();
    },
  );

  it('does not expire fields by itself', async () => {
    const client = patient(new Redis(server.url));
    const hashes = hashesOf(client, 'auto');
    await hashes.set('h', 'f', '1', { ttl: 3_600_000 });
    expect(await client.exists('work-stealing:{faults:0}:vh1:index')).toBe(1);
    await client.quit();
  });

  it('is refused where the user says that it expires fields', async () => {
    const client = patient(new Redis(server.url));
    const refusal = await refusalOf(() => hashesOf(client, 'native').onModuleInit());
    expect(String(refusal)).toMatch(/'native' needs HPEXPIRE/);
    await client.quit();
  });
});
