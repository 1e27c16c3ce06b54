import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket as Connection } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable, type LoggerService } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { StatsD } from 'hot-shots';
import {
  Duty,
  Recruiter,
  WorkStealingConfigError,
  WorkStealingModule,
  type Slice,
  type SliceResult,
  type WorkStealingOptions,
} from 'nestjs-work-stealing';
import {
  WorkStealingStatsd,
  WorkStealingStatsdModule,
  type WorkStealingStatsdOptions,
  type WorkStealingStatsdOptionsFactory,
} from 'nestjs-work-stealing/statsd';
import { deterministic, ManualClock } from 'nestjs-work-stealing/testing';
import { freePort } from '../../scripts/redis/free-port.mjs';

/** No flush but by hand. */
const NEVER = 3_600_000;

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each();
});

/** A StatsD server by UDP that keeps what it is sent. */
async function udp() {
  const socket: Socket = createSocket('udp4');
  const heard = new EventEmitter();
  const datagrams: string[] = [];
  socket.on('message', (message) => {
    datagrams.push(message.toString());
    heard.emit('line');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  undo.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const { port } = socket.address();
  return { ...hearing(heard, datagrams), port, options: { host: '127.0.0.1', port } };
}

/** The same by TCP; it can go away and come back. */
async function tcp(port = 0) {
  const heard = new EventEmitter();
  const chunks: string[] = [];
  const connections = new Set<Connection>();
  const server: Server = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => undefined);
    connection.setEncoding('utf8').on('data', (chunk: string) => {
      chunks.push(chunk);
      heard.emit('line');
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const goAway = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const connection of connections) connection.destroy();
    });
  undo.push(goAway);
  return { ...hearing(heard, chunks), port: (server.address() as AddressInfo).port, goAway };
}

function hearing(heard: EventEmitter, messages: string[]) {
  const lines = () => messages.flatMap((message) => message.split('\n')).filter((line) => line !== '');
  /** Waits for a line, and gives all that have come so far. */
  const until = async (isIt: (line: string) => boolean) => {
    while (!lines().some(isIt)) await once(heard, 'line');
    return lines();
  };
  return { messages, lines, until, forget: () => void messages.splice(0) };
}

/** An application whose jobs do what they are told to. */
async function application(
  options: WorkStealingStatsdOptions,
  jobs: Record<string, (slice: Slice) => SliceResult | Promise<SliceResult>> = { job: () => Duty.RECRUITED },
  clock = new ManualClock(1_700_000_000_000),
  root: WorkStealingOptions = {},
) {
  const log: string[] = [];
  const note = (text: unknown, context: unknown) => {
    if (context === 'WorkStealingStatsd') log.push(String(text));
  };
  const logger: LoggerService = { log: note, warn: note, error: note };
  const app: TestingModule = await Test.createTestingModule({
    imports: [
      WorkStealingModule.forRoot(deterministic({ clock, ...root })),
      WorkStealingStatsdModule.forRoot({ interval: NEVER, ...options }),
    ],
  })
    .setLogger(logger)
    .compile();
  undo.push(() => app.close());
  app.useLogger(logger);
  await app.init();
  const recruiter = app.get(Recruiter);
  for (const [id, recruited] of Object.entries(jobs)) {
    recruiter.install({ recruited }, id, 1 / Object.keys(jobs).length);
  }
  return { app, clock, recruiter, log, flush: () => app.get(WorkStealingStatsd).flush() };
}

const isEnlistments = (line: string) => line.includes('enlistments');

describe('WorkStealingStatsdModule that sends to a server', () => {
  it.each([
    [
      'options',
      (options: object): WorkStealingStatsdOptions => ({ options: { ...options, telegraf: true } }),
    ],
    ['a client', (options: object) => ({ client: new StatsD({ ...options, telegraf: true }) })],
  ])('sends lines that Telegraf takes, whatever the ids of jobs, with %s', async (_what, given) => {
    const ids = ['films:expire', 'expire?shard=3', 'a,b|c', 'line\nbreak', 'back\\slash\\', 'films expire'];
    const server = await udp();
    const destination = given(server.options);
    undo.push(() => destination.client?.close());
    const jobs = Object.fromEntries(ids.map((id) => [id, () => Duty.RECRUITED]));
    const { app, recruiter } = await application({ ...destination, tags: { 'team=a:b': 'x=y:z' } }, jobs);
    for (const id of ids) await recruiter.recruit(id);
    await app.get(WorkStealingStatsd).flush();
    const lines = await server.until((line) => line.includes('films expire'));
    // As its parser does: a line is split at colons, then at commas, and each tag at `=`.
    for (const line of lines) {
      const [name, ...values] = line.split(':');
      expect([line, values.length]).toEqual([line, 1]);
      expect([line, values[0]!.split('|').length]).toEqual([line, 2]);
      for (const tag of name!.split(',').slice(1)) expect([line, tag.split('=').length]).toEqual([line, 2]);
    }
    const shown = new Set(lines.map((line) => /,job=([^,:]*)/.exec(line)?.[1]).filter(Boolean));
    expect([...shown]).toEqual([
      'films_expire',
      'expire?shard_3',
      'a_b_c',
      'line_break',
      'back_slash_',
      'films expire',
    ]);
  });

  it('sends when the next pass is due and how the last one went, and what gates of the application held back', async () => {
    const server = await udp();
    const { recruiter, flush } = await application({ options: server.options });
    const every = { ms: 3_600_000, scope: 'process' } as const;
    recruiter.install({ recruited: () => ({ done: 5, limit: 9 }) }, 'purge', { every });
    await recruiter.recruit('purge');
    recruiter.useGate('replica-lag', () => true, { checkEvery: 60_000, jobs: ['job'] });
    await recruiter.enlist();
    await flush();
    const lines = await server.until((line) => line.includes('last_pass.skipped_periods'));
    const of = '#recruiter:default,job:purge';
    expect(lines).toEqual(
      expect.arrayContaining([
        `work_stealing.period:3600|g|${of}`,
        `work_stealing.pass_overdue:0|g|${of}`,
        `work_stealing.last_pass.duration:0|g|${of}`,
        `work_stealing.last_pass.slices:1|g|${of}`,
        `work_stealing.last_pass.items:5|g|${of}`,
        `work_stealing.last_pass.skipped_periods:0|g|${of}`,
        expect.stringMatching(/^work_stealing\.next_pass:[\d.]+\|g\|#recruiter:default,job:purge$/),
        expect.stringMatching(/^work_stealing\.slices:1\|c\|.*outcome:gated,reason:gate:replica-lag$/),
      ]),
    );
    expect(lines.some((line) => line.includes('period') && line.includes('job:job'))).toBe(false);
  });

  it('sends what was added since the last time, gauges, and each duration', async () => {
    const server = await udp();
    const clock = new ManualClock(1_700_000_000_000);
    const { recruiter, flush } = await application(
      { options: server.options },
      {
        works: () => {
          clock.advance(12.3456);
          return { done: 3, limit: 10 };
        },
        overruns: () => clock.advance(60),
      },
      clock,
    );
    await recruiter.enlist();
    for (const id of ['works', 'overruns', 'works']) await recruiter.recruit(id);
    recruiter.pause('overruns');
    await recruiter.recruit('overruns');
    const [works, overruns] = recruiter.jobs;
    await flush();
    const lines = (await server.until((line) => line.includes('last_work'))).sort();
    const { partial } = works!.counts;
    const { partial: late } = overruns!.counts;
    const timed = (line: string, times: number) => Array.from({ length: times }, () => line);
    expect(lines).toEqual(
      [
        'work_stealing.enlistments:1|c|#recruiter:default',
        'work_stealing.in_flight:0|g|#recruiter:default',
        `work_stealing.event_loop.utilization:${recruiter.utilization}|g|#recruiter:default`,
        `work_stealing.slices:${partial}|c|#recruiter:default,job:works,outcome:partial`,
        `work_stealing.slices:${late}|c|#recruiter:default,job:overruns,outcome:partial`,
        `work_stealing.overruns:${overruns!.overruns}|c|#recruiter:default,job:overruns`,
        'work_stealing.slices:1|c|#recruiter:default,job:overruns,outcome:gated,reason:paused',
        `work_stealing.items:${works!.items}|c|#recruiter:default,job:works`,
        'work_stealing.rate:0.5|g|#recruiter:default,job:works,kind:declared',
        'work_stealing.rate:0.5|g|#recruiter:default,job:works,kind:effective',
        'work_stealing.rate:0.5|g|#recruiter:default,job:overruns,kind:declared',
        'work_stealing.rate:0.5|g|#recruiter:default,job:overruns,kind:effective',
        'work_stealing.last_work.timestamp:1700000000|g|#recruiter:default,job:works',
        'work_stealing.last_work.timestamp:1700000000|g|#recruiter:default,job:overruns',
        ...timed(
          'work_stealing.slice.duration:12.346|ms|#recruiter:default,job:works,outcome:partial',
          partial,
        ),
        ...timed('work_stealing.slice.duration:60|ms|#recruiter:default,job:overruns,outcome:partial', late),
      ].sort(),
    );
    // One batch, in as few datagrams as hold it.
    expect(server.messages.length).toBeLessThanOrEqual(Math.ceil(lines.join('\n').length / 1432) + 1);

    server.forget();
    await recruiter.recruit('works');
    await flush();
    const counts = (await server.until((line) => line.includes('last_work'))).filter((line) =>
      line.includes('|c|'),
    );
    expect(counts.sort()).toEqual([
      'work_stealing.items:3|c|#recruiter:default,job:works',
      'work_stealing.slices:1|c|#recruiter:default,job:works,outcome:partial',
    ]);
  });

  it('counts by reason what the agenda looked at and something held back', async () => {
    const server = await udp();
    const clock = new ManualClock();
    const agenda = { idle: { interval: 1000 }, random: { next: () => 0.5 } };
    const { recruiter, flush } = await application({ options: server.options }, {}, clock, agenda);
    recruiter.useCoordinator({ pace: { take: async () => 60_000 } });
    recruiter.install({ recruited: () => undefined }, 'held', { rate: 1, pace: { perSecond: 1 } });
    clock.advance(500);
    await new Promise(setImmediate);
    await recruiter.enlist();
    await flush();
    const lines = await server.until((line) => line.includes('gated_looks'));
    expect(lines).toContain('work_stealing.gated_looks:1|c|#recruiter:default,job:held,reason:pace-spent');
    expect(lines).toContain(
      'work_stealing.slices:2|c|#recruiter:default,job:held,outcome:gated,reason:pace-spent',
    );
  });

  it('puts all into the names where tags are not wanted, whatever a job is called', async () => {
    const server = await udp();
    const { recruiter, flush } = await application(
      { options: { ...server.options, prefix: 'shop.' }, tags: false, prefix: 'ws.' },
      { 'Films.prune': () => Duty.DISMISSED, 'a|b:c#d\n1|c': () => Duty.DISMISSED },
    );
    await recruiter.recruit('Films.prune');
    await recruiter.recruit('a|b:c#d\n1|c');
    recruiter.pause();
    await recruiter.recruit('Films.prune');
    await flush();
    const lines = await server.until((line) =>
      line.startsWith('shop.ws.default.jobs.a_b_c_d_1_c.rate.effective'),
    );
    expect(lines.map((line) => line.split(':')[0]!).sort()).toEqual([
      'shop.ws.default.event_loop.utilization',
      'shop.ws.default.in_flight',
      'shop.ws.default.jobs.Films_prune.rate.declared',
      'shop.ws.default.jobs.Films_prune.rate.effective',
      'shop.ws.default.jobs.Films_prune.slice.duration.idle',
      'shop.ws.default.jobs.Films_prune.slices.gated.paused',
      'shop.ws.default.jobs.Films_prune.slices.idle',
      'shop.ws.default.jobs.a_b_c_d_1_c.rate.declared',
      'shop.ws.default.jobs.a_b_c_d_1_c.rate.effective',
      'shop.ws.default.jobs.a_b_c_d_1_c.slice.duration.idle',
      'shop.ws.default.jobs.a_b_c_d_1_c.slices.idle',
    ]);
    for (const line of lines) expect(line).not.toContain('#');
  });

  it('adds tags, and lets no job make lines or tags of its own', async () => {
    const server = await udp();
    const { recruiter, flush } = await application(
      { options: server.options, tags: { team: 'films' } },
      { 'a|b,evil:yes\nfake:1|c': () => Duty.RECRUITED },
    );
    await recruiter.enlist();
    await flush();
    const lines = await server.until((line) => line.includes('last_work'));
    for (const line of lines) {
      expect(line).toMatch(/^work_stealing\.[\w.]+:[\d.]+\|(c|g|ms)\|#team:films,recruiter:default/);
      expect(line).not.toContain(',evil');
    }
  });

  it('sends at intervals by itself, without keeping the process alive', async () => {
    const server = await udp();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { recruiter } = await application({ options: server.options, interval: 100 });
    expect(timers()).toBe(before);
    await recruiter.enlist();
    expect(await server.until(isEnlistments)).toContain('work_stealing.enlistments:1|c|#recruiter:default');
  });

  it('sends the rest when the application closes, and closes what it has opened', async () => {
    const server = await udp();
    const { app, recruiter, flush, log } = await application({ options: server.options });
    await recruiter.enlist();
    await app.close();
    expect(await server.until(isEnlistments)).toContain('work_stealing.enlistments:1|c|#recruiter:default');
    server.forget();
    await flush();
    expect(server.lines()).toEqual([]);
    expect(log).toEqual([]);
  });

  it('uses a client that is given, with all it has of its own, and does not close it', async () => {
    const server = await udp();
    const client = new StatsD({
      ...server.options,
      prefix: 'shop.',
      globalTags: { env: 'test' },
      sampleRate: 0.000001,
    });
    undo.push(() => new Promise<void>((resolve) => client.close(() => resolve())));
    const { app, recruiter } = await application({ client });
    await recruiter.enlist();
    await app.close();
    const counted = 'shop.work_stealing.enlistments:1|c|#env:test,recruiter:default';
    expect(await server.until(isEnlistments)).toContain(counted);
    client.gauge('own', 7, 1);
    expect(await server.until((line) => line.includes('own'))).toContain('shop.own:7|g|#env:test');
  });

  it('keeps two applications apart', async () => {
    const servers = [await udp(), await udp()];
    const [first, second] = [
      await application({ options: servers[0]!.options }),
      await application({ options: servers[1]!.options }),
    ];
    await first.recruiter.enlist();
    await second.recruiter.enlist();
    await second.recruiter.enlist();
    await Promise.all([first.flush(), second.flush()]);
    expect(await servers[0]!.until(isEnlistments)).toContainEqual(expect.stringContaining('enlistments:1|c'));
    expect(await servers[1]!.until(isEnlistments)).toContainEqual(expect.stringContaining('enlistments:2|c'));
  });

  it('counts anew with a job that is installed anew', async () => {
    const server = await udp();
    const { recruiter, flush } = await application({ options: server.options }, {});
    const recruited = () => Duty.RECRUITED;
    const uninstall = recruiter.install({ recruited }, 'job', 0.5);
    for (let i = 0; i < 3; i++) await recruiter.recruit('job');
    await flush();
    uninstall();
    recruiter.install({ recruited }, 'job', 0.5);
    await recruiter.recruit('job');
    await flush();
    const counts = (await server.until((line) => line.includes('slices:1'))).filter((line) =>
      /slices/.test(line),
    );
    expect(counts.map((line) => line.split('|')[0])).toEqual([
      'work_stealing.slices:3',
      'work_stealing.slices:1',
    ]);
  });
});

describe('WorkStealingStatsdModule whose server goes away', () => {
  it.each(['a client of its own', 'a client that buffers nothing'])(
    'lets no slice notice, says so once, and is back by itself: %s',
    async (which) => {
      // On a port that the system gives to nobody else while the server is away.
      const server = await tcp(await freePort());
      const plain = which === 'a client of its own' ? {} : { maxBufferSize: 0 };
      const options = { protocol: 'tcp', host: '127.0.0.1', port: server.port, ...plain } as const;
      const { recruiter, flush, log } = await application({ options });
      await recruiter.enlist();
      await flush();
      await server.until(isEnlistments);

      await server.goAway();
      const complained = jest.spyOn(console, 'error').mockImplementation(() => undefined);
      undo.push(() => complained.mockRestore());
      for (let i = 0; i < 5; i++) {
        expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
        await flush();
      }
      expect(recruiter.jobs[0]!.counts.partial).toBe(6);
      expect(recruiter.jobs[0]!.errors).toEqual([]);
      expect(log).toEqual([expect.stringMatching(/^StatsD cannot be reached, and metrics are lost .*: ./)]);
      expect(complained).not.toHaveBeenCalled();

      const back = await tcp(server.port);
      await recruiter.enlist();
      await flush();
      await flush();
      await back.until((line) => line.includes('rate'));
      expect(log.slice(1)).toEqual(['StatsD can be reached again']);
    },
  );

  it('says so once of a client that was given, which is not replaced', async () => {
    const server = await tcp(await freePort());
    await server.goAway();
    const client = new StatsD({ protocol: 'tcp', host: '127.0.0.1', port: server.port });
    undo.push(() => client.close(() => undefined));
    const complained = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    undo.push(() => complained.mockRestore());
    const { recruiter, flush, log } = await application({ client });
    for (let i = 0; i < 3; i++) {
      expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
      await flush();
    }
    expect(log).toHaveLength(1);
    expect(complained).not.toHaveBeenCalled();
  });

  it('starts where there is no server yet, and where there cannot be one, and tells an error handler', async () => {
    const errors: Error[] = [];
    const options = {
      protocol: 'uds',
      path: '/nonexistent/statsd.sock',
      errorHandler: (error: Error) => errors.push(error),
    } as const;
    const { recruiter, flush, log, app } = await application({ options });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    await flush();
    await flush();
    await app.close();
    expect(log).toHaveLength(1);
    expect(errors.length).toBeGreaterThan(0);
  });

  it('survives a client that throws, and one that never answers', async () => {
    const broken = {
      increment: () => fail(),
      gauge: () => fail(),
      timing: () => fail(),
      flush: () => fail(),
    } as unknown as StatsD;
    const { recruiter, flush, log } = await application({ client: broken });
    expect(await recruiter.enlist()).toBe(Duty.RECRUITED);
    await flush();
    expect(log).toEqual([expect.stringContaining('out of order')]);

    const mute = { increment() {}, gauge() {}, timing() {}, flush() {} } as unknown as StatsD;
    const { app } = await application({ client: mute });
    await app.close();
  });
});

describe('WorkStealingStatsdModule that is set up wrongly', () => {
  it('tells all that is wrong at once, at bootstrap', async () => {
    const wrong = {
      client: { increment() {} },
      options: [],
      prefix: 'a b:',
      tags: { a: 1 },
      interval: 99,
      tag: {},
    } as unknown as WorkStealingStatsdOptions;
    const problem = await application(wrong).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(WorkStealingConfigError);
    const { problems, message } = problem as WorkStealingConfigError;
    expect(problems).toEqual([
      expect.stringMatching(/^unknown option 'tag'; known are client, options/),
      expect.stringMatching(/^client is \{ increment: .*\}; expected a client of hot-shots 17 or later$/),
      'options is []; expected options of hot-shots',
      "prefix is 'a b:'; expected letters, digits and _ . - only",
      'tags is { a: 1 }; expected an object of strings, or false',
      'interval is 99; expected milliseconds from 100 to 2147483647',
      'client and options are both set; options are for the client that the module creates',
    ]);
    for (const each of problems) expect(message).toContain(each);
    for (const interval of [Number.NaN, '1000', 2 ** 31]) {
      await expect(application({ interval } as WorkStealingStatsdOptions)).rejects.toThrow(/interval is /);
    }
  });

  it('says that it needs recruiters', async () => {
    const module = Test.createTestingModule({ imports: [WorkStealingStatsdModule.forRoot()] });
    await expect(module.compile()).rejects.toThrow(
      'WorkStealingStatsdModule: WorkStealingModule.forRoot() is not imported',
    );
  });

  it('takes options from a class', async () => {
    const server = await udp();
    @Injectable()
    class Settings implements WorkStealingStatsdOptionsFactory {
      createWorkStealingStatsdOptions() {
        return { options: server.options };
      }
    }
    const app = await Test.createTestingModule({
      imports: [
        WorkStealingModule.forRoot(deterministic()),
        WorkStealingStatsdModule.forRootAsync({ useClass: Settings }),
      ],
    }).compile();
    undo.push(() => app.close());
    await app.init();
    await app.get(WorkStealingStatsd).flush();
    const gauge = 'work_stealing.in_flight:0|g|#recruiter:default';
    expect(await server.until((line) => line.includes('in_flight'))).toContain(gauge);
  });
});

function fail(): never {
  throw new Error('out of order');
}
