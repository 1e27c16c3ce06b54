import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Redis } from 'ioredis';
import { StealableJob, WorkStealingModule, type Slice } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';

/** The subpaths whose structures are used: given, so that a test may load them with changes. */
export interface Subpaths {
  readonly redis: typeof import('nestjs-work-stealing/redis');
  readonly cache: typeof import('nestjs-work-stealing/cache');
}

/** Where the structures are used. */
export interface Place {
  readonly client: import('nestjs-work-stealing/redis').RedisLike;
  /** A client without options, for what an application does itself. */
  readonly plain: Pick<Redis, 'xgroup' | 'xadd' | 'xreadgroup' | 'set' | 'get' | 'pttl' | 'exists'>;
  /** The client's `keyPrefix`, and the structures' prefix. */
  readonly keyPrefix: string;
  readonly prefix: string;
}

const HOUR = 3_600_000;
/** A busy machine may leave a server or this process aside for seconds: ms. */
const PATIENCE = 20_000;

/** A bootstrap waits a second for a server; one that was left aside for longer is asked again. */
async function bootstrap(structure: { onModuleInit(): void | Promise<void> }): Promise<void> {
  for (let begun = -Infinity; performance.now() - begun >= 990;) {
    begun = performance.now();
    await structure.onModuleInit();
  }
}

/** A slice with time left. */
export function slice(): Slice {
  return { jobId: 'job', signal: new AbortController().signal, timeRemaining: () => 50 };
}

/** Goes through all that a structure does, with the right value of each: by the structure's name. */
export function everyStructure({ redis, cache }: Subpaths): Record<string, (place: Place) => Promise<void>> {
  const connection = ({ client, prefix }: Place) => ({ client, prefix });
  const fields = async (place: Place, backend: 'auto' | 'stolen') => {
    const hashes = new redis.VolatileHashes(connection(place), backend, { backend, partitions: 2 });
    await bootstrap(hashes);
    await hashes.set('h', 'stays', 'x');
    await hashes.setMany('h', { a: '1', b: Buffer.from('2') }, { ttl: HOUR });
    assert.equal(await hashes.get('h', 'a'), '1');
    assert.deepEqual(await hashes.getMany('h', ['a', 'none']), ['1', null]);
    assert.deepEqual({ ...(await hashes.getAll('h')) }, { stays: 'x', a: '1', b: '2' });
    assert.equal(await hashes.size('h'), 3);
    const left = await hashes.ttl('h', 'a');
    assert.ok(left !== undefined && left > HOUR - 60_000 && left <= HOUR, `ttl ${String(left)}`);
    assert.equal(await hashes.ttl('h', 'stays'), Infinity);
    assert.equal(await hashes.persist('h', 'b'), true);
    assert.equal(await hashes.ttl('h', 'b'), Infinity);
    assert.equal(await hashes.delete('h', 'a', 'none'), 1);
    await hashes.set('h', 'short', '1', { ttl: 1 });
    await sleep(10);
    assert.equal(await hashes.get('h', 'short'), null);
    assert.equal(typeof (await hashes.oldestOverdue()), 'number');
    const { done } = await hashes.recruited(slice());
    assert.equal(done, backend === 'stolen' ? 1 : done);
    assert.equal(await hashes.size('h'), 2);
  };
  return {
    leases: async (place) => {
      const leases = new redis.RedisLeases(connection(place));
      const first = await leases.acquire('job', HOUR, PATIENCE);
      assert.equal(typeof first?.fencingToken, 'number');
      assert.equal(await leases.acquire('job', HOUR, PATIENCE), undefined);
      await first!.release();
      const second = await leases.acquire('job', HOUR, PATIENCE);
      assert.ok(second!.fencingToken > first!.fencingToken);
      await second!.release();
    },
    paces: async (place) => {
      const paces = new redis.RedisPaces(connection(place));
      assert.equal(await paces.take('job', 0.01, PATIENCE), 0);
      assert.ok((await paces.take('job', 0.01, PATIENCE)) > 1000);
    },
    'volatile hashes': (place) => fields(place, 'auto'),
    'volatile hashes without the server': (place) => fields(place, 'stolen'),
    'volatile set': async (place) => {
      const set = new redis.VolatileSet(connection(place), 'set', { partitions: 2 });
      await bootstrap(set);
      assert.equal(await set.add(['a', 'b'], { ttl: HOUR }), 2);
      assert.equal(await set.add('c'), 1);
      assert.deepEqual(await set.hasMany(['a', 'none']), [true, false]);
      assert.equal(await set.ttl('c'), Infinity);
      assert.equal(await set.touch('b', { ttl: 2 * HOUR }), 1);
      const left = await set.ttl('b');
      assert.ok(left !== undefined && left > HOUR && left <= 2 * HOUR, `ttl ${String(left)}`);
      assert.deepEqual((await set.members()).sort(), ['a', 'b', 'c']);
      assert.equal(await set.size(), 3);
      assert.equal(await set.remove(['a', 'none']), 1);
      await set.add('short', { ttl: 1 });
      await sleep(10);
      assert.equal(await set.has('short'), false);
      assert.ok((await set.oldestOverdue()) > 0);
      assert.equal((await set.recruited(slice())).done, 1);
    },
    rollup: async (place) => {
      const rollup = new redis.Rollup(connection(place), 'rollup', { partitions: 2 });
      await bootstrap(rollup);
      const at = Date.now();
      await rollup.add('film', 3, at);
      await rollup.add('film', -1, at);
      assert.equal(await rollup.pending(), 1);
      assert.equal(await rollup.total('film', at, at + 1), 2);
      let done = 0;
      for (let turn = 0; turn < 2; turn++) done += (await rollup.recruited(slice())).done;
      assert.equal(done, 1);
      assert.equal(await rollup.pending(), 0);
      assert.equal(await rollup.total('film', at, at + 1), 2);
      assert.equal((await rollup.total('film', 0, 1)) || 0, 0);
    },
    'queue tracker': async (place) => {
      const tracker = new redis.QueueTracker(connection(place), 'queue', {
        nextQueued: () => ({ ids: ['a', 'b'] }),
        stillQueued: (ids) => ids.filter((id) => id !== 'gone'),
      });
      await bootstrap(tracker);
      assert.equal(await tracker.markQueued('gone', 'a'), 2);
      assert.deepEqual(await tracker.areQueued(['a', 'none']), [true, false]);
      for (let turn = 0; turn < 6; turn++) await tracker.recruited(slice());
      assert.equal(await tracker.isQueued('gone'), false);
      assert.equal(await tracker.size(), 2);
      assert.ok((await tracker.sweepAge()) < 60_000);
    },
    'cursor job': async (place) => {
      const processed: string[] = [];
      class Pass extends redis.CursorJob<string> {
        protected fetch(cursor = '0') {
          const next = cursor === '2' ? undefined : String(Number(cursor) + 1);
          return { items: [`item ${cursor}`], ...(next !== undefined && { next }) };
        }
        protected process(items: readonly string[]) {
          if (items.includes('item 1')) throw new Error('no');
          processed.push(...items);
          return items.length;
        }
      }
      const job = new Pass(connection(place), 'pass', { batch: 1, attempts: 1, retryDelay: 0 });
      await bootstrap(job);
      for (let turn = 0; turn < 8; turn++) await job.recruited(slice()).catch(() => undefined);
      const progress = await job.progress();
      assert.equal(progress.ended, true);
      assert.equal(progress.done, 3);
      assert.deepEqual(processed, ['item 0', 'item 2']);
      assert.equal((await job.dead()).length, 1);
      assert.equal(await job.forgetDead(), 1);
      await job.seek('2');
      assert.equal(await job.cursor(), '2');
      await job.reset();
      assert.equal(await job.cursor(), undefined);
    },
    'keyspace sweep': async (place) => {
      const { plain } = place;
      const key = (name: string) => `${place.prefix}-ses:{${name}}`;
      class Sweep extends redis.KeyspaceSweep {
        protected async visit(keys: readonly import('nestjs-work-stealing/redis').RedisKey[]) {
          const of = (name: string) => keys.filter((each) => String(each) === key(name));
          const changed = [
            await this.giveTtl(of('a'), HOUR),
            await this.unlink(of('b')),
            await this.rewrite(of('c'), (value) => `${value.toString()}!`),
            await this.rewrite(of('d'), () => 'w'),
          ];
          return changed.reduce((sum, count) => sum + count, 0);
        }
      }
      if (place.keyPrefix !== '') {
        assert.throws(() => new Sweep(connection(place), 'sweep'), /keyPrefix/);
        return;
      }
      for (const name of ['a', 'b', 'c', 'd']) await plain.set(key(name), 'v');
      const sweep = new Sweep(connection(place), 'sweep', { match: `${place.prefix}-ses:*`, batch: 1000 });
      await bootstrap(sweep);
      for (let turn = 0; turn < 30 && !(await sweep.progress()).ended; turn++) await sweep.recruited(slice());
      assert.equal((await sweep.progress()).ended, true);
      assert.ok((await plain.pttl(key('a'))) > 0);
      assert.equal(await plain.exists(key('b')), 0);
      assert.equal(await plain.get(key('c')), 'v!');
      assert.equal(await plain.get(key('d')), 'w');
    },
    'stream reaper': async (place) => {
      const { plain, keyPrefix } = place;
      const stream = `{${place.prefix}}orders`;
      const key = keyPrefix + stream;
      await plain.xgroup('CREATE', key, 'g', '0', 'MKSTREAM');
      for (const field of ['good', 'bad']) await plain.xadd(key, '*', 'k', field);
      await plain.xreadgroup('GROUP', 'g', 'pod-1', 'STREAMS', key, '>');
      await sleep(30);
      const handled: string[] = [];
      const reaper = new redis.StreamReaper(connection(place), stream, {
        group: 'g',
        idle: 10,
        consumerIdle: 10,
        maxDeliveries: 2,
        maxAge: HOUR,
        handler({ fields: { k } }) {
          handled.push(k!);
          if (k === 'bad') throw new Error('no');
        },
      });
      await bootstrap(reaper);
      for (let turn = 0; turn < 6; turn++) {
        await reaper.recruited(slice()).catch((error: unknown) => assert.ok(error instanceof AggregateError));
        await sleep(20);
      }
      assert.deepEqual([...new Set(handled)].sort(), ['bad', 'good']);
      assert.equal(await plain.exists(keyPrefix + reaper.deadLetter), 1);
    },
    cache: async (place) => {
      const films = new cache.EarlyRefreshCache(connection(place), 'films', { patience: PATIENCE });
      let computed = 0;
      for (let turn = 0; turn < 2; turn++) await films.get('k', () => ++computed, { ttl: HOUR });
      assert.equal(computed, 1);
      assert.equal(await films.set('k', 5, { ttl: HOUR, stale: HOUR }), true);
      assert.equal(await films.get('k', () => 0, { ttl: HOUR }), 5);
      assert.equal(await films.invalidate('k'), true);
      assert.equal(await films.delete('k'), true);
      await assert.rejects(
        films.get('fails', () => Promise.reject(new Error('no')), { ttl: HOUR }),
        /no/,
      );
      assert.equal(films.stats.redisErrors, 0);
    },
    fleet: async ({ client, prefix }) => {
      @StealableJob({ id: 'fails', rate: 0.5 })
      class Fails {
        recruited() {
          throw new Error('as it always does');
        }
      }
      @Module({
        imports: [
          WorkStealingModule.forRoot(),
          redis.WorkStealingRedisModule.forRoot({ client, prefix, fleet: { interval: 250 } }),
        ],
        providers: [Fails],
      })
      class App {}
      const app = await Test.createTestingModule({ imports: [App] }).compile();
      app.useLogger(false);
      await app.init();
      try {
        const fleet = app.get(FleetService);
        assert.equal(fleet.scope, 'fleet');
        const job = { id: 'fails' };
        await fleet.setRate(job, 0.25, 'me');
        await fleet.runOnce(job, 'me');
        const deadline = performance.now() + 20_000;
        let found: Awaited<ReturnType<FleetService['jobs']>>[number] | undefined;
        while (found?.lastError === undefined && performance.now() < deadline) {
          [found] = await fleet.jobs();
          await sleep(50);
        }
        assert.match(String(found?.lastError?.message), /as it always does/);
        // One that was stalled for two seconds counts as gone until it reports again.
        let processes = await fleet.processes();
        for (; processes.length < 1 && performance.now() < deadline; await sleep(50))
          processes = await fleet.processes();
        assert.equal(processes.length, 1);
        assert.deepEqual(
          (await fleet.audit()).map(({ action }) => action),
          ['run-once', 'set-rate'],
        );
        await fleet.resetRate(job, 'me');
      } finally {
        await app.close();
      }
    },
  };
}
