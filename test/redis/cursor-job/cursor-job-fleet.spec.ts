import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import type { Slice } from 'nestjs-work-stealing';
import { CursorJob, type Page, type RedisClient } from 'nestjs-work-stealing/redis';
import { Fleet } from '../../support/fleet.js';
import { patient, untilConnections, useRedis } from '../../support/redis.js';

const newSlice = (): Slice => ({
  jobId: 'pass',
  signal: new AbortController().signal,
  timeRemaining: () => 50,
});
const COUNT = 40;
const POISON = new Set([7, 8, 31]);
const WORKERS = 3;

/** Items of the pass that is deployed: see workers/cursor-deploy.mjs. */
const COUNT_OF_DEPLOY = 3000;

/** An operator's view of it. */
class Deployed extends CursorJob<number> {
  constructor(client: RedisClient, name: string, partitions: number) {
    super(client, name, { partitions });
  }
  protected fetch(): Page<number> {
    throw new Error('An operator does no slice');
  }
  protected process(): void {}
}

/** A worker that stops in the midst of each slice until it is told what comes of it. */
class Worker extends CursorJob<number> {
  atWork: { items: readonly number[]; end: () => void; fail: () => void } | undefined;

  constructor(
    client: RedisClient,
    name: string,
    lease: boolean,
    private readonly processed: Set<number>,
  ) {
    super(client, name, { batch: 6, attempts: 2, retryDelay: 0, ...(lease ? {} : { lease: false }) });
  }

  protected fetch(cursor: string | undefined, limit: number): Page<number> {
    const from = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(limit, COUNT - from) }, (_, index) => from + index);
    return { items, next: from + limit < COUNT ? String(from + limit) : undefined };
  }

  protected process(items: readonly number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.atWork = {
        items,
        end: () => {
          const bad = items.find((item) => POISON.has(item));
          if (bad !== undefined) return reject(new Error(`no ${bad}`));
          items.forEach((item) => this.processed.add(item));
          resolve();
        },
        fail: () => reject(new Error('bad luck')),
      };
    });
  }
}

type Step = { worker: number; act: 'start' | 'end' | 'fail' | 'die' | 'expire' };

/** Workers whose slices overlap as the steps say, on a real server. */
class Interleaving {
  readonly processed = new Set<number>();
  #workers: Worker[];
  readonly #slices = new Map<Worker, Promise<unknown>>();

  constructor(
    private readonly client: Redis,
    private readonly name: string,
    private readonly lease: boolean,
  ) {
    this.#workers = Array.from({ length: WORKERS }, () => this.#hire());
  }

  get #state(): string {
    return `work-stealing:{${this.name}}:cj2:state:0`;
  }

  async take({ worker: index, act }: Step): Promise<void> {
    const worker = this.#workers[index]!;
    if (act === 'expire') await this.#expire();
    else if (act === 'start') await this.#start(worker);
    else if (act === 'die') this.#workers[index] = this.#hire();
    else await this.#settle(worker, act);
  }

  /** Everybody who is left works until the end: alone, and whole. */
  async finish(): Promise<void> {
    this.#workers = [this.#hire()];
    for (let turn = 0; turn < 1000 && !(await this.#hasEnded()); turn++) {
      await this.#expire();
      await this.#start(this.#workers[0]!);
      await this.#settle(this.#workers[0]!, 'end');
    }
  }

  /** What the model says: wherever the cursor is, all before it is done or set aside; nothing else is said to be done. */
  async check(): Promise<void> {
    const [cursor, done, ended] = await this.client.hmget(this.#state, 'cursor', 'done', 'ended');
    const at = ended === null || ended === undefined ? Number(cursor?.slice(1) ?? 0) : COUNT;
    const dead = new Set((await this.#hire().dead(1000)).map(({ item }) => Number(item)));
    const lost = Array.from({ length: at }, (_, item) => item).filter(
      (item) => !this.processed.has(item) && !dead.has(item),
    );
    expect(lost).toEqual([]);
    expect(Number(done ?? 0)).toBe(at);
  }

  #hire(): Worker {
    return new Worker(this.client, this.name, this.lease, this.processed);
  }

  async #hasEnded(): Promise<boolean> {
    return (await this.client.hexists(this.#state, 'ended')) === 1;
  }

  async #expire(): Promise<void> {
    if ((await this.client.hexists(this.#state, 'heldUntil')) === 1) {
      await this.client.hset(this.#state, 'heldUntil', 1);
    }
  }

  async #start(worker: Worker): Promise<void> {
    if (this.#slices.has(worker)) return;
    let isOver = false;
    const over = Promise.resolve(worker.recruited(newSlice()))
      .catch(() => undefined)
      .finally(() => {
        isOver = true;
        this.#slices.delete(worker);
      });
    this.#slices.set(worker, over);
    while (!isOver && worker.atWork === undefined) await new Promise(setImmediate);
  }

  async #settle(worker: Worker, how: 'end' | 'fail'): Promise<void> {
    // The last attempt goes item by item: each of them ends the same way.
    for (let over = false; !over && this.#slices.has(worker);) {
      const { atWork } = worker;
      worker.atWork = undefined;
      atWork?.[how]();
      const slicePromise = this.#slices.get(worker);
      over = await Promise.race([
        (slicePromise ?? Promise.resolve()).then(() => true),
        untilAtWork(worker).then(() => false),
      ]);
    }
    worker.atWork = undefined;
  }
}

async function untilAtWork(worker: Worker): Promise<void> {
  for (let turn = 0; turn < 500 && worker.atWork === undefined; turn++) await new Promise(setImmediate);
}

const steps = fc.array(
  fc.record({
    worker: fc.nat(WORKERS - 1),
    act: fc.constantFrom<Step['act']>(
      'start',
      'start',
      'start',
      'end',
      'end',
      'end',
      'fail',
      'die',
      'expire',
    ),
  }),
  { minLength: 20, maxLength: 60 },
);

describe('CursorJob under any interleaving of workers that succeed, fail, die and overrun their leases', () => {
  let client: Redis;

  // Hooks run in their order: the client goes before its server.
  afterAll(() => client.quit());
  const server = useRedis();
  let run = 0;

  beforeAll(() => {
    client = patient(new Redis(server.url));
  });

  it.each([true, false])(
    'never moves past what is not done, and gets to the end (lease: %p)',
    async (lease) => {
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const interleaving = new Interleaving(client, `any${run++}`, lease);
          for (const step of taken) {
            await interleaving.take(step);
            await interleaving.check();
          }
          await interleaving.finish();
          await interleaving.check();
          const good = Array.from({ length: COUNT }, (_, item) => item).filter((item) => !POISON.has(item));
          // Bad luck, or deaths, at one item again and again may have set it aside: it is not lost then.
          expect(interleaving.processed.size).toBeGreaterThan(good.length / 2);
        }),
        { seed: 20261125, numRuns: 25 },
      );
    },
    120_000,
  );
});

describe('CursorJob under 8 processes that are killed at random', () => {
  const server = useRedis();

  it('does every item, sets none aside but the bad ones, and stands at its end', async () => {
    const client = patient(new Redis(server.url));
    const fleet = await Fleet.suffer({
      worker: 'cursor-job.mjs',
      args: [server.url, 'fleet'],
      seed: 3,
      kills: 10,
    });
    try {
      await fleet.until(async () => (await client.scard('fleet:ended')) === 4);
    } finally {
      await fleet.stop();
    }
    const done = await client.zcard('fleet:done');
    const dead = await client.lrange('work-stealing:{fleet}:cj2:dead:1', 0, -1);
    expect(dead.map((record) => (JSON.parse(record) as { item: string }).item)).toEqual(['1001']);
    expect(done).toBe(4 * 1500 - 1);
    expect(await client.zscore('fleet:done', '1001')).toBeNull();
    const sums = await Promise.all(
      [0, 1, 2, 3].map((partition) => client.hget(`work-stealing:{fleet}:cj2:state:${partition}`, 'done')),
    );
    expect(sums).toEqual(['1500', '1500', '1500', '1500']);
    await client.quit();
  }, 120_000);
});

describe('CursorJob under a deploy with another number of partitions', () => {
  const server = useRedis();

  it.each([
    [3, 2],
    [2, 3],
  ])(
    'from %i to %i, with processes of both side by side, skips nothing and says so',
    async (before, after) => {
      const client = patient(new Redis(server.url));
      const name = `deploy${before}${after}`;
      const started = (count: number) =>
        Fleet.suffer({
          worker: 'cursor-deploy.mjs',
          args: [server.url, name, String(count)],
          size: 2,
          kills: 0,
          seed: 1,
        });
      const done = () => client.zcard(`${name}:done`);
      const refused = async (count: number) =>
        Number((await client.hget(`${name}:failed`, `refused:${count}`)) ?? 0);
      const operator = new Deployed(client, name, after);
      const old = await started(before);
      const deployed = await started(after);
      try {
        // So slow that the old ones are not at the end, however long this process or the new ones are left aside.
        await client.set(`${name}:rest`, 200);
        await client.sadd(`${name}:go`, before);
        await old.until(async () => (await done()) > 100);
        // Both are at it: those of the number that began go on, the others do nothing.
        await client.sadd(`${name}:go`, after);
        await deployed.until(async () => (await refused(after)) > 5);
        const halfway = await done();
        await deployed.until(async () => (await done()) > halfway + 100);
        expect(await refused(before)).toBe(0);
        await old.stop();
        // What the dead have sent is run before their connections are gone: the operator's and two others are left.
        await untilConnections(client, 3);
        expect(await done()).toBeLessThan(COUNT_OF_DEPLOY);
        expect((await operator.progress()).ended).toBe(false);
        const [left, said] = [await done(), await refused(after)];
        await deployed.until(async () => (await refused(after)) > said + 5);
        expect(await done()).toBe(left);
        await client.unlink(`${name}:done`, `${name}:rest`);
        await operator.reset();
        await deployed.until(async () => (await operator.progress()).ended);
        expect(await done()).toBe(COUNT_OF_DEPLOY);
        expect(Object.keys(await client.hgetall(`${name}:failed`))).toEqual([`refused:${after}`]);
      } finally {
        await old.stop();
        await deployed.stop();
        await client.quit();
      }
    },
    180_000,
  );
});
