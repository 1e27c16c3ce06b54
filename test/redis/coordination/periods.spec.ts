import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import {
  Recruiter,
  type PassReport,
  type PeriodCoordinator,
  type Progress,
  type Slice,
} from 'nestjs-work-stealing';
import { createFailFastRedis, RedisCoordinator, RedisUnavailableError } from 'nestjs-work-stealing/redis';
import { MemoryCoordinator } from 'nestjs-work-stealing/testing';
import { Fleet } from '../../support/fleet.js';
import { patient, STEADY, untilReady, useRedis, useRedisCluster } from '../../support/redis.js';

const EVERY = 60_000;
/** Longer than a busy machine leaves anything aside. */
const HOLD = 20_000;
/** A busy machine may leave a server or this process aside for longer than a slice. */
const PATIENCE = 20_000;

let turn = 0;
const jobRef = () => ({ recruiter: 'default', jobId: `job${turn++}` });

/** Each kind of answer has parts of its own. */
interface ClaimAnswer {
  readonly token?: number;
  readonly dueAt?: Date;
  readonly isFirst?: boolean;
  readonly notDueFor?: number;
  readonly heldFor?: number;
  readonly every?: number;
}

/** The protocol, the same for every place where the state is kept. */
function keepsPeriods(periodOf: () => PeriodCoordinator, client?: () => Redis | Cluster): void {
  const claim = (job: ReturnType<typeof jobRef>, every = EVERY, force = false, hold = HOLD) =>
    periodOf().claim(job, every, hold, force, PATIENCE) as Promise<ClaimAnswer>;
  const report = (job: ReturnType<typeof jobRef>, token: number, what: PassReport, items = 0) =>
    periodOf().report(job, token, what, items, PATIENCE);
  /** Asked again where the answer comes after the 50 ms that it is waited for. */
  const inspect = async (job: ReturnType<typeof jobRef>) => {
    for (;;) {
      try {
        return await periodOf().inspect!(job);
      } catch (error) {
        if (!(error instanceof RedisUnavailableError)) throw error;
      }
    }
  };

  it('is due at once without a state, one slice at a time, until it is done', async () => {
    const job = jobRef();
    const before = Date.now();
    const first = await claim(job);
    expect(first).toMatchObject({ isFirst: true, token: expect.any(Number), every: EVERY });
    expect(Math.abs(first.dueAt!.getTime() - before)).toBeLessThan(PATIENCE);
    const held = await claim(job);
    expect(held.heldFor).toBeGreaterThan(0);
    expect(held.heldFor).toBeLessThanOrEqual(HOLD);
    expect(await report(job, first.token!, 'more', 3)).toMatchObject({ dueIn: 0 });
    const second = await claim(job);
    expect(second).toMatchObject({ isFirst: false, dueAt: first.dueAt });
    expect(second.token! > first.token!).toBe(true);
    const { dueIn, pass } = await report(job, second.token!, 'done', 4);
    expect(dueIn).toBeGreaterThan(EVERY - PATIENCE);
    expect(dueIn).toBeLessThanOrEqual(EVERY);
    expect(pass).toMatchObject({ dueAt: first.dueAt, slices: 2, done: 7, skipped: 0 });
    expect(pass!.endedAt!.getTime()).toBeGreaterThanOrEqual(pass!.beganAt.getTime());
    const next = await claim(job);
    expect(next.notDueFor).toBeGreaterThan(EVERY - PATIENCE);
    expect(next.notDueFor).toBeLessThanOrEqual(EVERY);
  });

  it('takes no notice of an old token', async () => {
    const job = jobRef();
    const old = await claim(job, EVERY, false, 1);
    await pause(20);
    const latest = await claim(job);
    expect(latest).toMatchObject({ isFirst: true });
    await report(job, old.token!, 'done', 100);
    expect(await periodOf().renew(job, old.token!, HOLD, PATIENCE)).toBe(false);
    expect((await claim(job)).heldFor).toBeGreaterThan(0);
    expect(await periodOf().renew(job, latest.token!, 2 * HOLD, PATIENCE)).toBe(true);
    expect((await claim(job)).heldFor).toBeGreaterThan(HOLD - 1);
    expect((await report(job, latest.token!, 'done', 1)).pass).toMatchObject({ slices: 1, done: 1 });
    expect((await report(job, latest.token!, 'done', 1)).pass).toMatchObject({ slices: 1, done: 1 });
  });

  it('counts a report whose hold is over, where nobody has claimed it since', async () => {
    const job = jobRef();
    const { token } = await claim(job, EVERY, false, 1);
    await pause(20);
    expect((await report(job, token!, 'done', 1)).dueIn).toBeGreaterThan(EVERY - PATIENCE);
  });

  it('waits after a failure, twice as long after each, and lets an operator try at once', async () => {
    const job = jobRef();
    let expected = 1000;
    for (let failure = 0; failure < 4; failure++) {
      const { token } = await claim(job, EVERY, true);
      const begun = performance.now();
      const { dueIn } = await report(job, token!, 'failed');
      expect(dueIn).toBeGreaterThan(expected - 900);
      expect(dueIn).toBeLessThan(expected + 0.001);
      const early = await claim(job);
      // A machine that was busy for as long as the wait has waited it out.
      if (performance.now() - begun < dueIn) expect(early.heldFor).toBeGreaterThan(0);
      else if (early.token !== undefined) await report(job, early.token, 'released');
      expected *= 2;
    }
    const { token } = await claim(job, EVERY, true);
    await report(job, token!, 'more');
    const after = await claim(job);
    expect((await report(job, after.token!, 'failed')).dueIn).toBeLessThanOrEqual(1000);
  });

  it('waits a period at most', async () => {
    const job = jobRef();
    const { token } = await claim(job, 100);
    expect((await report(job, token!, 'failed')).dueIn).toBeLessThanOrEqual(100);
  });

  it('frees what was released, and begins the pass again', async () => {
    const job = jobRef();
    const { token, dueAt } = await claim(job);
    expect(await report(job, token!, 'released')).toMatchObject({ dueIn: 0 });
    expect(await claim(job)).toMatchObject({ isFirst: true, dueAt });
  });

  it('begins early for an operator, and leaves the phase as it is', async () => {
    const job = jobRef();
    const first = await claim(job);
    const { dueIn } = await report(job, first.token!, 'done');
    const early = await claim(job, EVERY, true);
    expect(early).toMatchObject({ isFirst: true });
    expect((await claim(job, EVERY, true)).heldFor).toBeGreaterThan(0);
    const after = await report(job, early.token!, 'done');
    expect(after.dueIn).toBeLessThanOrEqual(dueIn);
    expect(after.dueIn).toBeGreaterThan(dueIn - PATIENCE);
    expect(after.pass).toMatchObject({ skipped: 0, slices: 1 });
  });

  it('keeps the phase over periods that are missed, and counts them', async () => {
    const job = jobRef();
    const first = await claim(job, 100);
    await pause(1000);
    const { pass, dueIn } = await report(job, first.token!, 'done');
    expect(pass!.skipped).toBeGreaterThanOrEqual(9);
    const late = pass!.endedAt!.getTime() - first.dueAt!.getTime();
    expect(pass!.skipped).toBe(Math.floor(late / 100));
    // Rounded on both sides.
    expect(Math.abs(((late + dueIn) % 100) - 50)).toBeGreaterThanOrEqual(48);
  });

  it('keeps the stored period until the pass is done, and then that of the process which ended it', async () => {
    const job = jobRef();
    const first = await claim(job);
    await report(job, first.token!, 'done');
    const other = await claim(job, EVERY / 2);
    expect(other.every).toBe(EVERY);
    expect(other.notDueFor).toBeGreaterThan(EVERY - PATIENCE);
    const forced = await claim(job, EVERY / 2, true);
    const after = await report(job, forced.token!, 'done');
    expect(after.every).toBe(EVERY / 2);
  });

  it('is inspected without being changed, and has no state before the first claim', async () => {
    const job = jobRef();
    expect(await inspect(job)).toBeUndefined();
    const { token } = await claim(job);
    expect(await inspect(job)).toMatchObject({
      dueIn: 0,
      pass: { slices: 0, endedAt: undefined },
    });
    await report(job, token!, 'done', 5);
    const state = await inspect(job);
    expect(state!.dueIn).toBeGreaterThan(EVERY - PATIENCE);
    expect(state!.pass).toMatchObject({ slices: 1, done: 5 });
  });

  it('tells the same job of two recruiters apart', async () => {
    const job = jobRef();
    await claim(job);
    expect(await claim({ ...job, recruiter: 'other' })).toMatchObject({ isFirst: true });
  });

  if (client === undefined) return;

  it('is due at once when its state is lost, also in the middle of a slice', async () => {
    const job = jobRef();
    const { token } = await claim(job);
    await client().del(`work-stealing:{default:${job.jobId}}:e1:period`);
    expect(await report(job, token!, 'done')).toMatchObject({ dueIn: 0, pass: undefined });
    expect(await claim(job)).toMatchObject({ isFirst: true });
  });

  it('is cut to one period where the clock was put back', async () => {
    const job = jobRef();
    const key = `work-stealing:{default:${job.jobId}}:e1:period`;
    const { token } = await claim(job);
    await report(job, token!, 'done');
    await client().hset(key, 'due', Date.now() + 1e9, 'until', Date.now() + 1e9);
    const { heldFor } = await claim(job);
    expect(heldFor).toBeLessThanOrEqual(EVERY);
    await client().hset(key, 'until', 0);
    expect((await claim(job)).notDueFor).toBeLessThanOrEqual(EVERY);
  });

  it('goes by itself when nobody asks any more', async () => {
    const job = jobRef();
    const { token } = await claim(job);
    await report(job, token!, 'done');
    const left = await client().pttl(`work-stealing:{default:${job.jobId}}:e1:period`);
    expect(left).toBeGreaterThan(24 * 3_600_000);
    expect(left).toBeLessThan(25 * 3_600_000);
  });
}

describe('Periods in memory', () => {
  const memory = new MemoryCoordinator();
  keepsPeriods(() => memory.period);
});

describe('Periods in Redis', () => {
  let client: Redis;
  afterAll(() => client.quit());
  const server = useRedis();
  beforeAll(async () => {
    client = patient(new Redis(server.url));
    await client.ping();
  });
  keepsPeriods(
    () => new RedisCoordinator(client).period!,
    () => client,
  );

  it('counts the processes that have asked lately', async () => {
    const { fleetSize } = new RedisCoordinator(client);
    expect(await fleetSize!.countProcesses('default', 'a')).toBe(1);
    expect(await fleetSize!.countProcesses('default', 'b')).toBe(2);
    expect(await fleetSize!.countProcesses('default', 'a')).toBe(2);
    expect(await fleetSize!.countProcesses('other', 'a')).toBe(1);
    await client.zadd('work-stealing:{default}:s1:processes', Date.now() - 160_000, 'a');
    expect(await fleetSize!.countProcesses('default', 'b')).toBe(1);
  });

  it('offers what it was asked to', () => {
    const coordinator = new RedisCoordinator(client, ['period']);
    const { lease, pace, period, fleetSize } = coordinator;
    expect([lease, pace, fleetSize]).toEqual([undefined, undefined, undefined]);
    expect(period).toBeDefined();
  });

  it('carries a job of a real recruiter from pass to pass, on real timers', async () => {
    const recruiter = new Recruiter('default', { load: false, dutyCycle: 1 });
    recruiter.useCoordinator(new RedisCoordinator(client));
    const dues: number[] = [];
    const late: number[] = [];
    recruiter.install(
      {
        recruited({ pass }) {
          dues.push(pass!.dueAt.getTime());
          late.push(Date.now() - pass!.dueAt.getTime());
          return { done: 1 };
        },
      },
      'steady',
      { every: 250, budget: 1000 },
    );
    recruiter.open();
    const middle = () => late.slice(-12).toSorted((a, b) => a - b)[6]!;
    // A machine that is busy now makes most of them late: it will not be all the time.
    while (dues.length < 12 || (dues.length < 60 && middle() >= 100)) await pause(20);
    await recruiter.close();
    const gaps = dues.slice(1).map((due, index) => due - dues[index]!);
    for (const gap of gaps) expect(gap % 250).toBe(0);
    expect(Math.min(...gaps)).toBe(250);
    expect(middle()).toBeLessThan(100);
  }, 90_000);
});

describe('Periods in a Redis Cluster', () => {
  let client: Cluster;
  afterAll(() => client.quit());
  const cluster = useRedisCluster(STEADY);
  beforeAll(async () => {
    client = patient(new Cluster(cluster.nodes));
    await client.ping();
  });
  keepsPeriods(
    () => new RedisCoordinator(client).period!,
    () => client,
  );
});

describe('A fleet whose Redis is away when a pass is due', () => {
  const server = useRedis();

  it('runs nothing meanwhile, and does the pass when Redis is back, without an unhandled rejection', async () => {
    const client = createFailFastRedis(server.url);
    await untilReady(client);
    const recruiter = new Recruiter('default', { load: false, dutyCycle: 1 });
    recruiter.useCoordinator(new RedisCoordinator(client));
    const dues: number[] = [];
    let reports = 0;
    recruiter.on('slice', () => void reports++);
    const job = { recruited: ({ pass }: Slice) => (dues.push(pass!.dueAt.getTime()), { done: 1 }) };
    recruiter.install(job, 'job', { every: 400, budget: 200 });
    recruiter.open();
    while (dues.length < 2) await pause(10);
    server.kill('SIGSTOP');
    const failed = () => recruiter.jobs[0]!.counts.failed;
    while (failed() === 0) await pause(10);
    const before = dues.length;
    server.kill('SIGCONT');
    while (dues.length < before + 3) await pause(10);
    expect(failed()).toBeGreaterThan(0);
    const gaps = dues.slice(1).map((due, index) => due - dues[index]!);
    for (const gap of gaps) expect(gap % 400).toBe(0);
    expect(recruiter.jobs[0]!.lastError!.message).toMatch(/no answer|Redis/);
    await recruiter.close();
    client.disconnect();
    expect(reports).toBeGreaterThan(before);
  });

  it('gives back at once what was granted after the patience of a slice', async () => {
    const [client, control] = [new Redis(server.url), new Redis(server.url)];
    await Promise.all([client.ping(), control.ping()]);
    const coordinator = new RedisCoordinator(client);
    const recruiter = new Recruiter('default', { load: false });
    recruiter.useCoordinator(coordinator);
    recruiter.install({ recruited: () => ({ done: 1 }) }, 'late', { every: 60_000 });
    server.kill('SIGSTOP');
    expect(await recruiter.recruit('late')).toMatchObject({ outcome: 'failed' });
    expect(recruiter.inFlight).toBe(1);
    server.kill('SIGCONT');
    while (recruiter.inFlight > 0) await pause(5);
    const other = new RedisCoordinator(control).period!;
    const claim = await other.claim({ recruiter: 'default', jobId: 'late' }, 60_000, HOLD, false, PATIENCE);
    expect(claim).toMatchObject({ isFirst: true });
    await recruiter.close();
    client.disconnect();
    control.disconnect();
  });

  it('begins the pass again after FLUSHALL in its middle', async () => {
    const client = new Redis(server.url);
    const recruiter = new Recruiter('default', { load: false, dutyCycle: 1 });
    recruiter.useCoordinator(new RedisCoordinator(client));
    const passes: Slice['pass'][] = [];
    const job = {
      async recruited({ pass }: Slice) {
        passes.push(pass);
        // From inside: whoever looks from outside may see the third slice when the last one is over.
        if (passes.length === 3) await client.flushall();
        return { done: 1, more: passes.length < 20 };
      },
    };
    recruiter.install(job, 'flushed', { every: 60_000, budget: PATIENCE });
    recruiter.open();
    while (passes.length < 20) await pause(5);
    await recruiter.close();
    expect(passes.filter((pass) => pass!.isFirst).length).toBeGreaterThanOrEqual(2);
    expect(new Set(passes.map((pass) => pass!.dueAt.getTime())).size).toBe(2);
    client.disconnect();
  });

  it('carries 1,000 jobs in one process, each once a period', async () => {
    const client = new Redis(server.url);
    const options = { load: false, dutyCycle: 1, concurrency: 8 } as const;
    const recruiter = new Recruiter('many', options);
    recruiter.useCoordinator(new RedisCoordinator(client));
    const runs = new Map<string, number>();
    for (let index = 0; index < 1000; index++) {
      const id = `job${index}`;
      const recruited = (): Progress => {
        runs.set(id, (runs.get(id) ?? 0) + 1);
        return { done: 1 };
      };
      recruiter.install({ recruited }, id, { every: 3_600_000, budget: PATIENCE });
    }
    recruiter.open();
    while (runs.size < 1000) await pause(20);
    expect(Math.max(...runs.values())).toBe(1);
    await recruiter.close();
    expect(recruiter.jobs.every(({ counts }) => counts.failed === 0 && counts.partial === 1)).toBe(true);
    client.disconnect();
  }, 120_000);
});

interface LoggedSlice {
  readonly due: number;
  readonly token: number;
  readonly isFirst: boolean;
  readonly begunAt: number;
  readonly endedAt: number;
  readonly pid: number;
}

describe('A fleet whose processes are killed at any moment', () => {
  let client: Redis;
  afterAll(() => client.quit());
  const server = useRedis();
  beforeAll(() => {
    client = new Redis(server.url);
  });

  it('does one pass a period: none is missed for long, none overlap, and a kill repeats one slice at most', async () => {
    const [every, periods, kills] = [500, 30, 10];
    const begun = Date.now();
    const options = { worker: 'periods.mjs', args: [server.url, String(every)], size: 4, kills, seed: 71 };
    const fleet = await Fleet.suffer(options);
    try {
      // Where the processes took long to start, the passes come later.
      const isLongEnough = () => Date.now() - begun > every * periods;
      await fleet.until(async () => isLongEnough() && (await client.hlen('progress')) > 5, 120_000);
    } finally {
      await fleet.stop();
    }
    const slices = (await client.lrange('slices', 0, -1)).map((line) => JSON.parse(line) as LoggedSlice);
    slices.sort((a, b) => a.token - b.token);
    const dues = [...new Set(slices.map(({ due }) => due))];
    // Passes follow each other, whole periods apart: with a dead holder, after its hold of five seconds.
    dues.slice(1).forEach((due, index) => {
      const gap = due - dues[index]!;
      expect(gap).toBeGreaterThan(0);
      expect(gap % every).toBe(0);
      expect(gap).toBeLessThanOrEqual(2 * 5000 + 4 * every);
    });
    expect(dues.length).toBeGreaterThanOrEqual(5);
    slices
      .slice(1)
      .forEach((slice, index) => expect(slice.begunAt).toBeGreaterThanOrEqual(slices[index]!.endedAt));
    const extra = slices.length - 4 * dues.length;
    expect(extra).toBeLessThanOrEqual(kills + 4);
    for (const due of dues.slice(0, -1)) {
      const done = slices.filter((slice) => slice.due === due).length;
      // What was killed before it wrote has counted its progress: that slice is missing here, and no other.
      expect(done).toBeGreaterThanOrEqual(3);
    }
  }, 180_000);
});
