import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Recruiter, type Slice } from 'nestjs-work-stealing';
import {
  CursorJob,
  RedisCoordinator,
  type CursorJobOptions,
  type CursorSlice,
  type Page,
} from 'nestjs-work-stealing/redis';
import { Fleet } from '../../support/fleet.js';
import { patient, useRedis } from '../../support/redis.js';

const HOUR = 3_600_000;
const due = (n: number) => new Date(1_700_000_000_000 + n * HOUR);
const slice: Slice = { jobId: 'pass', signal: new AbortController().signal, timeRemaining: () => 50 };
const sliceOf = (pass: number, isFirst = false): Slice => ({ ...slice, pass: { dueAt: due(pass), isFirst } });
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/** Goes through the numbers from 0, those of each partition being its own. */
class Numbers extends CursorJob<number> {
  readonly processed: number[] = [];
  readonly passes: (Date | undefined)[] = [];

  constructor(
    redis: Redis,
    name: string,
    private readonly count: number,
    options: CursorJobOptions = {},
    private readonly onProcess: (items: readonly number[]) => unknown = () => undefined,
  ) {
    super(redis, name, { batch: 10, retryDelay: 0, ...options });
  }

  protected fetch(
    cursor: string | undefined,
    limit: number,
    { partition, partitions, pass }: CursorSlice,
  ): Page<number> {
    this.passes.push(pass?.dueAt);
    const own = range(this.count).filter((n) => n % partitions === partition);
    const from = Number(cursor ?? 0);
    return {
      items: own.slice(from, from + limit),
      next: from + limit < own.length ? String(from + limit) : undefined,
    };
  }

  protected async process(items: readonly number[]): Promise<void> {
    await this.onProcess(items);
    this.processed.push(...items);
  }
}

/** The slices of a pass, by each of these processes in turn, until one of them says that nothing is left. */
async function runPass(jobs: readonly Numbers[], pass: number, most = 500): Promise<number> {
  for (let slices = 0; slices < most; slices++) {
    const result = await jobs[slices % jobs.length]!.recruited(sliceOf(pass, slices === 0)).catch(String);
    if (typeof result === 'object' && result.more === false) return slices + 1;
  }
  throw new Error(`The pass goes on after ${most} slices`);
}

describe('CursorJob under every', () => {
  let client: Redis;
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

  const state = (partition = 0) => `work-stealing:{${name}}:cj2:state:${partition}`;
  const expire = () => client.hset(state(), 'heldUntil', 1);

  it('begins a sweep with each pass, and ends the pass with the sweep', async () => {
    const job = new Numbers(client, name, 25);
    for (const pass of [1, 2]) {
      job.processed.length = 0;
      expect(await job.recruited(sliceOf(pass, true))).toEqual({ done: 10, more: true });
      expect(await job.recruited(sliceOf(pass))).toEqual({ done: 10, more: true });
      expect(await job.recruited(sliceOf(pass))).toEqual({ done: 5, more: false });
      // Its report may have been lost.
      expect(await job.recruited(sliceOf(pass))).toEqual({ done: 0, more: false });
      expect(job.processed).toEqual(range(25));
      expect((await job.progress()).sweeps).toBe(pass);
    }
    expect(job.passes.slice(-1)).toEqual([due(2)]);
  });

  it.each([1, 7, 40])(
    'does each item once where two processes take turns, in %i partitions',
    async (partitions) => {
      const jobs = [
        new Numbers(client, name, 300, { partitions }),
        new Numbers(client, name, 300, { partitions }),
      ];
      for (const pass of [1, 2]) {
        await runPass(jobs, pass);
        expect(sorted(jobs.flatMap(({ processed }) => processed))).toEqual(range(300));
        expect(await jobs[0]!.progress()).toMatchObject({ ended: true, sweeps: pass, done: 300 });
        for (const { processed } of jobs) processed.length = 0;
      }
    },
  );

  it('ends the pass after all of many partitions, though one slice does not see them all', async () => {
    const job = new Numbers(client, name, 300, { partitions: 300 });
    expect(await runPass([job], 1)).toBeGreaterThanOrEqual(300);
    expect(sorted(job.processed)).toEqual(range(300));
  });

  it('begins at the beginning, wherever the sweep before it was left', async () => {
    const job = new Numbers(client, name, 30);
    await job.recruited(slice);
    await job.recruited(sliceOf(1, true));
    await job.recruited(sliceOf(2));
    expect(job.processed).toEqual([...range(10), ...range(10), ...range(10)]);
  });

  it('goes on where a process was that died in mid-sweep, and gives its items to others', async () => {
    let dies = false;
    const dead = new Numbers(client, name, 30, {}, () => (dies ? new Promise(() => undefined) : undefined));
    await dead.recruited(sliceOf(1, true));
    dies = true;
    void dead.recruited(sliceOf(1));
    while ((await client.hget(state(), 'claimed')) === null) await new Promise(setImmediate);
    const job = new Numbers(client, name, 30);
    // Until its claim has ended, the pass is not over, though there is nothing to do.
    expect(await job.recruited(sliceOf(1))).toEqual({ done: 0, more: true });
    await expire();
    await runPass([job], 1);
    expect([...dead.processed, ...job.processed]).toEqual(range(30));
  });

  it('sets an item aside that kills every process, though its slice is the first one each time', async () => {
    const isSetAside = async () => (await client.exists(`work-stealing:{${name}}:cj2:dead:0`)) === 1;
    let killed = 0;
    for (; killed < 20 && !(await isSetAside()); killed++) {
      let die!: () => void;
      const dead = new Promise<void>((resolve) => (die = resolve));
      const victim = new Numbers(client, name, 12, {}, (items) => {
        if (!items.includes(3)) return;
        die();
        return new Promise(() => undefined);
      });
      await Promise.race([victim.recruited(sliceOf(1, true)), dead]);
      await expire();
    }
    expect(killed).toBeGreaterThan(5);
    const job = new Numbers(client, name, 12);
    await runPass([job], 1);
    expect(await job.dead()).toMatchObject([
      { item: '3', error: 'A worker died over it, or overran its lease' },
    ]);
  });

  it('is not over while an item waits for its next attempt, and ends when it is set aside', async () => {
    const job = new Numbers(client, name, 5, { retryDelay: 60_000, attempts: 2, batch: 1 }, (items) => {
      if (items.includes(2)) throw new Error('bad');
    });
    await job.recruited(sliceOf(1, true));
    await job.recruited(sliceOf(1));
    await expect(job.recruited(sliceOf(1))).rejects.toThrow('bad');
    for (let slices = 0; slices < 3; slices++) {
      expect(await job.recruited(sliceOf(1))).toEqual({ done: 0, more: true });
    }
    await client.hset(state(), 'pausedUntil', 0);
    await runPass([job], 1);
    expect(job.processed).toEqual([0, 1, 3, 4]);
    expect(await job.dead()).toMatchObject([{ item: '2', error: 'bad' }]);
  });

  it('fails while a partition has too many items set aside, and goes on when they are forgotten', async () => {
    const job = new Numbers(client, name, 20, { attempts: 1, maxDead: 2, batch: 1 }, ([item]) => {
      if (item === 4 || item === 5) throw new Error('bad');
    });
    await expect(runPass([job], 1, 12)).rejects.toThrow(/goes on/);
    await expect(job.recruited(sliceOf(1))).rejects.toThrow(/set 2 items of partition 0 aside/);
    await job.forgetDead();
    await runPass([job], 1);
    expect(job.processed).toEqual(range(20).filter((n) => n !== 4 && n !== 5));
  });

  it('is not begun again by a late slice of the pass before it, but by the first one of a clock that was put back', async () => {
    const job = new Numbers(client, name, 30);
    await job.recruited(sliceOf(2, true));
    const late = new Numbers(client, name, 30);
    expect(await late.recruited(sliceOf(1))).toEqual({ done: 0, more: false });
    expect(late.processed).toEqual([]);
    expect(await job.recruited(sliceOf(2))).toEqual({ done: 10, more: true });
    expect(await job.recruited(sliceOf(1, true))).toEqual({ done: 10, more: true });
    expect(job.processed).toEqual([...range(20), ...range(10)]);
  });

  it('keeps a slice of the pass before it from moving the cursor', async () => {
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const old = new Numbers(client, name, 30, {}, () => finished);
    const late = old.recruited(sliceOf(1, true));
    while (old.passes.length === 0) await new Promise(setImmediate);
    const job = new Numbers(client, name, 30);
    await job.recruited(sliceOf(2, true));
    finish();
    expect(await late).toEqual({ done: 0, more: true });
    expect(await job.cursor()).toBe('10');
  });

  it('begins again where an operator says so, and ends with the end of the data', async () => {
    const job = new Numbers(client, name, 30);
    await job.recruited(sliceOf(1, true));
    await job.reset();
    await job.recruited(sliceOf(1));
    await job.seek('20');
    expect(await job.recruited(sliceOf(1))).toEqual({ done: 10, more: false });
    expect(job.processed).toEqual([...range(10), ...range(10), ...range(30).slice(20)]);
  });

  it('takes up another number of partitions with the next pass, and refuses it before', async () => {
    const [three, two] = [3, 2].map((partitions) => new Numbers(client, name, 100, { partitions }));
    await three!.recruited(sliceOf(1, true));
    await expect(two!.recruited(sliceOf(1))).rejects.toThrow(/half-way through its data in 3 partitions/);
    await runPass([two!], 2);
    expect(sorted(two!.processed)).toEqual(range(100));
    expect(await two!.recruited(sliceOf(2))).toEqual({ done: 0, more: false });
    expect(await three!.recruited(sliceOf(2))).toEqual({ done: 0, more: false });
  });

  it('begins a sweep though the server is full', async () => {
    const job = new Numbers(client, name, 30, { partitions: 2 });
    await client.config('SET', 'maxmemory', '1');
    try {
      for (const pass of [1, 2]) await runPass([job], pass);
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
    expect(sorted(job.processed)).toEqual(sorted([...range(30), ...range(30)]));
  });

  it.each(['stop', 'restart'] as const)('refuses onEnd %p', async (onEnd) => {
    const job = new Numbers(client, name, 30, { onEnd });
    expect(job.problemsWith({ every: HOUR })).toEqual([expect.stringMatching(/onEnd .* beside every/)]);
    expect(job.problemsWith({ rate: 0.1 })).toEqual([]);
    await expect(job.recruited(sliceOf(1, true))).rejects.toThrow(/onEnd .* beside every: .*StealableJob/);
    expect(job.processed).toEqual([]);
    await job.recruited(slice);
    expect(job.processed).toEqual(range(10));
  });
});

describe('CursorJob under every, as its recruiters run it', () => {
  const server = useRedis();

  it('sweeps once a period, whichever process runs the slices', async () => {
    const client = patient(new Redis(server.url));
    const jobs = [0, 1].map(() => new Numbers(client, 'periodic', 60, { partitions: 3 }));
    const recruiters = jobs.map((job) => {
      const recruiter = new Recruiter('default', { dutyCycle: 1, load: false });
      recruiter.useCoordinator(new RedisCoordinator(client));
      recruiter.install(job, 'job', { every: 500 });
      recruiter.open();
      return recruiter;
    });
    try {
      for (const deadline = Date.now() + 60_000; (await jobs[0]!.progress()).sweeps < 3; await rest(20)) {
        if (Date.now() > deadline) throw new Error('There were no three sweeps');
      }
    } finally {
      await Promise.all(recruiters.map((recruiter) => recruiter.close()));
    }
    const counts = range(60).map((n) =>
      jobs.flatMap(({ processed }) => processed).filter((item) => item === n),
    );
    // A fourth sweep may have begun.
    for (const { length } of counts) expect([3, 4]).toContain(length);
    const passes = new Set(jobs.flatMap((job) => job.passes.map((pass) => pass!.getTime())));
    expect(passes.size).toBeGreaterThanOrEqual(3);
    expect(passes.size).toBeLessThanOrEqual(4);
    await client.quit();
  }, 90_000);
});

describe('CursorJob under every, in 6 processes that are killed at random', () => {
  const server = useRedis();

  it('has done every item by the end of each pass, but for the bad one', async () => {
    const client = patient(new Redis(server.url));
    const name = 'passes';
    await client.set(`${name}:due`, 1000);
    const fleet = await Fleet.suffer({
      worker: 'cursor-pass.mjs',
      args: [server.url, name],
      size: 6,
      seed: 5,
      kills: 10,
    });
    try {
      for (const pass of [1000, 2000, 3000]) {
        await client.set(`${name}:due`, pass);
        await fleet.until(async () => (await client.hexists(`${name}:ended`, String(pass))) === 1);
      }
    } finally {
      await fleet.stop();
    }
    const all = String(4 * 400 - 1);
    expect(await client.hgetall(`${name}:ended`)).toEqual({ 1000: all, 2000: all, 3000: all });
    const dead = await client.lrange(`work-stealing:{${name}}:cj2:dead:1`, 0, -1);
    expect(new Set(dead.map((record) => (JSON.parse(record) as { item: string }).item))).toEqual(
      new Set(['1001']),
    );
    await client.quit();
  }, 90_000);
});
