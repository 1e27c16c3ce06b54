import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import type { Slice } from 'nestjs-work-stealing';
import {
  StreamReaper,
  type RedisClient,
  type StreamEntry,
  type StreamReaperOptions,
} from 'nestjs-work-stealing/redis';
import { Fleet } from '../support/fleet.js';
import { recruiterOf } from '../support/real-slices.js';
import { describeOnRelease, patient, STEADY, useRedis, useRedisCluster } from '../support/redis.js';

const HOUR = 3_600_000;
const slice = { jobId: 'reap', signal: new AbortController().signal, timeRemaining: () => 50 };

interface Pending {
  readonly id: string;
  readonly consumer: string;
  readonly deliveries: number;
}

async function pendingOf(client: RedisClient, stream: string, group = 'g'): Promise<Pending[]> {
  const rows = (await client.xpending(stream, group, '-', '+', 1000)) as [string, string, number, number][];
  return rows.map(([id, consumer, , deliveries]) => ({ id, consumer, deliveries: Number(deliveries) }));
}

/** What is pending has been for an hour: idle times, not the clock, are moved. */
async function letPass(client: RedisClient, stream: string): Promise<void> {
  for (const { id, consumer, deliveries } of await pendingOf(client, stream)) {
    await client.call(
      'XCLAIM',
      stream,
      'g',
      consumer,
      0,
      id,
      'IDLE',
      HOUR,
      'RETRYCOUNT',
      deliveries,
      'JUSTID',
    );
  }
}

/** Delivers up to `count` entries to a consumer. */
async function deliver(client: RedisClient, stream: string, consumer: string, count: number): Promise<void> {
  await client.xreadgroup('GROUP', 'g', consumer, 'COUNT', count, 'STREAMS', stream, '>');
}

async function add(client: RedisClient, stream: string, fields: Record<string, string>): Promise<string> {
  return (await client.xadd(stream, '*', ...Object.entries(fields).flat()))!;
}

/** How often the servers were asked for consumers. */
async function looksOf(client: RedisClient): Promise<number> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  const infos = await Promise.all(nodes.map((node) => node.info('commandstats')));
  const counts = infos.map((info) => Number(/cmdstat_xinfo\|consumers:calls=(\d+)/.exec(info)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

type Letter = Record<string, string>;

async function lettersOf(client: RedisClient, key: string): Promise<Letter[]> {
  const entries = await client.xrange(key, '-', '+');
  return entries.map(([, pairs]) => {
    const letter: Letter = {};
    for (let index = 0; index < pairs.length; index += 2) letter[pairs[index]!] = pairs[index + 1]!;
    return letter;
  });
}

function looksAfterAStream(connect: () => RedisClient, streamOf: (turn: number) => string, numRuns: number) {
  let client: RedisClient;
  let stream = '';
  let turn = 0;
  let handled: StreamEntry[] = [];
  beforeAll(() => {
    client = connect();
  });
  beforeEach(async () => {
    handled = [];
    stream = streamOf(turn++);
    await client.xgroup('CREATE', stream, 'g', '$', 'MKSTREAM');
  });
  afterAll(() => client.quit());

  function reaperOf(options: Partial<StreamReaperOptions> = {}): StreamReaper {
    return new StreamReaper(client, stream, {
      group: 'g',
      handler: (entry) => {
        handled.push(entry);
        if (entry.fields['kind'] === 'poison') throw new Error('no cure');
      },
      ...options,
    });
  }

  it('hands out what has been pending too long, and nothing else', async () => {
    const old = await add(client, stream, { order: '1' });
    await deliver(client, stream, 'dead', 10);
    await letPass(client, stream);
    const fresh = await add(client, stream, { order: '2' });
    await deliver(client, stream, 'alive', 10);
    await add(client, stream, { order: '3' });
    const reaper = reaperOf();
    expect(await reaper.recruited(slice)).toEqual({ done: 1, more: false });
    expect(handled).toEqual([{ id: old, fields: { order: '1' }, deliveries: 2 }]);
    expect(await pendingOf(client, stream)).toEqual([{ id: fresh, consumer: 'alive', deliveries: 1 }]);
    expect(await reaper.recruited(slice)).toEqual({ done: 0, more: false });
  });

  it('says that more is waiting when a slice is full', async () => {
    for (let order = 0; order < 8; order++) await add(client, stream, { order: String(order) });
    await deliver(client, stream, 'dead', 10);
    await letPass(client, stream);
    const reaper = reaperOf({ limit: 5 });
    expect(await reaper.recruited(slice)).toEqual({ done: 5, more: true });
    expect(await reaper.recruited(slice)).toEqual({ done: 3, more: false });
    expect(await pendingOf(client, stream)).toEqual([]);
  });

  it('gives an entry that fails all its deliveries, then moves it with the reason', async () => {
    const id = await add(client, stream, { kind: 'poison', text: 'ü😀' });
    await add(client, stream, { kind: 'good' });
    await deliver(client, stream, 'dead', 10);
    const reaper = reaperOf({ maxDeliveries: 3 });
    await letPass(client, stream);
    await expect(reaper.recruited(slice)).rejects.toThrow(
      `StreamReaper "${stream}": 1 of 2 entries failed, the first with Error: no cure`,
    );
    expect(await pendingOf(client, stream)).toEqual([{ id, consumer: 'work-stealing', deliveries: 2 }]);
    expect(await reaper.recruited(slice)).toMatchObject({ done: 0 });
    await letPass(client, stream);
    await expect(reaper.recruited(slice)).rejects.toBeInstanceOf(AggregateError);
    expect(await pendingOf(client, stream)).toEqual([]);
    expect(await lettersOf(client, reaper.deadLetter)).toEqual([
      {
        kind: 'poison',
        text: 'ü😀',
        'dead-letter.id': id,
        'dead-letter.group': 'g',
        'dead-letter.deliveries': '3',
        'dead-letter.reason': 'Error: no cure',
      },
    ]);
    expect(handled.filter((entry) => entry.id === id).map(({ deliveries }) => deliveries)).toEqual([2, 3]);
  });

  it('moves an entry whose last delivery nobody has reported on, without handing it out', async () => {
    const id = await add(client, stream, { kind: 'deadly' });
    await deliver(client, stream, 'dead', 1);
    await letPass(client, stream);
    const reaper = reaperOf({ maxDeliveries: 1 });
    expect(await reaper.recruited(slice)).toEqual({ done: 1, more: false });
    expect(handled).toEqual([]);
    expect(await lettersOf(client, reaper.deadLetter)).toEqual([
      expect.objectContaining({
        kind: 'deadly',
        'dead-letter.id': id,
        'dead-letter.reason': expect.stringMatching(/^nobody has reported/),
      }),
    ]);
  });

  it('gives an entry its last delivery alone, so that the crash of another cannot bury it', async () => {
    for (let order = 0; order < 4; order++) await add(client, stream, { order: String(order) });
    await deliver(client, stream, 'dead', 10);
    await letPass(client, stream);
    const reaper = reaperOf({ maxDeliveries: 2 });
    for (let turn = 1; turn <= 4; turn++) {
      expect(await reaper.recruited(slice)).toEqual({ done: 1, more: turn < 4 });
      expect(handled).toHaveLength(turn);
    }
    expect(handled.map(({ fields }) => fields['order'])).toEqual(['0', '1', '2', '3']);
    expect(await pendingOf(client, stream)).toEqual([]);
  });

  it('lets go of an entry that somebody has deleted', async () => {
    const id = await add(client, stream, { order: '1' });
    await deliver(client, stream, 'dead', 1);
    await letPass(client, stream);
    await client.xdel(stream, id);
    expect(await reaperOf().recruited(slice)).toMatchObject({ done: 1 });
    expect(handled).toEqual([]);
    expect(await pendingOf(client, stream)).toEqual([]);
  });

  it('buries no entry while a Redis that its handler needs is full, however often', async () => {
    await add(client, stream, { order: '1' });
    await deliver(client, stream, 'dead', 10);
    await sleep(20);
    const full = `return redis.error_reply("OOM command not allowed when used memory > 'maxmemory'.")`;
    const reaper = reaperOf({ idle: 5, maxDeliveries: 2, handler: () => client.eval(full, 0) });
    for (let turn = 0; turn < 5; turn++) {
      await expect(reaper.recruited(slice)).rejects.toThrow(/OOM/);
      await sleep(10);
    }
    const deliveries: number[] = [];
    const next = reaperOf({
      idle: 5,
      maxDeliveries: 2,
      handler: (entry) => deliveries.push(entry.deliveries),
    });
    await next.recruited(slice);
    expect(deliveries).toEqual([2]);
  });

  it('does not bury an entry that another recruit has claimed meanwhile', async () => {
    await add(client, stream, { kind: 'slow' });
    await deliver(client, stream, 'dead', 1);
    await letPass(client, stream);
    const second = reaperOf({
      handler: (entry) => {
        handled.push(entry);
        throw new Error('not yet');
      },
    });
    const first = reaperOf({
      maxDeliveries: 2,
      // Slower than `idle`: the other one takes it over, and gets on with it.
      handler: async () => {
        await letPass(client, stream);
        await second.recruited(slice).catch(() => undefined);
        throw new Error('too late');
      },
    });
    await expect(first.recruited(slice)).rejects.toThrow('too late');
    expect(handled.map(({ deliveries }) => deliveries)).toEqual([3]);
    expect(await lettersOf(client, first.deadLetter)).toEqual([]);
    expect(await pendingOf(client, stream)).toMatchObject([{ deliveries: 3 }]);
  });

  it('deletes consumers that are idle and own nothing', async () => {
    await add(client, stream, { order: '1' });
    await deliver(client, stream, 'owner', 1);
    await client.xgroup('CREATECONSUMER', stream, 'g', 'gone');
    const consumers = async () => {
      const rows = (await client.xinfo('CONSUMERS', stream, 'g')) as unknown[];
      return JSON.stringify(rows);
    };
    await reaperOf({ consumerIdle: false }).recruited(slice);
    await reaperOf({ consumerIdle: HOUR }).recruited(slice);
    expect(await consumers()).toContain('gone');
    const brisk = reaperOf({ consumerIdle: 1 });
    while ((await consumers()).includes('gone')) await brisk.recruited(slice);
    expect(await consumers()).toContain('owner');
    expect(await pendingOf(client, stream)).toHaveLength(1);
  });

  it('deletes a hundred consumers a slice, says that more are waiting, and then does not look for a while', async () => {
    for (let index = 0; index < 120; index++)
      await client.xgroup('CREATECONSUMER', stream, 'g', `consumer${index}`);
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    await client.xgroup('CREATECONSUMER', stream, 'g', bytes);
    const count = async () => ((await client.xinfo('CONSUMERS', stream, 'g')) as unknown[]).length;
    const idle = 300;
    await new Promise((resolve) => setTimeout(resolve, idle + 50));
    const reaper = reaperOf({ consumerIdle: idle });
    expect(await reaper.recruited(slice)).toEqual({ done: 100, more: true });
    expect(await reaper.recruited(slice)).toMatchObject({ done: 21, more: false });
    // None is left but the reaper's own, which has just asked.
    expect(await count()).toBeLessThanOrEqual(1);
    const patient = reaperOf({ consumerIdle: HOUR });
    await patient.recruited(slice);
    await client.xgroup('CREATECONSUMER', stream, 'g', 'late');
    const another = reaperOf({ consumerIdle: HOUR });
    // The check of what the user may run tries the command as well.
    await another.onModuleInit();
    const looks = await looksOf(client);
    await patient.recruited(slice);
    expect(await looksOf(client)).toBe(looks);
    await another.recruited(slice);
    expect(await looksOf(client)).toBe(looks + 1);
  });

  it('trims what is old, but nothing that any group has still to get or to acknowledge', async () => {
    await client.xgroup('CREATE', stream, 'slow', '$');
    for (let order = 1; order <= 3000; order++)
      await client.xadd(stream, `${order}-0`, 'order', String(order));
    const read = (group: string, count: number) =>
      client.xreadgroup('GROUP', group, 'reader', 'COUNT', count, 'STREAMS', stream, '>');
    const reaper = reaperOf({ maxAge: HOUR });
    expect(await reaper.recruited(slice)).toEqual({ done: 0, more: false });
    await read('g', 3000);
    await client.xack(stream, 'g', ...Array.from({ length: 3000 }, (_, index) => `${index + 1}-0`));
    await read('slow', 2500);
    // The oldest that it has not acknowledged is 2,101.
    await client.xack(stream, 'slow', ...Array.from({ length: 2100 }, (_, index) => `${index + 1}-0`));
    let trimmed = 0;
    for (let isMore = true; isMore;) {
      const { done, more } = await reaper.recruited(slice);
      expect(done).toBeLessThanOrEqual(1000);
      trimmed += done;
      isMore = more === true;
    }
    expect(trimmed).toBeGreaterThan(1900);
    expect(trimmed).toBeLessThanOrEqual(2100);
    const [first] = await client.xrange(stream, '-', '+', 'COUNT', 1);
    expect(Number.parseInt(first![0], 10)).toBeLessThanOrEqual(2101);
    expect(await pendingOf(client, stream, 'slow')).toHaveLength(400);
  });

  it('compares ids as the 64-bit numbers that they are', async () => {
    const ids = ['9007199254740992-18446744073709551614', '9007199254740993-9007199254740993'];
    for (const id of ids) await client.xadd(stream, id, 'a', '1');
    await deliver(client, stream, 'c', 2);
    expect(await reaperOf({ maxAge: 0 }).recruited(slice)).toMatchObject({ done: 0 });
    expect(await client.xlen(stream)).toBe(2);
  });

  it('loses, doubles and forgets nothing in any interleaving of consumers, crashes and slices of two recruits', async () => {
    const action = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('add' as const), kind: fc.constantFrom('good', 'poison') }),
      },
      fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ do: fc.constant('acknowledge' as const) }),
      fc.record({ do: fc.constant('delete' as const) }),
      fc.record({ do: fc.constant('pass' as const) }),
      { weight: 2, arbitrary: fc.record({ do: fc.constant('slices' as const) }) },
    );
    const property = fc.asyncProperty(fc.array(action, { minLength: 15, maxLength: 40 }), async (actions) => {
      stream = streamOf(turn++);
      await client.xgroup('CREATE', stream, 'g', '$', 'MKSTREAM');
      handled = [];
      const recruits = [2, 3].map((limit) => reaperOf({ maxDeliveries: 3, limit }));
      const kinds = new Map<string, string>();
      const done = new Set<string>();
      const deleted = new Set<string>();
      const errors: unknown[] = [];
      const slices = () =>
        Promise.all(
          recruits.map((reaper) => reaper.recruited(slice).catch((error: unknown) => errors.push(error))),
        );
      for (const step of actions) {
        if (step.do === 'add') kinds.set(await add(client, stream, { kind: step.kind }), step.kind);
        else if (step.do === 'deliver') await deliver(client, stream, 'c', step.count);
        else if (step.do === 'pass') await letPass(client, stream);
        else if (step.do === 'slices') await slices();
        else {
          const first = (await pendingOf(client, stream))[0]?.id;
          if (first === undefined) continue;
          if (step.do === 'delete') {
            await client.xdel(stream, first);
            deleted.add(first);
          } else {
            await client.xack(stream, 'g', first);
            done.add(first);
          }
        }
      }
      await deliver(client, stream, 'c', 1000);
      while ((await pendingOf(client, stream)).length > 0) {
        await letPass(client, stream);
        await slices();
      }
      const letters = (await lettersOf(client, recruits[0]!.deadLetter)).map(
        (letter) => letter['dead-letter.id']!,
      );
      expect(errors.filter((error) => !(error instanceof AggregateError))).toEqual([]);
      expect(new Set(letters).size).toBe(letters.length);
      for (const { id, deliveries } of handled) {
        expect(deliveries).toBeLessThanOrEqual(3);
        if (kinds.get(id) === 'good') done.add(id);
      }
      for (const [id, kind] of kinds) {
        const times = handled.filter((entry) => entry.id === id).length;
        // Nobody dies here, so what is good is handled once by us, or not at all if its consumer was in time.
        if (kind === 'good') expect([id, times]).toEqual([id, times === 0 ? 0 : 1]);
        expect([id, done.has(id) || letters.includes(id) || deleted.has(id)]).toEqual([id, true]);
        if (letters.includes(id)) expect([kind, times, done.has(id)]).toEqual(['poison', 2, false]);
      }
    });
    await fc.assert(property, { seed: 20261128, numRuns });
  }, 60_000);
}

describe('StreamReaper on one server', () => {
  const server = useRedis();
  const connect = () => patient(new Redis(server.url));
  describe('with several recruits', () => looksAfterAStream(connect, (turn) => `orders${turn}`, 30));

  describe('when things go wrong', () => {
    let client: Redis;
    const handler = () => undefined;
    beforeAll(() => {
      client = connect();
    });
    afterAll(() => client.quit());

    it('handles or buries everything while eight processes reap, killed at any moment', async () => {
      await client.xgroup('CREATE', 'fleet', 'g', '$', 'MKSTREAM');
      const kinds = new Map<string, string>();
      for (let entry = 0; entry < 200; entry++) {
        const kind = entry === 50 ? 'deadly' : entry % 40 === 10 ? 'poison' : 'good';
        kinds.set(await add(client, 'fleet', { kind }), kind);
      }
      // A consumer that takes everything and dies.
      await deliver(client, 'fleet', 'dead', 1000);
      const fleet = await Fleet.suffer({
        worker: 'stream-reaper.mjs',
        args: [server.url, 'fleet'],
        seed: 29,
      });
      try {
        await fleet.until(async () => (await pendingOf(client, 'fleet')).length === 0, 60_000);
        const letters = (await lettersOf(client, '{fleet}:dead')).map((letter) => letter['dead-letter.id']!);
        const handled = await client.hkeys('fleet:handled');
        for (const [id, kind] of kinds) {
          const buried = letters.filter((letter) => letter === id).length;
          expect([kind, buried]).toEqual([kind, kind === 'good' ? 0 : 1]);
          expect([kind, handled.includes(id)]).toEqual([kind, kind === 'good']);
        }
      } finally {
        await fleet.stop();
      }
    }, 90_000);

    /** A budget that is not over before the application closes, though the machine is busy: ms. */
    const LONG = 60_000;

    /** Waits until the slice is cut off, and heeds it. */
    const untilAborted = (_entry: StreamEntry, { signal }: Slice) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });

    /** A stream with an entry that is on its last delivery but one. */
    async function withPending(stream: string, deliveries: number): Promise<void> {
      await client.xgroup('CREATE', stream, 'g', '$', 'MKSTREAM');
      await add(client, stream, { order: '1' });
      await deliver(client, stream, 'dead', 1);
      await letPass(client, stream);
      const [pending] = await pendingOf(client, stream);
      const args = [stream, 'g', 'dead', 0, pending!.id, 'IDLE', HOUR, 'RETRYCOUNT', deliveries, 'JUSTID'];
      await client.call('XCLAIM', ...args);
    }

    it('blames no entry when the application closes, deploy after deploy, and the next one has it at once', async () => {
      await withPending('closing', 2);
      for (let deploy = 0; deploy < 5; deploy++) {
        let begun = 0;
        const reaper = new StreamReaper(client, 'closing', {
          group: 'g',
          maxDeliveries: 3,
          handler: (entry, of) => {
            begun++;
            return untilAborted(entry, of);
          },
        });
        const recruiter = recruiterOf(reaper, LONG);
        const report = recruiter.recruit('job');
        while (begun === 0) await sleep(1);
        await recruiter.close();
        expect(await report).toMatchObject({ outcome: 'aborted', reason: 'closing' });
        await sleep(5);
        expect(await pendingOf(client, 'closing')).toMatchObject([{ deliveries: 2 }]);
      }
      expect(await lettersOf(client, '{closing}:dead')).toEqual([]);
      const handled: number[] = [];
      const next = new StreamReaper(client, 'closing', {
        group: 'g',
        maxDeliveries: 3,
        handler: ({ deliveries }) => handled.push(deliveries),
      });
      expect(await next.recruited(slice)).toMatchObject({ done: 1 });
      expect(handled).toEqual([3]);
    });

    it('counts no delivery whose closing application never sees the end of its handler', async () => {
      await withPending('hanging', 2);
      let begun = 0;
      const handlerThatHangs = () => {
        begun++;
        return new Promise(() => {});
      };
      const reaper = new StreamReaper(client, 'hanging', {
        group: 'g',
        maxDeliveries: 3,
        handler: handlerThatHangs,
      });
      const recruiter = recruiterOf(reaper, LONG);
      void recruiter.recruit('job');
      while (begun === 0) await sleep(1);
      await recruiter.close();
      await sleep(5);
      expect(await pendingOf(client, 'hanging')).toMatchObject([{ deliveries: 2 }]);
      // It is as long with its consumer as if its worker had died.
      expect(
        await new StreamReaper(client, 'hanging', { group: 'g', handler }).recruited(slice),
      ).toMatchObject({
        done: 0,
      });
    });

    it('buries an entry that uses up the budget, and none that had the smaller part of it', async () => {
      await withPending('budget', 2);
      const options = { group: 'g', maxDeliveries: 3, handler: untilAborted };
      const hungry = new StreamReaper(client, 'budget', options);
      await hungry.onModuleInit();
      const recruiter = recruiterOf(hungry, 100);
      // A slice whose claim took half of it, on a busy machine, blames nobody: the entry is in the next one.
      do await recruiter.recruit('job');
      while ((await lettersOf(client, '{budget}:dead')).length === 0);
      expect(await lettersOf(client, '{budget}:dead')).toMatchObject([
        { 'dead-letter.reason': expect.stringContaining('budget') },
      ]);
      await recruiter.close();
    });

    /** One slice whose claim takes so many ms of 1000; returns whether its entry had the smaller part of it. */
    async function slowSlice(stream: string, pause: number): Promise<boolean> {
      await withPending(stream, 2);
      let [sliceBegun, begun, ended] = [0, Infinity, Infinity];
      const reaper = new StreamReaper(client, stream, {
        group: 'g',
        maxDeliveries: 3,
        handler: (entry, of) => {
          begun = performance.now();
          return untilAborted(entry, of).finally(() => (ended = performance.now()));
        },
      });
      await reaper.onModuleInit();
      const job = {
        recruited: (of: Slice) => {
          sliceBegun = performance.now();
          setTimeout(() => server.kill('SIGCONT'), pause);
          return reaper.recruited(of);
        },
      };
      const recruiter = recruiterOf(job, 1000);
      server.kill('SIGSTOP');
      expect(await recruiter.recruit('job')).toMatchObject({ outcome: 'aborted', reason: 'budget' });
      await recruiter.close();
      return begun === Infinity || ended - begun < (begun - sliceBegun) * 0.9;
    }

    it.each([600, 2000])(
      'buries no entry where the server is slow: its claim takes %i of 1,000 ms',
      async (pause) => {
        let stream = `slow${pause}`;
        // Where the machine stalls while the handler waits, the entry had the larger part, and is buried by right.
        for (let turn = 1; !(await slowSlice(stream, pause)) && turn < 5; turn++)
          stream = `slow${pause}-${turn}`;
        // The claim, and what gives it back, may come long after the slice.
        let pending = await pendingOf(client, stream);
        const isBack = ([one]: Pending[]) => one?.consumer === 'work-stealing' && one.deliveries === 2;
        for (let turn = 0; !isBack(pending) && turn < 1000; turn++) {
          await sleep(10);
          pending = await pendingOf(client, stream);
        }
        expect(pending).toMatchObject([{ consumer: 'work-stealing', deliveries: 2 }]);
        expect(await lettersOf(client, `{${stream}}:dead`)).toEqual([]);
      },
    );

    it('names the group and the stream that do not exist', async () => {
      const reaper = new StreamReaper(client, 'nowhere', { group: 'nobody', handler });
      await expect(reaper.recruited(slice)).rejects.toThrow(/NOGROUP.*nowhere.*nobody/);
    });

    it('claims nothing while the dead-letter stream is none', async () => {
      await client.xgroup('CREATE', 'blocked', 'g', '$', 'MKSTREAM');
      await add(client, 'blocked', { order: '1' });
      await deliver(client, 'blocked', 'dead', 1);
      await letPass(client, 'blocked');
      await client.set('{blocked}:dead', 'text');
      const reaper = new StreamReaper(client, 'blocked', { group: 'g', handler });
      await expect(reaper.recruited(slice)).rejects.toThrow('WRONGTYPE');
      expect(await pendingOf(client, 'blocked')).toMatchObject([{ consumer: 'dead', deliveries: 1 }]);
      await client.del('{blocked}:dead');
      expect(await reaper.recruited(slice)).toMatchObject({ done: 1 });
    });

    it('buries an entry that is too large to be copied by its id', async () => {
      await client.xgroup('CREATE', 'wide', 'g', '$', 'MKSTREAM');
      const id = await client.xadd('wide', '*', ...Array.from({ length: 8000 }, (_, index) => `${index}`));
      await deliver(client, 'wide', 'dead', 1);
      await letPass(client, 'wide');
      await new StreamReaper(client, 'wide', { group: 'g', handler, maxDeliveries: 1 }).recruited(slice);
      const [letter] = await lettersOf(client, '{wide}:dead');
      expect(letter).toMatchObject({ 'dead-letter.id': id });
      expect(Object.keys(letter!)).toHaveLength(4);
    });

    it('moves bytes as they are', async () => {
      const bytes = Buffer.from([0, 255, 128, 10, 13, 200]);
      await client.xgroup('CREATE', 'binary', 'g', '$', 'MKSTREAM');
      await client.xadd('binary', '*', 'bytes', bytes);
      await deliver(client, 'binary', 'dead', 1);
      await letPass(client, 'binary');
      await new StreamReaper(client, 'binary', { group: 'g', handler, maxDeliveries: 1 }).recruited(slice);
      const [entry] = (await client.callBuffer('XRANGE', '{binary}:dead', '-', '+')) as [[Buffer, Buffer[]]];
      expect(entry[1][1]).toEqual(bytes);
    });

    it('acknowledges what went well though another handler never returns', async () => {
      await client.xgroup('CREATE', 'stuck', 'g', '$', 'MKSTREAM');
      const stuck = await add(client, 'stuck', { kind: 'stuck' });
      await add(client, 'stuck', { kind: 'good' });
      await deliver(client, 'stuck', 'dead', 2);
      await letPass(client, 'stuck');
      let release = () => {};
      const reaper = new StreamReaper(client, 'stuck', {
        group: 'g',
        handler: ({ fields }) =>
          fields['kind'] === 'stuck' ? new Promise<void>((resolve) => (release = resolve)) : undefined,
      });
      const running = reaper.recruited(slice);
      while ((await pendingOf(client, 'stuck')).length > 1);
      expect(await pendingOf(client, 'stuck')).toMatchObject([{ id: stuck }]);
      release();
      await running;
    });

    it.each<[unknown, unknown, RegExp]>([
      ['', { group: 'g', handler }, /stream is ''/],
      ['a', undefined, /options are undefined; expected an object with group and handler/],
      ['a', { handler }, /group is undefined; expected a string/],
      ['a', { group: 'g' }, /handler is undefined; expected a function/],
      ['a', { group: 'g', handler, idle: 0 }, /idle is 0/],
      ['a', { group: 'g', handler, maxDeliveries: 0 }, /maxDeliveries is 0/],
      ['a', { group: 'g', handler, limit: 51 }, /limit is 51; expected a whole number from 1 to 50/],
      ['a', { group: 'g', handler, consumer: '' }, /consumer is ''/],
      ['a', { group: 'g', handler, consumerIdle: true }, /consumerIdle is true/],
      ['a', { group: 'g', handler, maxAge: -1 }, /maxAge is -1/],
      ['a', { group: 'g', handler, deadLetter: 'a' }, /deadLetter is 'a', the stream itself/],
      ['a', { group: 'g', handler, deadLetter: 7 }, /deadLetter is 7/],
    ])('refuses the stream %p with %p', (stream, options, message) => {
      expect(() => new StreamReaper(client, stream as string, options as StreamReaperOptions)).toThrow(
        message,
      );
    });
  });
});

describe('StreamReaper whose client maps replies', () => {
  const server = useRedis();

  it.each([{ protocol: 2 }, { protocol: 3, replyMapping: 'legacy' }, { protocol: 3, replyMapping: 'resp3' }])(
    'deletes consumers that are gone with %j',
    async (options) => {
      const client = patient(new Redis(server.url, options as object));
      await client.flushall();
      await client.xgroup('CREATE', 'mapped', 'g', '$', 'MKSTREAM');
      await client.xgroup('CREATECONSUMER', 'mapped', 'g', 'gone');
      const reaper = new StreamReaper(client, 'mapped', {
        group: 'g',
        handler: () => undefined,
        consumerIdle: 1,
      });
      const names = async () => JSON.stringify(await client.call('XINFO', 'CONSUMERS', 'mapped', 'g'));
      expect(await names()).toContain('gone');
      for (let turns = 0; turns < 1000 && (await names()).includes('gone'); turns++)
        await reaper.recruited(slice);
      expect(await names()).not.toContain('gone');
      await client.quit();
    },
  );
});

await describeOnRelease('valkey-9', 'StreamReaper on Valkey 9', (server) => {
  const connect = () => patient(new Redis(server.url));
  describe('with several recruits', () => looksAfterAStream(connect, (turn) => `orders${turn}`, 5));
});

describe('StreamReaper on a Redis Cluster', () => {
  const cluster = useRedisCluster(STEADY);
  const connect = () => patient(new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port }))));
  describe('with several recruits', () =>
    looksAfterAStream(connect, (turn) => (turn % 2 === 0 ? `orders${turn}` : `shop:{orders${turn}}:log`), 6));

  it('refuses a dead-letter stream in another slot', async () => {
    const client = connect();
    const make = (stream: string, deadLetter?: string) => {
      const options = {
        group: 'g',
        handler: () => undefined,
        ...(deadLetter === undefined ? {} : { deadLetter }),
      };
      return new StreamReaper(client, stream, options).deadLetter;
    };
    expect(make('orders')).toBe('{orders}:dead');
    expect(make('{shop}:orders')).toBe('{shop}:orders:dead');
    expect(make('{shop}:orders', '{shop}:letters')).toBe('{shop}:letters');
    expect(() => make('orders', 'letters')).toThrow(
      /deadLetter is 'letters'; in a Cluster it has to be in the slot/,
    );
    expect(() => make('a}b')).toThrow(/give both the same hash tag, such as {orders} and {orders}:dead/);
    await client.quit();
  });
});
