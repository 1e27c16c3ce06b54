import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { Duty, type Job, type Recruiter, type Slice } from 'nestjs-work-stealing';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import {
  createFailFastRedis,
  CursorJob,
  VolatileSet,
  type CursorJobOptions,
  type CursorSlice,
  type Page,
  type RedisClient,
} from 'nestjs-work-stealing/redis';
import { recruiterOf } from '../../support/real-slices.js';
import { patient, STEADY, useRedis, useRedisCluster } from '../../support/redis.js';

const slice: Slice = { jobId: 'pass', signal: new AbortController().signal, timeRemaining: () => 50 };

/** Answers as a server that is full. */
const OOM = `return redis.error_reply("OOM command not allowed when used memory > 'maxmemory'.")`;

/** Goes through the numbers from 0, those of each partition being its own. */
class Numbers extends CursorJob<number> {
  readonly processed: number[] = [];
  readonly batches: number[] = [];
  fetches = 0;

  constructor(
    redis: RedisClient,
    name: string,
    private readonly count: number,
    options: CursorJobOptions = {},
    private readonly onProcess: (items: readonly number[], slice: CursorSlice) => unknown = () => undefined,
  ) {
    super(redis, name, { retryDelay: 0, ...options });
  }

  protected fetch(
    cursor: string | undefined,
    limit: number,
    { partition, partitions }: CursorSlice,
  ): Page<number> | Promise<Page<number>> {
    this.fetches++;
    const own = Array.from({ length: this.count }, (_, index) => index).filter(
      (n) => n % partitions === partition,
    );
    const from = Number(cursor ?? 0);
    const items = own.slice(from, from + limit);
    return { items, next: from + limit < own.length ? String(from + limit) : undefined };
  }

  protected async process(items: readonly number[], of: CursorSlice): Promise<number> {
    await this.onProcess(items, of);
    this.batches.push(items.length);
    this.processed.push(...items);
    return items.length;
  }

  protected override total(): number {
    return this.count;
  }
}

/** Slices until nothing is left to do now; errors are kept, not thrown. */
async function run(job: Job, most = 500): Promise<string[]> {
  const errors: string[] = [];
  for (let turn = 0; turn < most; turn++) {
    try {
      if ((await job.recruited(slice)) === Duty.DISMISSED) return errors;
    } catch (error) {
      errors.push(String(error));
    }
  }
  throw new Error(`Not at its end after ${most} slices: ${errors.at(-1)}`);
}

/** The same where a slice that was cut off may give its place back a little later: until then there is nothing to do. */
async function runToItsEnd(job: Numbers): Promise<void> {
  for (await run(job); !(await job.progress()).ended; await run(job)) await sleep(5);
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

describe('CursorJob', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let name = '';
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(() => {
    name = `pass${turn++}`;
  });

  const stateKey = (partition = 0) => `work-stealing:{${name}}:cj2:state:${partition}`;

  it('goes through all items once, in order, and says what it did', async () => {
    const job = new Numbers(client, name, 250);
    const results = [];
    for (let time = 0; time < 4; time++) results.push(await job.recruited(slice));
    expect(results).toEqual([
      { done: 100, more: true },
      { done: 100, more: true },
      { done: 50, more: false },
      Duty.DISMISSED,
    ]);
    expect(job.processed).toEqual(range(250));
  });

  it('goes on where another process was', async () => {
    const [one, two] = [new Numbers(client, name, 250), new Numbers(client, name, 250)];
    await one.recruited(slice);
    expect(await two.cursor()).toBe('100');
    await run(two);
    expect([...one.processed, ...two.processed]).toEqual(range(250));
    expect(await two.cursor()).toBeUndefined();
  });

  it('goes through partitions side by side, each with its cursor', async () => {
    const job = new Numbers(client, name, 250, { partitions: 7, batch: 10 });
    await run(job);
    expect(sorted(job.processed)).toEqual(range(250));
    expect(await job.progress()).toMatchObject({ done: 250, changed: 250, ended: true, sweeps: 1 });
  });

  it('refuses another number of partitions in mid-sweep, where items would change sides, until it is reset', async () => {
    const before = new Numbers(client, name, 250, { partitions: 8, batch: 10 });
    for (let time = 0; time < 8; time++) await before.recruited(slice);
    const after = new Numbers(client, name, 250, { partitions: 4, batch: 10, onEnd: 'restart' });
    await expect(after.recruited(slice)).rejects.toThrow(
      /half-way through its data in 8 partitions, and this process has 4: .* call reset\(\)/,
    );
    expect(after.fetches).toBe(0);
    await after.reset();
    for (let time = 0; time < 4 * 7; time++) await after.recruited(slice);
    expect(sorted(after.processed)).toEqual(range(250));
    // At the end of a sweep every item is done: the next one may have as many as it likes.
    const third = new Numbers(client, name, 250, { partitions: 2, batch: 200, onEnd: 'restart' });
    await third.recruited(slice);
    await third.recruited(slice);
    expect(sorted(third.processed)).toEqual(range(250));
  });

  it('takes two round trips a slice, one where nothing is due, and none while it is known', async () => {
    const job = new Numbers(client, name, 15, { batch: 10 });
    const stats = new Redis(server.url);
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await stats.info('commandstats'))?.[1] ?? 0);
    await run(new Numbers(client, `${name}warm`, 15));
    await job.onModuleInit();
    const before = await calls();
    await job.recruited(slice);
    expect((await calls()) - before).toBe(2);
    await job.recruited(slice);
    await job.recruited(slice);
    expect((await calls()) - before).toBe(5);
    for (let time = 0; time < 10; time++) await job.recruited(slice);
    expect((await calls()) - before).toBe(5);
    await stats.quit();
  });

  it('dismisses at once whoever finds a partition claimed, and lets it go on when it is given back', async () => {
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const one = new Numbers(client, name, 20, { batch: 10 }, () => finished);
    const two = new Numbers(client, name, 20, { batch: 10 });
    const first = one.recruited(slice);
    while (one.fetches === 0) await new Promise(setImmediate);
    expect(await two.recruited(slice)).toBe(Duty.DISMISSED);
    expect(two.fetches).toBe(0);
    finish();
    await first;
    expect(await two.recruited(slice)).toEqual({ done: 10, more: false });
  });

  it('lets both work without a lease, and only the first move the cursor', async () => {
    const options = { batch: 10, lease: false } as const;
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const one = new Numbers(client, name, 20, options, () => finished);
    const two = new Numbers(client, name, 20, options);
    const first = one.recruited(slice);
    while (one.fetches === 0) await new Promise(setImmediate);
    expect(await two.recruited(slice)).toEqual({ done: 10, more: true });
    finish();
    expect(await first).toBe(Duty.DISMISSED);
    expect(await two.cursor()).toBe('10');
    expect((await two.progress()).done).toBe(10);
  });

  it('begins again by onEnd: never, or at once', async () => {
    const once = new Numbers(client, name, 10);
    await run(once);
    expect(await new Numbers(client, name, 10).recruited(slice)).toBe(Duty.DISMISSED);

    const again = new Numbers(client, name, 10, { onEnd: 'restart' });
    await again.recruited(slice);
    await again.recruited(slice);
    expect(again.processed).toEqual([...range(10), ...range(10)]);
    expect((await again.progress()).sweeps).toBe(3);
  });

  it('starts anew on reset, and elsewhere on seek, whoever is at work', async () => {
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const job = new Numbers(client, name, 300, {}, () => finished);
    const late = job.recruited(slice);
    while (job.fetches === 0) await new Promise(setImmediate);
    await job.seek('250');
    finish();
    expect(await late).toBe(Duty.DISMISSED);
    expect(await job.recruited(slice)).toEqual({ done: 50, more: false });
    await job.reset();
    expect(await job.cursor()).toBeUndefined();
    expect(await job.progress()).toMatchObject({ done: 0, ended: false, sweeps: 1 });
    await run(job);
    expect(job.processed.slice(150)).toEqual(range(300));
  });

  it('tells progress, rate and time of arrival', async () => {
    const job = new Numbers(client, name, 1000);
    expect(await job.progress()).toEqual({
      done: 0,
      changed: 0,
      total: 1000,
      rate: 0,
      startedAt: undefined,
      eta: undefined,
      sweeps: 0,
      dead: 0,
      ended: false,
      errors: [],
    });
    for (let time = 0; time < 5; time++) await job.recruited(slice);
    // 500 items in 10 s, 400 of them in the last 4 s.
    const now = Date.now();
    await client.hset(stateKey(), 'startedAt', now - 10_000);
    const whole = await job.progress();
    // Time goes on while it is asked.
    expect(whole.rate).toBeGreaterThan((0.8 * 500_000) / (10_000 + Date.now() - now));
    expect(whole.rate).toBeLessThanOrEqual(50);
    expect(whole.eta!.getTime() - now).toBeGreaterThanOrEqual(10_000);
    await client.hset(stateKey(), 'earlierAt', now - 4000, 'earlierDone', 100);
    const { rate } = await job.progress();
    expect(rate).toBeGreaterThan((0.8 * 400_000) / (4000 + Date.now() - now));
    expect(rate).toBeLessThanOrEqual(100);
    await run(job);
    expect(await job.progress()).toMatchObject({ done: 1000, eta: undefined, ended: true, rate: 0 });
  });

  it('sizes its batches by time where told to', async () => {
    const job = new Numbers(client, name, 2000, { batch: { targetTime: 60_000, max: 160 } });
    await run(job);
    expect(job.batches.slice(0, 6)).toEqual([10, 20, 40, 80, 160, 160]);
    expect(job.processed).toEqual(range(2000));
  });
});

describe('CursorJob whose items fail', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let name = '';
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(() => {
    name = `fail${turn++}`;
  });

  const stateKey = () => `work-stealing:{${name}}:cj2:state:0`;

  it('isolates them, sets them aside with their errors, and does all others', async () => {
    const bad = new Set([0, 13, 14, 77, 249]);
    const job = new Numbers(client, name, 250, { attempts: 3 }, (items) => {
      const found = items.find((item) => bad.has(item));
      if (found !== undefined) throw new Error(`no ${found}`);
    });
    const errors = await run(job);
    expect(sorted(job.processed)).toEqual(range(250).filter((item) => !bad.has(item)));
    expect(await job.dead()).toEqual(
      [...bad].map((item) => ({
        partition: 0,
        item: String(item),
        error: `no ${item}`,
        at: expect.any(Date),
      })),
    );
    expect(await job.progress()).toMatchObject({ done: 250, dead: 5, ended: true, errors: [] });
    expect(errors.length).toBeLessThan(5 * 12);
    expect(await job.forgetDead()).toBe(5);
    expect(await job.dead()).toEqual([]);
    expect((await job.progress()).dead).toBe(0);
  });

  it('waits between attempts at a single item, and says why meanwhile', async () => {
    const job = new Numbers(client, name, 1, { retryDelay: 60_000 }, () => {
      throw new Error('database away');
    });
    await expect(job.recruited(slice)).rejects.toThrow('database away');
    expect(await job.recruited(slice)).toBe(Duty.DISMISSED);
    expect((await job.progress()).errors).toEqual([{ partition: 0, message: 'database away' }]);
    await client.hset(stateKey(), 'pausedUntil', 1);
    await expect(
      new Numbers(client, name, 1, {}, () => Promise.reject(new Error('still'))).recruited(slice),
    ).rejects.toThrow('still');
    await client.hset(stateKey(), 'pausedUntil', 1);
    const healed = new Numbers(client, name, 1);
    expect(await healed.recruited(slice)).toEqual({ done: 1, more: false });
    expect(await healed.progress()).toMatchObject({ dead: 0, errors: [] });
  });

  it('stops when too many are set aside, until they are forgotten', async () => {
    const job = new Numbers(client, name, 50, { attempts: 1, maxDead: 3 }, () => {
      throw new Error('all bad');
    });
    await expect(run(job, 100)).rejects.toThrow(/has set 3 items of partition 0 aside.*forgetDead/);
    expect(await job.dead()).toHaveLength(3);
    await job.forgetDead();
    const healed = new Numbers(client, name, 50);
    await run(healed);
    expect(healed.processed).toEqual(range(50).slice(3));
  });

  it('makes way after workers that died over an item, which is set aside in the end', async () => {
    const die = () => new Promise<void>(() => {});
    const isDeadly = (items: readonly number[]) => (items.includes(5) ? die() : undefined);
    const processed = new Set<number>();
    for (let life = 0; life < 60; life++) {
      const job = new Numbers(client, name, 20, { batch: 8, attempts: 3 }, isDeadly);
      const alive = async () => run(job).then(() => 'ended');
      const result = await Promise.race([alive(), hangs(job)]);
      job.processed.forEach((item) => processed.add(item));
      if (result === 'ended') break;
      await client.hset(stateKey(), 'heldUntil', 1);
    }
    expect(sorted([...processed])).toEqual(range(20).filter((item) => item !== 5));
    const watcher = new Numbers(client, name, 20);
    expect(await watcher.dead()).toMatchObject([{ item: '5', error: expect.stringMatching(/worker died/) }]);
    expect((await watcher.progress()).ended).toBe(true);

    async function hangs(job: Numbers): Promise<string> {
      for (let same = 0, seen = -1; same < 40; same = seen === job.processed.length ? same + 1 : 0) {
        seen = job.processed.length;
        await client.ping();
      }
      return 'hangs';
    }
  });

  it('counts nothing against items while a Redis that process needs is away, or full', async () => {
    const other = createFailFastRedis({ port: 1, lazyConnect: true });
    other.on('error', () => undefined);
    const elsewhere = new VolatileSet(other, 'elsewhere');
    let why: unknown;
    const job = new Numbers(client, name, 3, { attempts: 1 }, async () => {
      if (why === 'away') await elsewhere.add('x');
      if (why !== undefined) throw why;
    });
    for (why of ['away', await client.eval(OOM, 0).catch((error: unknown) => error)]) {
      for (let turn = 0; turn < 5; turn++) await expect(job.recruited(slice)).rejects.toThrow();
      expect((await job.progress()).errors).toHaveLength(1);
    }
    why = undefined;
    await run(job);
    expect(job.batches).toEqual([3]);
    expect((await job.progress()).dead).toBe(0);
    other.disconnect();
  });

  it('counts nothing against items when fetch fails', async () => {
    class Broken extends Numbers {
      protected override fetch(): Page<number> {
        throw new Error('no database');
      }
    }
    const broken = new Broken(client, name, 30);
    for (let time = 0; time < 20; time++)
      await expect(broken.recruited(slice)).rejects.toThrow('no database');
    const job = new Numbers(client, name, 30);
    await run(job);
    expect(job.batches).toEqual([30]);
    expect((await job.progress()).dead).toBe(0);
  });

  it('does not begin after its signal has aborted, and gives the place back', async () => {
    const aborted = { ...slice, signal: AbortSignal.abort(new Error('over')) };
    const job = new Numbers(client, name, 30);
    await expect(job.recruited(aborted)).rejects.toThrow('over');
    expect(job.fetches).toBe(0);
    expect(await job.recruited(slice)).toEqual({ done: 30, more: false });
  });
});

describe('CursorJob in real slices', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let name = '';
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(() => {
    name = `real${turn++}`;
  });

  const stateKey = () => `work-stealing:{${name}}:cj2:state:0`;
  /** A budget that is not over before the application closes, though the machine is busy: ms. */
  const LONG = 60_000;
  /** Waits until the signal aborts, and heeds it. */
  const untilAborted = (_items: readonly number[], { signal }: CursorSlice) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });

  /** Slices that had something to do: one that is cut off gives its place back a little later. */
  const attempts = async (recruiter: Recruiter, count: number) => {
    const reports = [];
    while (reports.length < count) {
      const report = await recruiter.recruit('job');
      if (report.outcome !== 'idle') reports.push(report);
      await sleep(5);
    }
    return reports;
  };

  /** Numbers whose source takes a while. */
  class Slow extends Numbers {
    fetchTime = 0;

    protected override async fetch(...args: Parameters<Numbers['fetch']>): Promise<Page<number>> {
      await sleep(this.fetchTime);
      return super.fetch(...args);
    }
  }

  it('blames no item where fetch takes longer than the budget, and says what is slow', async () => {
    const job = new Slow(client, name, 30, { batch: 10, attempts: 2 }, (_items, { signal }) =>
      signal.throwIfAborted(),
    );
    job.fetchTime = 30;
    const recruiter = recruiterOf(job, 10);
    for (const report of await attempts(recruiter, 8)) {
      expect(report).toMatchObject({ outcome: 'aborted', reason: 'budget' });
    }
    expect(job.batches).toEqual([]);
    expect((await job.progress()).errors).toEqual([
      {
        partition: 0,
        message: expect.stringMatching(/^fetch\(\) of "real0" took \d+ ms for up to 10 items/),
      },
    ]);
    await recruiter.close();
    job.fetchTime = 0;
    await runToItsEnd(job);
    expect(job.batches).toEqual([10, 10, 10]);
    expect(await job.progress()).toMatchObject({ dead: 0, ended: true, errors: [] });
  });

  it('asks for fewer items where fetch is too slow for a batch that is sized by time', async () => {
    const asked: number[] = [];
    class Sized extends Slow {
      protected override fetch(...args: Parameters<Numbers['fetch']>): Promise<Page<number>> {
        asked.push(args[1]);
        this.fetchTime = args[1] * 4;
        return super.fetch(...args);
      }
    }
    const job = new Sized(client, name, 8, { batch: { targetTime: 15 } });
    const recruiter = recruiterOf(job, 25);
    // A slice whose server answers late does nothing.
    for (let time = 0; time < 400 && !(await job.progress()).ended; time++) {
      await recruiter.recruit('job');
      await sleep(30);
    }
    expect(asked[0]).toBe(10);
    expect(asked.at(-1)).toBeLessThan(7);
    expect(sorted(job.processed)).toEqual(range(8));
    await recruiter.close();
  });

  it('sets no item aside that never had half of a slice, because fetch took the rest', async () => {
    const job = new Slow(client, name, 1, { batch: 1, attempts: 2 }, untilAborted);
    // By so much that a busy machine, which calls the item late, does not make up for it.
    job.fetchTime = 900;
    const recruiter = recruiterOf(job, 1000);
    for (const report of await attempts(recruiter, 4)) expect(report.outcome).toBe('aborted');
    expect(await job.dead()).toEqual([]);
    expect(await job.progress()).toMatchObject({ ended: false, errors: [{ partition: 0 }] });
    await recruiter.close();
  });

  it('takes an item for bad that uses up the budget in every attempt', async () => {
    const job = new Numbers(client, name, 1, { attempts: 2 }, untilAborted);
    const recruiter = recruiterOf(job, 20);
    while (!(await job.progress()).ended) await attempts(recruiter, 1);
    expect(await job.dead()).toMatchObject([{ item: '0', error: expect.stringContaining('budget') }]);
    await recruiter.close();
  });

  it.each([1, 3])(
    'blames no item of a batch of %i when the application closes, deploy after deploy',
    async (batch) => {
      const options = { batch, attempts: 2, retryDelay: 60_000 };
      const processed: number[] = [];
      for (let deploy = 0; deploy < 5; deploy++) {
        const job = new Numbers(client, name, 3, options, untilAborted);
        const recruiter = recruiterOf(job, LONG);
        const report = recruiter.recruit('job');
        while (job.fetches === 0) await sleep(1);
        await sleep(5);
        await recruiter.close();
        expect(await report).toMatchObject({ outcome: 'aborted', reason: 'closing' });
        await sleep(5);
      }
      const job = new Numbers(client, name, 3, options, (items) => processed.push(...items));
      await job.recruited(slice);
      expect(processed).toEqual(range(batch));
      expect(await job.progress()).toMatchObject({ dead: 0, errors: [] });
    },
  );

  it('blames no item at its last attempt either, and keeps what was blamed before', async () => {
    const options = { attempts: 2, retryDelay: 0 };
    const bad = new Numbers(client, name, 1, options, () => Promise.reject(new Error('bad item')));
    await expect(bad.recruited(slice)).rejects.toThrow('bad item');
    const again = new Numbers(client, name, 1, options, untilAborted);
    const recruiter = recruiterOf(again, LONG);
    const report = recruiter.recruit('job');
    while (again.fetches === 0) await sleep(1);
    await sleep(5);
    await recruiter.close();
    await report;
    expect(await bad.dead()).toEqual([]);
    expect((await bad.progress()).errors).toEqual([{ partition: 0, message: 'bad item' }]);
    expect(await bad.recruited(slice)).toMatchObject({ done: 1 });
    expect(await bad.dead()).toMatchObject([{ item: '0', error: 'bad item' }]);
  });

  it('blames no item of a batch that its closing application never sees the end of', async () => {
    const job = new Numbers(client, name, 8, {}, () => new Promise(() => {}));
    const recruiter = recruiterOf(job, LONG);
    void recruiter.recruit('job');
    while (job.fetches === 0) await sleep(1);
    await recruiter.close();
    const next = new Numbers(client, name, 8);
    expect(await next.recruited(slice)).toBe(Duty.DISMISSED);
    await client.hset(stateKey(), 'heldUntil', 1);
    await next.recruited(slice);
    expect(next.batches).toEqual([8]);
  });

  it('blames no item of a claim whose reply comes after the slice is over', async () => {
    const job = new Numbers(client, name, 8);
    await job.onModuleInit();
    const recruiter = recruiterOf(job, 50);
    server.kill('SIGSTOP');
    expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'aborted', reason: 'budget' });
    server.kill('SIGCONT');
    // Replies come in order: that of the claim before this one.
    expect(await client.hget(stateKey(), 'version')).toBeNull();
    expect(await client.hget(stateKey(), 'startedAt')).not.toBeNull();
    await new Numbers(client, name, 8, {}, (items) => expect(items).toEqual(range(8))).recruited(slice);
    expect(await job.progress()).toMatchObject({ done: 8, ended: true });
    await recruiter.close();
  });

  it('keeps two slices of one process apart: one that is late frees and blames nothing of the other', async () => {
    const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const hangs = () =>
      new Promise<void>((resolve, reject) =>
        ends.push({ resolve, reject: reject as (error: Error) => void }),
      );
    const job = new Numbers(client, name, 20, { batch: 10, retryDelay: 60_000 }, hangs);
    const recruiter = recruiterOf(job, LONG);
    const late = recruiter.recruit('job');
    while (ends.length < 1) await sleep(1);
    await client.hset(stateKey(), 'heldUntil', 1);
    const other = recruiter.recruit('job');
    while (ends.length < 2) await sleep(1);
    const before = await client.hgetall(stateKey());
    ends[0]!.reject(new Error('late'));
    expect(await late).toMatchObject({ outcome: 'failed' });
    expect(await client.hgetall(stateKey())).toEqual(before);
    expect(await new Numbers(client, name, 20).recruited(slice)).toBe(Duty.DISMISSED);
    ends[1]!.resolve();
    expect(await other).toMatchObject({ done: 5 });
    await recruiter.close();
  });
});

describe('CursorJob whose number of partitions changes', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let name = '';
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(() => {
    name = `parts${turn++}`;
  });

  const COUNT = 61;
  /** A process of this version, with this number. */
  const processOf = (partitions: number, processed: Set<number>, options: CursorJobOptions = {}) =>
    new Numbers(client, name, COUNT, { batch: 4, partitions, ...options }, (items) =>
      items.forEach((item) => processed.add(item)),
    );
  /** What a process of another number leaves: some partitions at their end, the others begun or not. */
  const leave = async (partitions: number, atEnd: readonly number[], processed: Set<number>) => {
    const old = processOf(partitions, processed);
    const states = atEnd.map((partition) => `work-stealing:{${name}}:cj2:state:${partition}`);
    await old.recruited(slice);
    for (const [index, state] of states.entries()) {
      while ((await client.hexists(state, 'ended')) === 0) {
        // The others stay where they are: somebody is at them.
        const others = Array.from({ length: partitions }, (_, each) => each).filter(
          (each) => each !== atEnd[index],
        );
        for (const other of others) {
          const fields = { heldUntil: Date.now() + 60_000, pausedUntil: Date.now() + 60_000 };
          await client.hset(`work-stealing:{${name}}:cj2:state:${other}`, fields);
        }
        await old.recruited(slice);
        for (const other of others) {
          await client.hdel(`work-stealing:{${name}}:cj2:state:${other}`, 'heldUntil', 'pausedUntil');
        }
      }
    }
    return old;
  };
  const missing = (processed: ReadonlySet<number>) => range(COUNT).filter((item) => !processed.has(item));
  const refusal = /half-way through its data in \d partitions/;

  it.each([
    [3, 2, [0, 1]],
    [3, 2, []],
    [2, 3, [0]],
    [2, 3, []],
    [5, 1, [0]],
    [1, 5, []],
  ])('from %i to %i in mid-sweep, with %j at their end, skips nothing', async (from, to, atEnd) => {
    const processed = new Set<number>();
    const old = await leave(from, atEnd, processed);
    const deployed = processOf(to, processed);
    for (let time = 0; time < 10; time++) await expect(deployed.recruited(slice)).rejects.toThrow(refusal);
    await expect(deployed.seek('0')).rejects.toThrow(refusal);
    expect(await deployed.progress()).toMatchObject({ ended: false, done: (await old.progress()).done });
    expect(missing(processed)).not.toEqual([]);

    await deployed.reset();
    processed.clear();
    await expect(old.recruited(slice)).rejects.toThrow(refusal);
    await run(deployed);
    expect(missing(processed)).toEqual([]);
    expect(await deployed.progress()).toMatchObject({ ended: true, done: COUNT });
    expect(await old.progress()).toMatchObject({ ended: true, done: COUNT });
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'by a rolling deploy says that it has ended when it has (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const processed = new Set<number>();
      const processes = [processOf(3, processed), processOf(2, processed)];
      let progress;
      let isOver = false;
      for (let time = 0; time < 400 && !isOver; time++) {
        // One of both may be first, and each is the other's past or future.
        await Promise.resolve(processes[random.next() < 0.5 ? 0 : 1]!.recruited(slice)).catch(
          (error: Error) => expect(error.message).toMatch(refusal),
        );
        progress = await processes[random.next() < 0.5 ? 0 : 1]!.progress();
        isOver = progress.ended;
      }
      expect(progress).toMatchObject({ ended: true, sweeps: 1, done: COUNT });
      expect(missing(processed)).toEqual([]);
      // It is over for both: there is nothing to begin, nor to refuse.
      for (const each of processes) expect(await each.recruited(slice)).toBe(Duty.DISMISSED);
    },
  );

  it('takes the new number up with the next sweep, and refuses the old one from then on', async () => {
    const processed = new Set<number>();
    await run(processOf(3, processed));
    const deployed = processOf(2, processed);
    expect(await deployed.recruited(slice)).toBe(Duty.DISMISSED);
    processed.clear();
    await processOf(2, processed, { onEnd: 'restart' }).recruited(slice);
    expect(await deployed.progress()).toMatchObject({ ended: false, done: 4, sweeps: 1 });
    await expect(processOf(3, processed).recruited(slice)).rejects.toThrow(refusal);
    await run(processOf(2, processed));
    expect(missing(processed)).toEqual([]);
    expect(await deployed.progress()).toMatchObject({ ended: true, done: COUNT, sweeps: 2 });
  });

  it('keeps a worker of the old number from moving a cursor of the new one', async () => {
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const old = new Numbers(client, name, COUNT, { partitions: 3 }, () => finished);
    const late = old.recruited(slice);
    while (old.fetches === 0) await new Promise(setImmediate);
    const deployed = processOf(2, new Set());
    await deployed.reset();
    finish();
    expect(await late).toBe(Duty.DISMISSED);
    expect(await deployed.progress()).toMatchObject({ done: 0, ended: false });
  });

  it('begins partitions anew of which only the states are left, as where the pass was evicted', async () => {
    const processed = new Set<number>();
    const old = processOf(3, processed);
    for (let time = 0; time < 14; time++) await old.recruited(slice);
    await client.unlink(`work-stealing:{${name}}:cj2:pass`);
    processed.clear();
    const deployed = processOf(2, processed);
    await run(deployed);
    expect(missing(processed)).toEqual([]);
    await expect(processOf(3, processed).recruited(slice)).resolves.toBe(Duty.DISMISSED);
  });

  it('still tells and forgets what was set aside in partitions that are no more', async () => {
    const bad = new Numbers(client, name, 6, { partitions: 3, attempts: 1, batch: 1 }, (items) => {
      if (items.includes(5)) throw new Error('bad');
    });
    await run(bad);
    const deployed = new Numbers(client, name, 6, { partitions: 2 });
    await deployed.reset();
    await run(deployed);
    expect(await deployed.dead()).toMatchObject([{ partition: 2, item: '5' }]);
    expect((await deployed.progress()).dead).toBe(1);
    expect(await deployed.forgetDead()).toBe(1);
    expect((await deployed.progress()).dead).toBe(0);
  });
});

describe('CursorJob whose partitions end at different times', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });

  /** All items are of the last partition. */
  class Lopsided extends Numbers {
    protected override fetch(cursor: string | undefined, limit: number, of: CursorSlice) {
      if (of.partition < of.partitions - 1) return { items: [] };
      return super.fetch(cursor, limit, { ...of, partition: 0, partitions: 1, timeRemaining: () => 50 });
    }
  }

  it('is idle only when none of them has work, however many there are', async () => {
    const job = new Lopsided(client, 'lopsided', 40, { partitions: 100, batch: 1 });
    let idle = 0;
    for (let time = 0; time < 139; time++) if ((await job.recruited(slice)) === Duty.DISMISSED) idle++;
    expect(idle).toBe(0);
    expect(await job.recruited(slice)).toBe(Duty.DISMISSED);
    expect(await job.progress()).toMatchObject({ done: 40, ended: true });
  });

  it('looks at some of many partitions at an end, and says that more may be left where it has not seen all', async () => {
    const job = new Lopsided(client, 'many', 0, { partitions: 300, batch: 1 });
    let result: unknown;
    for (let time = 0; time < 300; time++) result = await job.recruited(slice);
    expect(result).toEqual({ done: 1, more: true });
    expect(await job.recruited(slice)).toBe(Duty.DISMISSED);
    expect(await job.progress()).toMatchObject({ ended: true });
  });

  it('passes a partition by that has too many items set aside, says so, and fails when nothing else is due', async () => {
    const options = { partitions: 4, batch: 1, attempts: 1, maxDead: 2 };
    const job = new Numbers(client, 'full', 40, options, (items) => {
      if (items.some((item) => item % 4 === 1)) throw new Error('bad');
    });
    const errors: string[] = [];
    while ((await job.progress()).done < 32) {
      await Promise.resolve(job.recruited(slice)).catch((error: Error) => errors.push(error.message));
    }
    expect(errors).toEqual([]);
    expect(await job.progress()).toMatchObject({
      ended: false,
      errors: [
        { partition: 1, message: expect.stringMatching(/^Stopped with 2 items set aside: .*forgetDead/) },
      ],
    });
    await expect(job.recruited(slice)).rejects.toThrow(/has set 2 items of partition 1 aside.*forgetDead/);
    await job.forgetDead();
    await new Numbers(client, 'full', 40, { partitions: 4 }).recruited(slice);
    expect((await job.progress()).ended).toBe(true);
  });
});

describe('CursorJob whose callbacks break their word', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });

  class Odd extends CursorJob<unknown, string | Buffer> {
    readonly processed: unknown[] = [];
    answer: (cursor: string | Buffer | undefined, limit: number) => unknown = () => undefined;
    result: unknown;

    protected fetch(cursor: string | Buffer | undefined, limit: number): Page<unknown, string | Buffer> {
      return this.answer(cursor, limit) as Page<unknown, string | Buffer>;
    }

    protected process(items: readonly unknown[]): number {
      this.processed.push(...items);
      return this.result as number;
    }
  }
  const odd = (options: CursorJobOptions = {}) =>
    new Odd(client, `odd${turn++}`, { retryDelay: 0, ...options });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /fetch\(\) returned undefined; expected { items, next }/],
    ['null', null, /fetch\(\) returned null/],
    ['a list', [1, 2], /fetch\(\) returned \[ 1, 2 \]/],
    ['items that are no list', { items: 'abc' }, /expected { items, next }/],
    [
      'more than asked for',
      { items: new Array(11).fill(0), next: 'x' },
      /returned 11 items, more than the 10/,
    ],
    ['a number as cursor', { items: [1], next: 5 }, /next is 5; expected a string/],
    ['null as cursor', { items: [1], next: null }, /next is null/],
    ['a cursor of a megabyte', { items: [1], next: 'x'.repeat(1e6) }, /expected 65536 at most/],
  ])('refuses %s, processes nothing and stays where it was', async (_what, page, message) => {
    const job = odd({ batch: 10 });
    job.answer = () => page;
    await expect(job.recruited(slice)).rejects.toThrow(message);
    expect(job.processed).toEqual([]);
    expect(await job.cursor()).toBeUndefined();
    job.answer = () => ({ items: [1] });
    expect(await job.recruited(slice)).toEqual({ done: 1, more: false });
  });

  it('refuses a cursor that does not move, and is no busy loop', async () => {
    const job = odd({ batch: 10, retryDelay: 60_000 });
    job.answer = () => ({ items: [1], next: 'same' });
    expect(await job.recruited(slice)).toEqual({ done: 1, more: true });
    await expect(job.recruited(slice)).rejects.toThrow(
      /the cursor that it was given, 'same'.*leave next out/,
    );
    for (let time = 0; time < 5; time++) expect(await job.recruited(slice)).toBe(Duty.DISMISSED);
    expect(job.processed).toEqual([1]);
    expect((await job.progress()).errors[0]!.message).toMatch(/would never get on/);
  });

  it('goes on over pages without items, and takes duplicates as they come', async () => {
    const job = odd();
    const pages: Record<string, unknown> = {
      start: { items: [], next: '' },
      '': { items: [1, 1], next: 'b' },
      b: { items: [], next: undefined },
    };
    job.answer = (cursor) => pages[String(cursor ?? 'start')];
    expect(await job.recruited(slice)).toEqual({ done: 1, more: true });
    expect(await job.cursor()).toBe('');
    expect(await job.recruited(slice)).toEqual({ done: 2, more: true });
    expect(await job.recruited(slice)).toEqual({ done: 0, more: false });
    expect(job.processed).toEqual([1, 1]);
  });

  it('keeps binary cursors, and items of a megabyte', async () => {
    const job = odd({ attempts: 1 });
    const bytes = Buffer.from([0, 255, 10, 13, 128, 0]);
    const big = 'x'.repeat(1e6);
    job.answer = (cursor) => (cursor === undefined ? { items: [big], next: bytes } : { items: [cursor] });
    await job.recruited(slice);
    expect(await job.cursor()).toEqual(bytes);
    await job.recruited(slice);
    expect(job.processed).toEqual([big, bytes]);
  });

  it('sets items aside that have no name, or a very long one', async () => {
    class Nameless extends Odd {
      protected override process(): number {
        throw 'plain text';
      }
      protected override nameOf(item: unknown): string {
        if (item === 'none') throw new Error('no name');
        return super.nameOf(item);
      }
    }
    const job = new Nameless(client, `odd${turn++}`, { retryDelay: 0, attempts: 1 });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const items = ['none', 'x'.repeat(1e6), circular, { id: 7n }, undefined, { id: 7 }];
    job.answer = (cursor, limit) => {
      const from = Number(cursor ?? 0);
      const next = from + limit < items.length ? String(from + limit) : undefined;
      return { items: items.slice(from, from + limit), next };
    };
    await run(job);
    const dead = await job.dead();
    expect(dead.map(({ error }) => error)).toEqual(items.map(() => 'plain text'));
    expect(dead.map(({ item }) => item.slice(0, 20))).toEqual([
      'none',
      'xxxxxxxxxxxxxxxxxxxx',
      expect.stringContaining('ref'),
      '{ id: 7n }',
      'undefined',
      '{"id":7}',
    ]);
    expect(dead[1]!.item).toHaveLength(1024);
  });

  it.each([undefined, 'many', NaN, -1, 1.5, [1]])(
    'takes %p for no count of what was changed',
    async (result) => {
      const job = odd();
      job.answer = () => ({ items: [1] });
      job.result = result;
      await job.recruited(slice);
      expect((await job.progress()).changed).toBe(0);
    },
  );

  it.each<[string, unknown, RegExp]>([
    ['batch', 0, /batch is 0; expected a whole number from 1 to 10000/],
    ['batch', '5', /batch is '5'/],
    ['batch', { targetTime: -1 }, /batch.targetTime is -1/],
    ['batch', { targetTime: 5, max: 1e9 }, /batch.max is 1000000000/],
    ['partitions', 1025, /partitions is 1025/],
    ['lease', { ttl: 5 }, /lease.ttl is 5; expected a whole number from 1000/],
    ['lease', true, /lease is true; expected false or { ttl }/],
    ['onEnd', 'again', /onEnd is 'again'; expected 'stop' or 'restart'/],
    ['onEnd', { every: 60_000 }, /onEnd is { every: 60000 }; .*@StealableJob\(\{ every \}\), without onEnd/],
    ['attempts', 0, /attempts is 0/],
    ['retryDelay', -1, /retryDelay is -1/],
    ['maxDead', 0.5, /maxDead is 0.5/],
    ['prefix', 'a{b}', /prefix is 'a{b}'/],
  ])('refuses %s: %p', (option, value, message) => {
    expect(() => new Numbers(client, 'x', 1, { [option]: value })).toThrow(message);
  });

  it('refuses names, partitions and cursors that it cannot use', async () => {
    expect(() => new Numbers(client, 'a{b}', 1)).toThrow(/name is 'a{b}'/);
    const job = new Numbers(client, 'x', 1, { partitions: 2 });
    await expect(job.cursor(2)).rejects.toThrow(/partition is 2; expected a whole number from 0 to 1/);
    await expect(job.seek(5 as never)).rejects.toThrow(/cursor is 5; expected a string or a Buffer/);
    await expect(job.reset(-1)).rejects.toThrow(/partition is -1/);
    await expect(job.dead(0)).rejects.toThrow(/most is 0/);
  });
});

describe('CursorJob when Redis', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let name = '';
  let turn = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });
  beforeEach(() => {
    name = `fault${turn++}`;
  });

  const stateKey = () => `work-stealing:{${name}}:cj2:state:0`;

  it('has forgotten the scripts takes them anew', async () => {
    const job = new Numbers(client, name, 30, { batch: 10 }, () => client.script('FLUSH'));
    await run(job);
    expect(job.processed).toEqual(range(30));
  });

  it('has no memory left goes on, from the first slice: what it does may be what frees some', async () => {
    const job = new Numbers(client, name, 30, { batch: 10, partitions: 2, attempts: 1 }, (items) => {
      if (items.includes(7)) throw new Error('bad');
    });
    await client.config('SET', 'maxmemory', '1');
    try {
      await expect(client.set('one', 'more')).rejects.toThrow(/OOM/);
      const errors = await run(job);
      expect(errors.filter((error) => error !== 'Error: bad')).toEqual([]);
      expect(await job.progress()).toMatchObject({ done: 30, dead: 1, ended: true });
      await job.reset();
      await job.seek('5', 1);
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
  });

  it('becomes a replica while a batch is processed refuses to move, and the batch is done again', async () => {
    let isFirst = true;
    const job = new Numbers(client, name, 20, { batch: 10 }, async () => {
      if (isFirst) await client.replicaof('127.0.0.1', 1);
      isFirst = false;
    });
    await expect(job.recruited(slice)).rejects.toThrow(/READONLY|read only replica/);
    await client.replicaof('NO', 'ONE');
    expect(await job.recruited(slice)).toBe(Duty.DISMISSED);
    await client.hset(stateKey(), 'heldUntil', 1);
    await run(job);
    expect(sorted([...new Set(job.processed)])).toEqual(range(20));
    expect(job.processed.length).toBeGreaterThan(20);
  });

  it('has a value of another type there says so, and leaves it alone', async () => {
    await client.set(stateKey(), 'text');
    await expect(new Numbers(client, name, 5).recruited(slice)).rejects.toThrow(/WRONGTYPE/);
    expect(await client.get(stateKey())).toBe('text');
  });

  it('has lost the state begins anew', async () => {
    const job = new Numbers(client, name, 20, { batch: 10 });
    await job.recruited(slice);
    await client.del(stateKey());
    await run(job);
    expect(job.processed).toEqual([...range(10), ...range(20)]);
  });
});

describe('CursorJob in a Cluster', () => {
  const cluster = useRedisCluster(STEADY);

  it('goes through all of its partitions, and is idle only when none has work', async () => {
    const client = patient(new Cluster([{ host: '127.0.0.1', port: cluster.nodes[0]!.port }]));
    const job = new Numbers(client, 'wide', 500, { partitions: 40, batch: 5 });
    const results = [];
    for (let time = 0; time < 120; time++) results.push(await job.recruited(slice));
    expect(results.filter((result) => result === Duty.DISMISSED)).toEqual([]);
    expect(await job.recruited(slice)).toBe(Duty.DISMISSED);
    expect(sorted(job.processed)).toEqual(range(500));
    expect(await job.progress()).toMatchObject({ done: 500, ended: true, sweeps: 1 });
    await client.quit();
  });
});
