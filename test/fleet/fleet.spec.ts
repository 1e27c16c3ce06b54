import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { FleetKeys } from '../../lib/redis/fleet/fleet-keys.js';
import { runScript } from '../../lib/redis/lua/script.js';
import { compileLib, type CompiledLib } from '../support/compile-lib.js';
import { FleetProcess, until, type FleetAppOptions } from '../support/fleet-process.js';
import { useRedis, useRedisCluster } from '../support/redis.js';

const LONG = '"<img src=x onerror=alert(1)>\n{}:%'.padEnd(512, 'é');
const JOBS = [
  ['fold', 0.2],
  ['__proto__', 0.3],
  [LONG, 0.1],
] as const;
const fold = { id: 'fold' };

let lib: CompiledLib;
const running: FleetProcess[] = [];
const idle: FleetProcess[] = [];
let fleets = 0;
let prefix = '';

// A fleet is some processes that have to start, and one that is gone is missed only after a while.
// The machine may stall any of them for seconds.
jest.setTimeout(240_000);
beforeAll(async () => {
  lib = await compileLib();
}, 120_000);
// Each test is a fleet of its own.
beforeEach(() => void (prefix = `fleet-${fleets++}`));
afterEach(async () => {
  const alive = running.splice(0).filter(({ isAlive }) => isAlive);
  await Promise.all(alive.map((process) => process.fleet.close()));
  for (const process of alive) process.output = '';
  idle.push(...alive);
});
afterAll(async () => {
  await Promise.all([...idle, ...running].map((process) => process.kill()));
  await lib?.remove();
});

type Where = Pick<FleetAppOptions, 'url' | 'nodes'>;

async function join(where: Where, options: Partial<FleetAppOptions> = {}): Promise<FleetProcess> {
  const process = idle.pop() ?? (await FleetProcess.start(lib.folder));
  running.push(process);
  await process.fleet.open({
    prefix,
    fleet: { interval: 250, version: '1.2.3' },
    jobs: JOBS,
    client: { commandTimeout: 1000 },
    ...where,
    ...options,
  });
  return process;
}

/** So often is measured what has to be done within some time: a process that was stalled takes longer, once. */
const MEASURED = 10;

/** The shortest time of several that something takes everywhere, as soon as one is short enough: ms. */
async function shortest(limit: number, measure: (turn: number) => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let turn = 0; turn < MEASURED && least >= limit; turn++) least = Math.min(least, await measure(turn));
  return least;
}

/**
 * What a process that starts knows before it recruits. It waits for Redis for a second: one that is stalled for longer
 * knows nothing, and another is started.
 */
async function joinKnowing(
  where: Where,
  wanted: readonly unknown[],
): Promise<[process: FleetProcess, known: readonly unknown[]]> {
  for (let turn = 0; ; turn++) {
    const process = await join(where);
    const known = (await process.fleet.atOpening()).slice(0, wanted.length);
    if (JSON.stringify(known) === JSON.stringify(wanted) || turn === 4) return [process, known];
    await process.fleet.close();
    idle.push(...running.splice(running.indexOf(process), 1));
  }
}

async function three(where: Where): Promise<[FleetProcess, FleetProcess, FleetProcess]> {
  const [a, b, c] = await Promise.all([join(where), join(where), join(where)]);
  await until(
    () => a.fleet.jobs(),
    (jobs) => jobs[0]?.processes === 3,
  );
  return [a, b, c];
}

const rateOf = async (process: FleetProcess, id: string) =>
  (await process.fleet.rates()).find(([found]) => found === id)?.[1];
const isPaused = async (process: FleetProcess, id: string) =>
  (await process.fleet.rates()).find(([found]) => found === id)?.[2];

/** Waits until all of them have it so. */
async function everywhere(
  processes: readonly FleetProcess[],
  isSo: (process: FleetProcess) => Promise<boolean>,
) {
  await Promise.all(
    processes.map((process) =>
      until(
        () => isSo(process),
        (so) => so,
      ),
    ),
  );
}

/** ms from when a rate is set until all of them have it. */
async function tookUp(
  processes: readonly FleetProcess[],
  id: string,
  rate: number,
  by = 'ann',
): Promise<number> {
  const begun = performance.now();
  await processes[0]!.fleet.setRate({ id }, rate, by);
  await everywhere(processes, async (process) => (await rateOf(process, id)) === rate);
  return performance.now() - begun;
}

describe.each<[string, () => () => Where]>([
  [
    'one server',
    () => {
      const server = useRedis();
      return () => ({ url: server.url });
    },
  ],
  [
    'a Cluster',
    () => {
      // A master that is stalled by the machine is not to be replaced meanwhile.
      const cluster = useRedisCluster({ nodeTimeout: 30_000 });
      return () => ({ nodes: cluster.nodes.map(({ host, port }) => ({ host, port })) });
    },
  ],
])('A fleet of three processes on %s', (_what, use) => {
  const where = use();

  it('sees all processes and what their jobs did, from each of them', async () => {
    const [a, b, c] = await three(where());
    expect(await a.fleet.scope()).toBe('fleet');
    for (const process of [a, b, b]) await process.fleet.recruit(LONG);
    await c.fleet.fail();
    await c.fleet.recruit('__proto__');
    await a.fleet.enlist(500);
    const jobs = await until(
      () => a.fleet.jobs(),
      (seen) =>
        seen[2]!.counts.partial >= 3 &&
        seen[1]?.lastError !== undefined &&
        seen.every((job) => job.processes === 3),
    );
    expect(jobs.map(({ id, processes, declaredRate }) => [id, processes, declaredRate])).toEqual(
      JOBS.map(([id, rate]) => [id, 3, rate]),
    );
    expect(jobs[2]).toMatchObject({ items: expect.any(Number), durations: { max: expect.any(Number) } });
    // One that is stalled for two seconds is gone, and comes back.
    const processes = await until(
      () => b.fleet.processes(),
      (seen) => seen.length === 3,
    );
    expect(new Set(processes.map(({ pid }) => pid))).toEqual(new Set([a.pid, b.pid, c.pid]));
    expect(processes[0]).toMatchObject({ pid: b.pid, isSelf: true, version: '1.2.3' });
    const failed = processes.find(({ pid }) => pid === c.pid);
    const told = await until(
      () => b.fleet.jobs(),
      (seen) => seen[1]?.lastError !== undefined,
    );
    expect(told[1]?.lastError).toMatchObject({
      message: '<script>alert(1)</script>',
      stack: expect.stringContaining('recruited'),
      process: failed?.id,
    });
  });

  it('takes up a rate within a second everywhere, keeps who set it, and goes back', async () => {
    const all = await three(where());
    const [a, b] = all;
    // Others first, so that what comes after is the same however often it was measured.
    expect(await shortest(1000, (turn) => tookUp(all, LONG, 0.3 - turn / 100))).toBeLessThan(1000);
    await tookUp(all, LONG, 0.4, '<b>ann</b>');
    const [, , job] = await b.fleet.jobs();
    expect(job).toMatchObject({ declaredRate: 0.1, rate: 0.4, override: { rate: 0.4, by: '<b>ann</b>' } });
    await expect(b.fleet.setRate({ id: '__proto__' }, 0.5, 'bob')).rejects.toThrow(
      /WorkStealingConfigError: The rates of recruiter "default" would add up to 1\.1/,
    );
    const goesBack = async () => {
      const begun = performance.now();
      await b.fleet.resetRate({ id: LONG }, 'bob');
      await everywhere(all, async (process) => (await rateOf(process, LONG)) === 0.1);
      return performance.now() - begun;
    };
    const took = await shortest(1000, async (turn) => {
      if (turn > 0) await tookUp(all, LONG, 0.4, '<b>ann</b>');
      return goesBack();
    });
    expect(took).toBeLessThan(1000);
    const latest = await a.fleet.audit(2);
    expect(latest.map(({ by, action, jobId, rate }) => [by, action, jobId, rate])).toEqual([
      ['bob', 'reset-rate', LONG, undefined],
      ['<b>ann</b>', 'set-rate', LONG, 0.4],
    ]);
  });

  it('shows when passes are due and how the last one went, also in a process without the job', async () => {
    const begun = performance.now();
    const jobs = [['purge', { every: 60_000 }]] as const;
    const [a, b] = await Promise.all([join(where(), { jobs }), join(where(), { jobs })]);
    const other = await join(where(), { jobs: [['other', 0.1]] });
    const periodIn = async ({ fleet }: FleetProcess) =>
      (await fleet.jobs()).find(({ id }) => id === 'purge')?.period;
    for (const process of [a, b, other]) {
      const period = await until(
        () => periodIn(process),
        (seen) => seen?.lastPass?.endedAt !== undefined && seen.dueAt !== undefined,
      );
      expect(period).toMatchObject({
        every: 60_000,
        scope: 'fleet',
        overdueBy: 0,
        lastPass: { slices: 1, done: 2, skipped: 0 },
      });
      // One period after the last one fell due; an answer that tells it may be as late as all of this has taken.
      const after = Number(period?.dueAt) - Number(period?.lastPass?.dueAt);
      expect(after).toBeGreaterThan(59_500);
      expect(after).toBeLessThan(60_500 + performance.now() - begun);
    }
    await expect(other.fleet.setRate({ id: 'purge' }, 0, 'ann')).rejects.toThrow(
      /WorkStealingConfigError: Job "purge" runs by `every`.*nothing was changed/,
    );
  });

  it('goes back to the default rate everywhere where an override ends', async () => {
    const jobs = [
      ['fold', 0.2],
      ['plain', {}],
    ] as const;
    const all = await Promise.all([join(where(), { jobs }), join(where(), { jobs })]);
    const [a, b] = all;
    await a.fleet.setRate({ id: 'plain' }, 0.5, 'ann');
    await everywhere(all, async (process) => (await rateOf(process, 'plain')) === 0.5);
    const [, shown] = await b.fleet.jobs();
    expect(shown).toMatchObject({ rate: 0.5, declaredRate: 0.01, isDefaultRate: true });
    await b.fleet.resetRate({ id: 'plain' }, 'ann');
    await everywhere(all, async (process) => (await rateOf(process, 'plain')) === 0.01);
    // The number would not fit now; the default rate does.
    await a.fleet.setRate(fold, 1, 'ann');
    await everywhere(all, async (process) => (await rateOf(process, 'plain')) === 0);
  });

  it('pauses and resumes one job or all of them, everywhere', async () => {
    const all = await three(where());
    await all[0].fleet.pause({ id: '__proto__' }, 'ann');
    await all[1].fleet.pause({}, 'ann');
    await everywhere(all, async (process) => (await isPaused(process, 'fold')) === true);
    await all[2].fleet.resume({}, 'ann');
    await everywhere(all, async (process) => (await isPaused(process, 'fold')) === false);
    expect(await isPaused(all[1], '__proto__')).toBe(true);
    expect((await all[1].fleet.jobs())[1]).toMatchObject({
      paused: true,
      pauses: { job: true, recruiter: false },
    });
    await all[2].fleet.resume({ id: '__proto__' }, 'ann');
    await everywhere(all, async (process) => (await isPaused(process, '__proto__')) === false);
  });

  it('runs a slice once, in exactly one process', async () => {
    const all = await three(where());
    for (let turn = 0; turn < 5; turn++) await all[turn % 3]!.fleet.runOnce(fold, 'ann');
    const total = async () => {
      const each = await Promise.all(all.map((process) => process.fleet.ran()));
      return each.reduce((sum, { fold: times = 0 }) => sum + times, 0);
    };
    await until(total, (sum) => sum >= 5);
    // A look later there is still none more.
    await all[0].fleet.setRate(fold, 0.1, 'ann');
    await everywhere(all, async (process) => (await rateOf(process, 'fold')) === 0.1);
    expect(await total()).toBe(5);
    expect((await all[0].fleet.audit()).filter(({ action }) => action === 'run-once')).toHaveLength(5);
  });

  it('forgets a process that was killed, and one that has closed', async () => {
    const [a, b, c] = await three(where());
    await c.fleet.close();
    expect((await a.fleet.processes()).map(({ pid }) => pid)).not.toContain(c.pid);
    await b.kill();
    await until(
      () => a.fleet.processes(),
      (processes) => processes.length === 1,
    );
    await until(
      () => a.fleet.jobs(),
      ([job]) => job?.processes === 1,
    );
  });

  it('keeps to the orders in a process that starts, before it recruits, and for a job that comes later', async () => {
    const [a] = await three(where());
    await a.fleet.setRate(fold, 0, 'ann');
    await a.fleet.pause({ id: '__proto__' }, 'ann');
    await a.fleet.setRate({ id: LONG }, 0.7, 'ann');
    const orders = [
      ['fold', 0, false],
      ['__proto__', 0.3, true],
      [LONG, 0.7, false],
    ];
    const [d, known] = await joinKnowing(where(), orders);
    expect(known).toEqual(orders);
    const e = await join(where(), { jobs: [['other', 0.05]] });
    await e.fleet.install('fold', 0.2);
    await everywhere([e], async (process) => (await rateOf(process, 'fold')) === 0);
    await e.fleet.resetRate(fold, 'ann').catch(() => undefined);
    await everywhere([e], async (process) => (await rateOf(process, 'fold')) === 0);
    await a.fleet.setRate({ id: LONG }, 0.1, 'ann');
    await a.fleet.resetRate(fold, 'ann');
    await everywhere([a, d, e], async (process) => (await rateOf(process, 'fold')) === 0.2);
  });

  it('makes all changes that two processes ask for at once, thirty each', async () => {
    const [a, b] = await three(where());
    const ask = ({ fleet }: FleetProcess, name: string) =>
      Array.from({ length: 30 }, (_, index) => fleet.setRate(fold, (index + 1) / 200, name));
    await Promise.all([...ask(a, 'ann'), ...ask(b, 'bob')]);
    const audit = await a.fleet.audit(500);
    expect(audit.filter(({ by }) => by === 'ann')).toHaveLength(30);
    expect(audit.filter(({ by }) => by === 'bob')).toHaveLength(30);
    const { rate } = audit[0]!;
    await until(
      () => b.fleet.jobs(),
      (jobs) => jobs[0]?.rate === rate,
    );
  });

  it('lets no two operators break the rule of sums together', async () => {
    const all = await three(where());
    const wishes = all.map((process, index) =>
      process.fleet.setRate({ id: JOBS[index]![0] }, 0.45, `operator ${index}`),
    );
    const answers = await Promise.allSettled(wishes);
    const granted = answers.map(({ status }) => status === 'fulfilled');
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(String(answer.reason)).toMatch(/would add up to/);
    }
    expect(granted).toContain(true);
    expect(granted).toContain(false);
    const want = JOBS.map(([id, rate], index) => [id, granted[index] ? 0.45 : rate]);
    await everywhere(all, async (process) => {
      const rates = (await process.fleet.rates()).map(([id, rate]) => [id, rate]);
      expect(rates.reduce((sum, [, rate]) => sum + Number(rate), 0)).toBeLessThan(1.0001);
      return JSON.stringify(rates) === JSON.stringify(want);
    });
  });
});

describe('A fleet whose Redis fails', () => {
  const server = useRedis();
  const where = () => ({ url: server.url });
  const admin = async (act: (client: Redis) => Promise<unknown>) => {
    const client = new Redis(server.url);
    await act(client);
    await client.quit();
  };

  it('takes orders up at its next look when nothing is heard on the channel', async () => {
    const all = await three(where());
    await admin(async (client) => {
      await client.call('ACL', 'SETUSER', 'default', 'resetchannels');
      await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    });
    const times: number[] = [];
    // It looks every 0.8 s; a busy machine takes its time.
    await shortest(5000, async (turn) => {
      times.push(await tookUp(all, 'fold', 0.15 + turn / 100));
      return times.at(-1)!;
    });
    await admin((client) => client.call('ACL', 'SETUSER', 'default', 'allchannels'));
    // From before it was set: this process may be stalled as well.
    for (const took of times) expect(took).toBeGreaterThan(20);
    expect(Math.min(...times)).toBeLessThan(5000);
  });

  it('hears on the channel again after its connection was cut', async () => {
    await three(where());
    await admin((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    const channel = `${prefix}:{fleet}:f1:changed`;
    await admin(async (client) => {
      const subscribers = async () => Number((await client.pubsub('NUMSUB', channel))[1]);
      expect(await until(subscribers, (count) => count === 3)).toBe(3);
    });
  });

  it('goes on after the scripts were forgotten', async () => {
    const [a, b] = await three(where());
    await admin((client) => client.script('FLUSH'));
    expect(await shortest(5000, (turn) => tookUp([a, b], 'fold', 0.11 + turn / 100))).toBeLessThan(5000);
  });

  it('keeps the last rates while Redis is stopped, says so once, refuses orders, and is back by itself', async () => {
    const [a, b] = await Promise.all([join(where(), { quiet: false }), join(where())]);
    await until(
      () => a.fleet.jobs(),
      ([job]) => job?.processes === 2,
    );
    await b.fleet.setRate(fold, 0.12, 'ann');
    await everywhere([a, b], async (process) => (await rateOf(process, 'fold')) === 0.12);
    // What it said before was of the machine.
    a.output = '';
    server.kill('SIGSTOP');
    await until(
      () => a.fleet.scope(),
      (scope) => scope === 'process',
    );
    await until(
      async () => a.output,
      (output) => output.includes('Redis does not answer'),
    );
    expect(await a.fleet.processes()).toMatchObject([{ pid: a.pid, isSelf: true }]);
    expect((await a.fleet.jobs())[0]).toMatchObject({ rate: 0.12, processes: 1, override: { by: 'ann' } });
    await expect(a.fleet.pause(fold, 'ann')).rejects.toThrow(/FleetUnavailableError: Redis does not answer/);
    expect(await rateOf(a, 'fold')).toBe(0.12);
    expect(a.output.match(/Redis does not answer/g)).toHaveLength(1);
    server.kill('SIGCONT');
    await until(
      () => a.fleet.jobs(),
      ([job]) => job?.processes === 2,
    );
    await until(
      () => a.fleet.scope(),
      (scope) => scope === 'fleet',
    );
    await until(
      async () => a.output,
      (output) => output.includes('Redis answers again'),
    );
  });

  it.each(['all of it', 'the errors alone'])(
    'tells the last error of a job again after Redis has lost %s, though what it counts goes on',
    async (lost) => {
      const [a, b] = await three(where());
      await a.fleet.fail();
      await a.fleet.recruit('__proto__');
      await a.fleet.heal();
      const isTold = () =>
        until(
          () => b.fleet.jobs(),
          (jobs) => jobs[1]?.lastError !== undefined && jobs[1].processes === 3,
        );
      await isTold();
      const client = new Redis(server.url);
      const errors = `${prefix}:{fleet}:f1:errors`;
      await (lost === 'all of it' ? client.flushall() : client.unlink(errors));
      await until(
        async () => {
          // What a process says of its jobs is new each time.
          await a.fleet.enlist(20);
          return client.hlen(errors);
        },
        (count) => count === 1,
      );
      expect((await isTold())[1]?.lastError).toMatchObject({ message: '<script>alert(1)</script>' });
      await client.quit();
    },
  );

  it('sees more processes than one script looks at', async () => {
    const a = await join(where());
    const [own] = await until(
      () => a.fleet.processes(),
      (seen) => seen.length === 1,
    );
    const client = new Redis(server.url);
    const base = `${prefix}:{fleet}:f1:`;
    const word = await client.hget(`${base}processes`, own!.id);
    const ids = Array.from({ length: 1200 }, (_, index) => `other-${index}`);
    await client.hset(`${base}processes`, ...ids.flatMap((id) => [id, word!]));
    await client.zadd(`${base}due`, ...ids.flatMap((id) => [Date.now() + 600_000, id]));
    // Its own is missing where it was stalled for two seconds, until it publishes again.
    const all = await until(
      () => a.fleet.processes(),
      (seen) => seen.length >= 1201,
    );
    expect(all).toHaveLength(1201);
    await client.unlink(`${base}processes`, `${base}due`);
    await client.quit();
  });

  it('hands its orders back to a Redis that was killed and starts empty', async () => {
    const all = await three(where());
    await all[0].fleet.setRate(fold, 0.13, 'ann');
    await all[0].fleet.pause({ id: '__proto__' }, 'bob');
    await everywhere(all, async (process) => (await isPaused(process, '__proto__')) === true);
    await server.restart();
    await until(
      () => all[1].fleet.jobs(),
      ([job]) => job?.processes === 3,
    );
    const orders = [
      ['fold', 0.13, false],
      ['__proto__', 0.3, true],
    ];
    const [d, known] = await joinKnowing(where(), orders);
    expect(known).toEqual(orders);
    await d.fleet.resume({ id: '__proto__' }, 'bob');
    await everywhere([...all, d], async (process) => (await isPaused(process, '__proto__')) === false);
  });

  it('starts without Redis, alone, and joins when it is there', async () => {
    server.kill('SIGSTOP');
    const a = await join(where());
    expect(await a.fleet.scope()).toBe('process');
    expect(await a.fleet.atOpening()).toHaveLength(3);
    server.kill('SIGCONT');
    await until(
      () => a.fleet.scope(),
      (scope) => scope === 'fleet',
    );
    await a.fleet.setRate(fold, 0.14, 'ann');
    expect(await rateOf(a, 'fold')).toBe(0.14);
  });

  it('closes while Redis is stopped, though its client waits for answers for ever', async () => {
    const a = await join(where(), { client: { maxRetriesPerRequest: null } });
    await until(
      () => a.fleet.scope(),
      (scope) => scope === 'fleet',
    );
    server.kill('SIGSTOP');
    try {
      await a.fleet.close();
    } finally {
      server.kill('SIGCONT');
    }
    expect(a.isAlive).toBe(true);
  });

  it('leaves out what somebody else or a newer version wrote, and says so once', async () => {
    const a = await join(where(), { quiet: false });
    const base = `${prefix}:{fleet}:f1:`;
    await admin(async (client) => {
      const [seconds] = await client.time();
      const now = Number(seconds) * 1000;
      const strangers = {
        'stranger 1': 'x',
        'stranger 2': `${now}:1:{"host":5}`,
        'stranger 3': `${now}:1:[]`,
      };
      for (const [id, word] of Object.entries(strangers)) {
        await client.zadd(`${base}due`, now + 600_000, id);
        await client.hset(`${base}processes`, id, word);
      }
      const facts = { host: 'h', pid: 1, since: now, utilization: 0, inFlight: 0, recruiters: [] };
      await client.zadd(`${base}due`, now + 600_000, 'bomb');
      await client.hset(`${base}processes`, 'bomb', `${now}:1:${JSON.stringify(facts)}`);
      await client.hset(`${base}jobs`, 'bomb', 'no deflated text');
      await client.hset(`${base}errors`, '["default","fold"]', 'nonsense');
      await client.hset(`${base}orders`, 'quota:["default"]', `${now}:{"by":"v2"}`);
      await client.hset(`${base}orders`, 'rate:["default","fold"]', `${now}:{"by":"v2","rate":7}`);
      await client.hset(`${base}runs`, 'r', `${now + 9000}:{"job":"fold"}`);
      await client.lpush(`${base}audit`, `${now}:{"action":"explode"}`, '?');
    });
    await a.fleet.pause({ id: '__proto__' }, 'ann');
    await a.fleet.runOnce(fold, 'ann');
    await until(
      () => a.fleet.ran(),
      ({ fold: times }) => times === 1,
    );
    for (let look = 0; look < 3; look++) {
      await until(
        () => a.fleet.processes(),
        (processes) => processes.length === 2,
      );
      const jobs = await a.fleet.jobs();
      expect(jobs.map(({ processes, rate }) => [processes, rate])).toEqual(JOBS.map(([, rate]) => [1, rate]));
      expect((await a.fleet.audit()).map(({ action }) => action)).toEqual(['run-once', 'pause']);
    }
    // Its output comes by another way than its answers.
    await until(
      async () => a.output,
      (output) => output.includes('audit list'),
    );
    for (const what of [
      'process stranger 1',
      'process stranger 3',
      'jobs of process bomb',
      'quota',
      'rate:',
      'audit list',
    ]) {
      expect([what, a.output.split('\n').filter((line) => line.includes(what)).length]).toEqual([what, 1]);
    }
  });
});

describe('The latest errors of a fleet whose job ids are made up as it runs', () => {
  const server = useRedis();
  const MOST = 1000;
  let client: Redis;
  let keys: FleetKeys;

  beforeEach(() => {
    client = new Redis(server.url);
    keys = new FleetKeys(prefix);
  });
  afterEach(() => client.quit());

  /** Says of a process that these jobs failed at these times, and asks after others; returns which are lost. */
  async function publish(errors: [job: string, at: number][], asked: [job: string, at: number][] = []) {
    const { due, processes, jobs, errors: latest, orders } = keys;
    const pairs = errors.flatMap(([job, at]) => [job, `${at}:{}`]);
    const args = ['p', 60_000, '{}', 1, '', errors.length, ...pairs, ...asked.flat()];
    const reply = await runScript(client, 'fleet-publish', [due, processes, jobs, latest, orders], args);
    return (reply as string[]).slice(3);
  }

  const some = (first: number, count: number) =>
    Array.from({ length: count }, (_, i): [string, number] => [`made-up-${first + i}`, first + i]);

  it('are those of 1,000 jobs, and the newest are among them', async () => {
    for (let first = 1; first < 3000; first += 20) await publish(some(first, 20));
    expect(await client.hlen(keys.errors)).toBe(MOST);
    const newest = some(2901, 100).map(([job]) => job);
    expect(await client.hmget(keys.errors, ...newest)).not.toContain(null);
    // Known ones are told anew without anybody making room.
    await publish([[newest[0]!, 9999]]);
    expect(await client.hget(keys.errors, newest[0]!)).toBe('9999:{}');
    expect(await client.hlen(keys.errors)).toBe(MOST);
  }, 60_000);

  it('are no longer told again and again where there is no room for all of them', async () => {
    await publish(some(5000, MOST - 1));
    expect(await publish([], [['early', 1]])).toEqual(['early']);
    await publish([['last', 9000]]);
    expect(await publish([], [['early', 1]])).toEqual([]);
    await publish([['early', 1]]);
    expect(await client.hexists(keys.errors, 'early')).toBe(0);
  });

  it('shrink to that number where a version before has left more', async () => {
    await client.hset(keys.errors, ...some(1, 3000).flatMap(([job, at]) => [job, `${at}:{}`]));
    for (let first = 4000; first < 4400; first += 20) await publish(some(first, 20));
    expect(await client.hlen(keys.errors)).toBe(MOST);
  });
});
