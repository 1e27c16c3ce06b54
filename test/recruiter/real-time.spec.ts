import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { transformSync } from '@swc/core';
import type { RecruiterOptions } from '../../lib/recruiter/options.js';
import { Recruiter } from '../../lib/recruiter/recruiter.js';
import type { JobSnapshot } from '../../lib/recruiter/record/snapshot.js';
import { EventLoopProbe } from '../../lib/recruiter/gates/utilization.js';
import { RedisCoordinator } from '../../lib/redis/coordination/redis-coordinator.js';
import { Fleet } from '../support/fleet.js';
import { useRedis } from '../support/redis.js';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Time between two enlistments of {@link serve}: ms. */
const TICK = 20;

/**
 * Enlists every few ms until it is so, with an event loop that is busy all the time, or idle.
 *
 * @returns the time that it took, and how much of it the machine was late: ms.
 */
async function serve(recruiter: Recruiter, load: 'busy' | 'idle', isOver: () => boolean) {
  const from = performance.now();
  let late = 0;
  while (!isOver()) {
    const begun = performance.now();
    if (load === 'busy') spin(TICK);
    recruiter.enlistDetached();
    // A busy loop does not sleep: on a busy machine it would be woken late, and have been idle meanwhile.
    await (load === 'busy' ? new Promise(setImmediate) : sleep(TICK));
    late += Math.max(0, performance.now() - begun - TICK - 5);
  }
  return { took: performance.now() - from, late };
}

/** True when it has been asked so many times. */
function times(count: number): () => boolean {
  let asked = 0;
  return () => asked++ >= count;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** Timers of a recruiter do not keep a process alive. */
async function awake<T>(promise: Promise<T>): Promise<T> {
  const keepAlive = setInterval(() => {}, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(keepAlive);
  }
}

/** Resolves after a slice after which it is so. */
function untilTrue(recruiter: Recruiter, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => recruiter.on('slice', () => isSo() && resolve()));
}

function untilSlices(recruiter: Recruiter, count: number): Promise<void> {
  let seen = 0;
  return untilTrue(recruiter, () => ++seen >= count);
}

const slicesOf = (recruiter: Recruiter) => {
  const [job] = recruiter.jobs;
  const { gated, ...run } = job!.counts;
  return { run: Object.values(run).reduce((sum, count) => sum + count), gated, by: job!.gatedBy };
};

describe('Recruiter on a real event loop', () => {
  it('holds slices back while the loop is busy, and runs them again within two samples once it calms', async () => {
    const recruiter = new Recruiter('busy', { load: { low: 0.3, high: 0.6 }, idle: false, dutyCycle: 1 });
    recruiter.install({ recruited: () => ({ done: 5, limit: 5 }) }, 'job', 1);
    recruiter.open();
    await serve(recruiter, 'busy', () => recruiter.utilization > 0.7);
    const before = slicesOf(recruiter);
    await serve(recruiter, 'busy', times(100));
    const loaded = slicesOf(recruiter);
    const drawn = loaded.run + loaded.gated - before.run - before.gated;
    expect(recruiter.utilization).toBeGreaterThan(0.7);
    expect(drawn).toBeGreaterThan(20);
    expect((loaded.run - before.run) / drawn).toBeLessThan(0.25);
    expect(loaded.by.loaded).toBeGreaterThan(0);

    // Two samples of a second each, and what a noisy machine adds: a sample that it spoils counts as load, and lasts until
    // the next, so that it may add several times as much as it was late.
    const { took, late } = await serve(recruiter, 'idle', () => recruiter.utilization < 0.3);
    expect(took).toBeLessThan(2600 + 10 * late);
    const calming = slicesOf(recruiter);
    const isEnough = times(50);
    await serve(recruiter, 'idle', () => recruiter.utilization < 0.3 && isEnough());
    const calm = slicesOf(recruiter);
    expect(calm.run - calming.run).toBeGreaterThan(5);
    expect(calm.gated - calming.gated).toBeLessThan(calm.run - calming.run);
    await recruiter.close();
  }, 60_000);

  it('looks after its jobs when nobody enlists, and no more once it is closed', async () => {
    // A slice in which the machine stalls for seconds would be followed by a rest of a minute.
    const recruiter = new Recruiter('quiet', { idle: { interval: 100 }, load: false, dutyCycle: 1 });
    recruiter.install({ recruited: () => ({ done: 0, limit: 5 }) }, 'job', 0.001);
    recruiter.open();
    await awake(untilSlices(recruiter, 2));
    expect(recruiter.enlistments).toBe(0);
    await recruiter.close();
    const { run } = slicesOf(recruiter);
    await sleep(400);
    expect(slicesOf(recruiter).run).toBe(run);
  }, 30_000);
});

/** What a machine that is busy with something else may take away from a share that is measured in real time. */
const ROOM = 0.3;

/** How late the timers of this process are, all in all. */
class Lateness {
  static readonly #INTERVAL_MS = 50;
  /** ms */
  sum = 0;
  #last = performance.now();
  readonly #timer = setInterval(() => this.#look(), Lateness.#INTERVAL_MS);

  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    const now = performance.now();
    this.sum += Math.max(0, now - this.#last - Lateness.#INTERVAL_MS);
    this.#last = now;
  }
}

/** A recruiter whose one job has more to do for ever, and what so many of its slices took of the time. */
async function drain(
  slice: () => unknown,
  count: number,
  options: RecruiterOptions & { budget?: number } = {},
) {
  const recruiter = new Recruiter('drain', { load: false, ...options });
  const begun: number[] = [];
  const lengths: number[] = [];
  const job = {
    recruited: async () => {
      const start = performance.now();
      begun.push(start);
      await slice();
      lengths.push(performance.now() - start);
      return { done: 50, limit: 50 };
    },
  };
  recruiter.install(job, 'endless', 0.001);
  recruiter.open();
  const lateness = new Lateness();
  const isWorkedOff = untilSlices(recruiter, count);
  await recruiter.recruit('endless');
  await awake(isWorkedOff);
  lateness.stop();
  // The slice that is in flight ends, and counts.
  await recruiter.close();
  const [{ counts }] = recruiter.jobs as [JobSnapshot];
  /** Each slice with its rest. */
  const cycles = begun.slice(1).map((next, index) => ({ length: lengths[index]!, ms: next - begun[index]! }));
  const shares = cycles.map(({ length, ms }) => length / ms).toSorted((one, other) => one - other);
  return {
    /** Of the cycle than which the machine has delayed three in four more. */
    share: shares[Math.floor(0.75 * shares.length)]!,
    restedShare: sum(cycles.map(({ length }) => length)) / sum(cycles.map(({ ms }) => ms)),
    slices: begun.length,
    cycles,
    late: lateness.sum,
    counts,
  };
}

describe('Known work on a real event loop', () => {
  it.each([0.2, 1, 5, 20])(
    'is worked off in slices of %d ms at the duty cycle, and never falls silent',
    async (length) => {
      const dutyCycle = 0.1;
      const count = Math.min(300, Math.ceil((2500 * dutyCycle) / length));
      const { share, slices, cycles, late, counts } = await drain(() => spin(length), count, { dutyCycle });
      expect(share / dutyCycle).toBeGreaterThan(ROOM);
      expect(slices).toBeGreaterThan(3);
      // The rest of a slice as long as it was, if the machine stalled in it, and whatever the machine does meanwhile.
      for (const { length: took, ms } of cycles) expect(ms).toBeLessThan(1500 + 12.5 * took + late);
      expect(counts.full).toBe(slices);
    },
    // A slice in which the machine stalls for 5 s is followed by a rest of almost a minute.
    180_000,
  );

  it('stays below the duty cycle', async () => {
    const { restedShare } = await drain(() => spin(5), 50, { dutyCycle: 0.1 });
    expect(restedShare).toBeLessThan(0.12);
  }, 180_000);

  it('empties the Map of 20,000 overdue entries, 50 a slice, under all defaults', async () => {
    const pages = new Map(Array.from({ length: 20_000 }, (_, id) => [`page:${id}`, Date.now() - 1]));
    const recruiter = new Recruiter('map');
    const recruited = () => {
      let done = 0;
      for (const [id, expires] of pages) {
        if (done === 50) break;
        if (expires < Date.now()) done += Number(pages.delete(id));
      }
      return { done, limit: 50 };
    };
    recruiter.install({ recruited }, 'ExpirePages', 0.003);
    recruiter.open();
    await recruiter.recruit('ExpirePages');
    await awake(untilTrue(recruiter, () => pages.size === 0));
    expect(recruiter.jobs[0]!.items).toBe(20_000);
    await recruiter.close();
    // By default a slice in which the machine stalls for 3 s is followed by a rest of a minute, and load by one of 25 s.
  }, 240_000);

  it('leaves a small job beside it its turns', async () => {
    // With a long rest a slice in which the machine stalls for seconds would take all of the time.
    const recruiter = new Recruiter('beside', { load: false, idle: { interval: 500 }, dutyCycle: 0.5 });
    recruiter.install({ recruited: () => (spin(5), { done: 50, limit: 50 }) }, 'endless', 0.001);
    recruiter.install({ recruited: () => ({ done: 0, limit: 50 }) }, 'small', 0.001);
    recruiter.open();
    await recruiter.recruit('endless');
    const [endless, small] = [0, 1].map((index) => () => sum(Object.values(recruiter.jobs[index]!.counts)));
    await awake(untilTrue(recruiter, () => small!() >= 3 && endless!() > 3));
    expect(recruiter.jobs[0]!.counts.full).toBeGreaterThan(3);
    await recruiter.close();
  }, 30_000);

  it.each([['the job', 'endless'] as const, ['all jobs', undefined] as const])(
    'rests when a pause of %s begins, and goes on when it ends',
    async (_, id) => {
      // As above.
      const recruiter = new Recruiter('paused', { load: false, dutyCycle: 0.5 });
      recruiter.install({ recruited: () => (spin(2), { done: 50, limit: 50 }) }, 'endless', 0.001);
      recruiter.open();
      await recruiter.recruit('endless');
      await awake(untilSlices(recruiter, 3));
      recruiter.pause(id);
      const { run } = slicesOf(recruiter);
      await sleep(500);
      expect(slicesOf(recruiter).run).toBe(run);
      recruiter.resume(id);
      await awake(untilSlices(recruiter, 5));
      await recruiter.close();
    },
    30_000,
  );

  it('counts slices that are done after their budget and before twice of it', async () => {
    const { slices, counts } = await drain(() => sleep(60), 10, { budget: 50, dutyCycle: 0.5 });
    expect(counts).toMatchObject({ full: slices, aborted: 0, failed: 0 });
    expect(slices).toBeGreaterThan(3);
  }, 30_000);

  it('is not known from a job that returns nothing, so that its rate stays a ceiling', async () => {
    const recruiter = new Recruiter('void', { load: false });
    recruiter.install({ recruited: () => undefined }, 'void', 0.001);
    recruiter.open();
    await recruiter.recruit('void');
    await sleep(1500);
    expect(slicesOf(recruiter).run).toBe(1);
    await recruiter.close();
  }, 30_000);

  it('does not make a job that fails spin where there is no rest', async () => {
    const recruiter = new Recruiter('failing', { load: false, dutyCycle: 1 });
    recruiter.install({ recruited: () => Promise.reject(new Error('no')) }, 'failing', 0.001);
    recruiter.open();
    await recruiter.recruit('failing');
    await sleep(2500);
    expect(slicesOf(recruiter).run).toBeLessThanOrEqual(5);
    await recruiter.close();
  }, 30_000);
});

/** Stands between a client and Redis, and counts the replies: those that have reached the client, and all. */
const GO_BETWEEN = `
  const { connect, createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const { host, port, replies } = workerData;
  const arrived = () => {
    Atomics.add(replies, 0, 1);
    Atomics.notify(replies, 0);
  };
  const server = createServer({ noDelay: true }, (client) => {
    const redis = connect({ host, port, noDelay: true });
    client.pipe(redis);
    redis.on('data', (reply) => {
      Atomics.add(replies, 1, 1);
      client.write(reply, arrived);
    });
    redis.on('end', () => client.end());
    for (const socket of [client, redis]) socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

describe('Known work of a job with a pace or a lease, on a real Redis', () => {
  const server = useRedis();

  it('is worked off at its pace by one process', async () => {
    const client = new Redis(server.url);
    // It waits for the answers of a Redis that the machine stalls, and does not rest for long after a slice that it stalls.
    const recruiter = new Recruiter('paced', { load: false, budget: 20_000, dutyCycle: 1 });
    recruiter.useCoordinator(new RedisCoordinator(client));
    const begun: number[] = [];
    const recruited = () => {
      begun.push(performance.now());
      return { done: 50, limit: 50 };
    };
    recruiter.install({ recruited }, 'paced', { rate: 0.001, pace: { perSecond: 10 } });
    recruiter.open();
    const from = performance.now();
    const isWorkedOff = untilSlices(recruiter, 30);
    await recruiter.recruit('paced');
    await awake(isWorkedOff);
    const { run } = slicesOf(recruiter);
    const seconds = (performance.now() - from) / 1000;
    // The median: the machine may stall between two of them.
    const gaps = begun.slice(1).map((next, index) => next - begun[index]!);
    expect(gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)]).toBeLessThan(100 / ROOM);
    expect(run).toBeLessThanOrEqual(10 * seconds + 3);
    await recruiter.close();
    await client.quit();
  }, 30_000);

  it('is not held up where the process was stalled while Redis answered', async () => {
    const replies = new Int32Array(new SharedArrayBuffer(8));
    const { host, port } = server;
    const worker = new Worker(GO_BETWEEN, { eval: true, workerData: { host, port, replies } });
    const [goBetween] = (await once(worker, 'message')) as [number];
    const client = new Redis(goBetween, '127.0.0.1');
    await client.ping();
    const recruiter = new Recruiter('stalled', { load: false, idle: false });
    recruiter.useCoordinator(new RedisCoordinator(client));
    recruiter.install({ recruited: () => ({ done: 1, more: false }) }, 'leased', {
      rate: 0.001,
      lease: { ttl: 60_000 },
    });
    recruiter.open();
    // Until Redis knows the scripts. Its first replies may be late.
    while ((await recruiter.recruit('leased')).outcome !== 'partial') await sleep(100);
    for (let time = 0; time < 5; time++) {
      // All earlier replies are counted.
      await client.ping();
      while (Atomics.load(replies, 0) < Atomics.load(replies, 1)) await sleep(1);
      const before = Atomics.load(replies, 0);
      const report = recruiter.recruit('leased');
      // Three budgets, in which the reply arrives: that is known, not hoped.
      setImmediate(() => {
        spin(150);
        Atomics.wait(replies, 0, before, 20_000);
      });
      expect(await report).toMatchObject({ outcome: 'partial' });
    }
    await recruiter.close();
    await client.quit();
    await worker.terminate();
  }, 30_000);

  it('is shared by two processes, which keep to the pace and never overlap', async () => {
    const client = new Redis(server.url);
    const slices = async () => {
      const { overlaps, ...counts } = await client.hgetall('slices');
      return { overlaps, counts: Object.values(counts).map(Number) };
    };
    const from = performance.now();
    const fleet = await Fleet.suffer({
      worker: 'recruiting.mjs',
      args: [server.url],
      size: 2,
      kills: 0,
      seed: 1,
    });
    let seen = await slices();
    while (seen.counts.length < 2 || sum(seen.counts) < 30) {
      await sleep(100);
      seen = await slices();
    }
    await fleet.stop();
    const { overlaps, counts } = await slices();
    expect(overlaps).toBeUndefined();
    expect(counts).toHaveLength(2);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    // The first slice is admitted at once.
    expect(sum(counts)).toBeLessThanOrEqual(((performance.now() - from) / 1000) * 10 + 1);
    await client.quit();
  }, 60_000);
});

/** The probe as a module that a thread can import: threads that Jest did not start know no TypeScript. */
function probeModule(): string {
  const source = readFileSync(new URL('../../lib/recruiter/gates/utilization.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Keeps its thread busy in every turn of the loop, and says what the probe has read after some of its samples. */
const BUSY_AND_PROBED = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData).then(({ EventLoopProbe }) => {
    const probe = new EventLoopProbe({ now: () => performance.now() });
    let turns = 0;
    setTimeout(function turn() {
      for (const end = performance.now() + 50; performance.now() < end;);
      const { utilization } = probe;
      // Without a pause: the machine may stall in it, which would count as idle.
      if (++turns < 60) setImmediate(turn);
      else parentPort.postMessage(utilization);
    }, 1);
  });
`;

describe('EventLoopProbe in a worker thread', () => {
  it('reads the loop of its own thread: a busy worker does not show in the main thread', async () => {
    const worker = new Worker('for (;;);', { eval: true });
    await once(worker, 'online');
    const probe = new EventLoopProbe({ now: () => performance.now() });
    await sleep(1200);
    expect(probe.utilization).toBeLessThan(0.6);
    expect(worker.performance.eventLoopUtilization().utilization).toBeGreaterThan(0.8);
    await worker.terminate();
  }, 30_000);

  it('shows a busy loop to a probe that runs in that thread, while the main thread is idle', async () => {
    const worker = new Worker(BUSY_AND_PROBED, { workerData: probeModule(), eval: true });
    const [utilization] = (await once(worker, 'message')) as [number];
    expect(utilization).toBeGreaterThan(0.7);
    await worker.terminate();
  }, 30_000);
});
