import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import type { Job, Progress, Slice } from 'nestjs-work-stealing';
import {
  KeyspaceSweep,
  QueueTracker,
  Rollup,
  StreamReaper,
  VolatileHashes,
  VolatileSet,
  type RedisClient,
  type RedisKey,
} from 'nestjs-work-stealing/redis';
import { EmptyPass } from '../support/empty-pass.js';
import { patient, STEADY, useRedis, useRedisCluster } from '../support/redis.js';

const HOUR = 3_600_000;
const PARTITIONS = 140;

let clock = 1_700_000_000_000;

/** A pass of its own for each test. */
const nextPass = (): NonNullable<Slice['pass']> => ({ dueAt: new Date((clock += HOUR)), isFirst: false });

/** A slice without time for more than it has begun. */
const short: Slice = { jobId: 'job', signal: new AbortController().signal, timeRemaining: () => 0 };
const sliceOf = (pass: NonNullable<Slice['pass']>, isFirst = false): Slice => ({
  ...short,
  pass: { ...pass, isFirst },
});

/** The slices of a pass, by each of these processes in turn, until one of them says that nothing is left. */
async function runPass(jobs: readonly Job[], pass = nextPass(), most = 600): Promise<Progress[]> {
  const reports: Progress[] = [];
  while (reports.at(-1)?.more !== false) {
    if (reports.length >= most) throw new Error(`The pass goes on after ${most} slices`);
    const job = jobs[reports.length % jobs.length]!;
    reports.push((await job.recruited(sliceOf(pass, reports.length === 0))) as Progress);
  }
  return reports;
}

interface Partitioned {
  readonly make: (client: RedisClient, name: string) => Job;
  /** Puts work into about as many partitions as there are pieces of work. */
  readonly fill: (job: never, count: number) => Promise<unknown>;
  /** Work that was due when it was put there, and is left. */
  readonly left: (job: never) => Promise<number>;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `item ${index}`);

const partitioned: [string, Partitioned][] = [
  [
    'VolatileSet',
    {
      make: (client, name) => new VolatileSet(client, name, { partitions: PARTITIONS, limit: 10 }),
      fill: async (set: VolatileSet, count) => {
        for (const member of names(count)) await set.add(member, { ttl: 1 });
        await sleep(5);
      },
      left: (set: VolatileSet) => set.oldestOverdue(),
    },
  ],
  [
    'VolatileHashes',
    {
      make: (client, name) =>
        new VolatileHashes(client, name, { partitions: PARTITIONS, limit: 10, backend: 'stolen' }),
      fill: async (hashes: VolatileHashes, count) => {
        for (const hash of names(count)) await hashes.set(hash, 'field', 'x', { ttl: 1 });
        await sleep(5);
      },
      left: (hashes: VolatileHashes) => hashes.oldestOverdue(),
    },
  ],
  [
    'Rollup',
    {
      make: (client, name) => new Rollup(client, name, { partitions: PARTITIONS, limit: 10 }),
      // All in the bucket of now, which is no backlog without a pass.
      fill: (rollup: Rollup, count) => Promise.all(names(count).map((item) => rollup.add(item))),
      left: (rollup: Rollup) => rollup.pending(),
    },
  ],
];

describe('A pass of a structure', () => {
  let client: Redis;
  afterAll(() => client.quit());
  const server = useRedis();
  let name = '';
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(() => {
    name = `passed${turn++}`;
  });

  describe.each(partitioned)('that is spread over partitions: %s', (_kind, { make, fill, left }) => {
    it('goes on until one process has visited each partition after it began, though slices are short', async () => {
      const job = make(client, name);
      const reports = await runPass([job]);
      expect(reports.length).toBeGreaterThan(2);
      expect(reports.slice(0, -1).every(({ done, more }) => more === true && done === 1)).toBe(true);
      expect(reports.at(-1)).toEqual({ done: 0, more: false });
    });

    it('visits all partitions again in the next pass', async () => {
      const job = make(client, name);
      const pass = nextPass();
      const first = await runPass([job], pass);
      expect(await job.recruited(sliceOf(pass))).toEqual({ done: 0, more: false });
      expect(await runPass([job])).toHaveLength(first.length);
    });

    it.each([1, 2])(
      'leaves nothing that was due when it began, with %i processes in turn',
      async (processes) => {
        const jobs = Array.from({ length: processes }, () => make(client, name));
        await fill(jobs[0] as never, 300);
        const reports = await runPass(jobs);
        expect(await left(jobs[0] as never)).toBe(0);
        expect(reports.reduce((sum, { done }) => sum + done, 0)).toBeGreaterThanOrEqual(300);
      },
    );

    it('finds what falls due in partitions that an earlier pass has visited', async () => {
      const jobs = [make(client, name), make(client, name)];
      await runPass(jobs);
      await fill(jobs[0] as never, 100);
      await runPass(jobs);
      expect(await left(jobs[0] as never)).toBe(0);
    });

    it('takes one slice where there is time', async () => {
      const job = make(client, name);
      const slice = { ...sliceOf(nextPass()), timeRemaining: () => 1000 };
      expect(await job.recruited(slice)).toEqual({ done: 0, more: false });
    });
  });

  it('is none for a server that expires fields itself: the first slice ends it', async () => {
    const hashes = new VolatileHashes(client, name, { partitions: PARTITIONS, backend: 'auto' });
    const isNative = await client
      .call('COMMAND', 'INFO', 'HPEXPIRE')
      .then((info) => (info as unknown[])[0] !== null);
    const reports = await runPass([hashes]);
    expect(reports.length === 1).toBe(isNative);
  });

  describe('that follows a queue: QueueTracker', () => {
    let queue: string[];
    const LIMIT = 50;
    const pages: (string | null)[] = [];
    const make = () =>
      new QueueTracker(client, name, {
        limit: LIMIT,
        nextQueued: (after, limit) => {
          pages.push(after);
          const ids = queue.filter((id) => after === null || id > after).slice(0, limit);
          return { ids, next: ids.length < limit ? null : ids.at(-1)! };
        },
        stillQueued: (ids) => ids.filter((id) => queue.includes(id)),
      });
    const tracked = async (tracker: QueueTracker) => {
      const all = [...names(800)];
      const are: boolean[] = [];
      for (let from = 0; from < all.length; from += 200)
        are.push(...(await tracker.areQueued(all.slice(from, from + 200))));
      return all.filter((_, index) => are[index]).toSorted();
    };

    beforeEach(() => {
      queue = names(230).toSorted();
      pages.length = 0;
    });

    it.each([1, 2])('has exactly what is queued at its end, with %i processes in turn', async (processes) => {
      const trackers = Array.from({ length: processes }, make);
      for (let from = 200; from < 800; from += 200)
        await trackers[0]!.markQueued(...names(800).slice(from, from + 200));
      await runPass(trackers);
      expect(await tracked(trackers[0]!)).toEqual(queue);
      queue = names(300).slice(100).toSorted();
      await runPass(trackers);
      expect(await tracked(trackers[0]!)).toEqual(queue);
    });

    it('is not declared once in each process, since the fleet has one sweep of the queue', () => {
      const refused = make().problemsWith({ every: { ms: HOUR, scope: 'process' } });
      expect(refused).toEqual([
        expect.stringMatching(/every.scope is 'process', but the fleet has one sweep/),
      ]);
      expect(make().problemsWith({ every: HOUR })).toEqual([]);
    });

    it('begins at the beginning of the queue, wherever the sweep before it was', async () => {
      const tracker = make();
      for (let slices = 0; slices < 3; slices++) await tracker.recruited(short);
      queue.unshift('a new first item');
      pages.length = 0;
      await runPass([tracker]);
      expect(pages[0]).toBeNull();
      expect(pages.filter((after) => after === null)).toHaveLength(1);
      expect(await tracker.isQueued('a new first item')).toBe(true);
      expect(await tracker.sweepAge()).toBeLessThan(60_000);
    });

    it('is not begun again by a late slice of the pass before it, but by the first one of a clock that was put back', async () => {
      const tracker = make();
      const [before, pass] = [nextPass(), nextPass()];
      await tracker.recruited(sliceOf(pass, true));
      expect(await make().recruited(sliceOf(before))).toEqual({ done: 0, more: false });
      expect(pages).toHaveLength(1);
      expect(await make().recruited(sliceOf(before, true))).toEqual({ done: LIMIT, more: true });
      expect(pages).toEqual([null, null]);
    });

    it('reads the queue again where the set was lost in the middle of it', async () => {
      const tracker = make();
      const pass = nextPass();
      for (let slices = 0; slices < 6; slices++) await tracker.recruited(sliceOf(pass));
      await client.unlink(`work-stealing:{${name}}:qt2:queued`);
      await runPass([tracker], pass);
      expect(await tracked(tracker)).toEqual(queue);
    });
  });

  describe('that looks after a stream: StreamReaper', () => {
    const LIMIT = 10;
    let handled: string[];
    const make = (handler = (n: string): unknown => handled.push(n)) =>
      new StreamReaper(client, name, {
        group: 'g',
        limit: LIMIT,
        idle: 60_000,
        handler: ({ fields }) => handler(fields['n']!),
      });

    /** So many pending entries, of which those at these places have been pending too long. */
    async function pend(count: number, stale: readonly number[]): Promise<void> {
      await client.xgroup('CREATE', name, 'g', '0', 'MKSTREAM');
      for (let n = 0; n < count; n++) await client.xadd(name, `${n + 1}-0`, 'n', n);
      await client.xreadgroup('GROUP', 'g', 'pod', 'COUNT', count, 'STREAMS', name, '>');
      for (const n of stale) await client.xclaim(name, 'g', 'pod', 0, `${n + 1}-0`, 'IDLE', 120_000);
    }

    beforeEach(() => {
      handled = [];
    });

    it.each([1, 2])(
      'reads all pending entries, however few are stale, with %i processes in turn',
      async (processes) => {
        await pend(700, [350, 690, 699]);
        const reports = await runPass(Array.from({ length: processes }, () => make()));
        expect(handled.map(Number)).toEqual([350, 690, 699]);
        // A look at entries of which none is stale is a step of work.
        expect(reports.slice(0, -1).every(({ done }) => done > 0)).toBe(true);
      },
    );

    it('reads them again from the first one in the next pass, wherever the process was', async () => {
      await pend(700, []);
      const reaper = make();
      await reaper.recruited(short);
      await client.xclaim(name, 'g', 'pod', 0, '1-0', 'IDLE', 120_000);
      const pass = nextPass();
      expect(await reaper.recruited(sliceOf(pass, true))).toEqual({ done: 1, more: true });
      expect(handled).toEqual(['0']);
    });

    it('goes on after handlers have failed, and ends though they fail', async () => {
      await pend(300, [5, 290]);
      const reaper = make((n) => {
        handled.push(n);
        if (n === '5') throw new Error('no');
      });
      const pass = nextPass();
      await expect(reaper.recruited(sliceOf(pass, true))).rejects.toThrow(/1 of 1 entries failed/);
      const reports = await runPass([reaper], pass);
      expect(reports.at(-1)!.more).toBe(false);
      expect(handled).toEqual(['5', '290']);
    });
  });

  it('visits all keys: KeyspaceSweep', async () => {
    class Visits extends KeyspaceSweep {
      readonly keys: string[] = [];
      protected visit(keys: readonly RedisKey[]): void {
        this.keys.push(...keys.map(String));
      }
    }
    const keys = names(300).map((item) => `${name}:${item}`);
    await client.mset(Object.fromEntries(keys.map((key) => [key, 'x'])));
    const make = () => new Visits(client, name, { match: `${name}:*`, batch: 20 });
    const sweeps = [make(), make()];
    for (let pass = 0; pass < 2; pass++) {
      await runPass(sweeps);
      expect([...new Set(sweeps.flatMap((sweep) => sweep.keys))].toSorted()).toEqual(keys.toSorted());
      for (const sweep of sweeps) sweep.keys.length = 0;
    }
    expect(sweeps[0]!.problemsWith({ every: HOUR })).toEqual([]);
  });

  it('is of work that the fleet shares, which each structure says', () => {
    const structures: Job[] = [
      ...partitioned.map(([, { make }]) => make(client, name)),
      new QueueTracker(client, name, { nextQueued: () => ({ ids: [] }), stillQueued: () => [] }),
      new StreamReaper(client, name, { group: 'g', handler: () => undefined }),
      new EmptyPass(client, name),
    ];
    expect(structures.map(({ fleetWide }) => fleetWide)).toEqual(structures.map(() => true));
  });
});

describe('A pass of a structure in a Cluster', () => {
  let cluster: Cluster;
  afterAll(() => cluster.quit());
  const servers = useRedisCluster(STEADY);
  beforeAll(() => {
    cluster = patient(new Cluster(servers.nodes));
  });

  it.each(partitioned)(
    'leaves nothing that was due when it began: %s',
    async (kind, { make, fill, left }) => {
      const jobs = [make(cluster, `cluster ${kind}`), make(cluster, `cluster ${kind}`)];
      await fill(jobs[0] as never, 200);
      await runPass(jobs);
      expect(await left(jobs[0] as never)).toBe(0);
    },
  );
});
