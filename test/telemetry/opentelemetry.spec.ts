import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { context, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import {
  Duty,
  Enlist,
  Recruiter,
  StealableJob,
  WorkStealingConfigError,
  WorkStealingModule,
  type Slice,
  type SliceResult,
  type WorkStealingOptions,
} from 'nestjs-work-stealing';
import {
  WorkStealingOpenTelemetryModule,
  type WorkStealingOpenTelemetryOptions,
  type WorkStealingOpenTelemetryOptionsFactory,
} from 'nestjs-work-stealing/opentelemetry';
import { deterministic, ManualClock } from 'nestjs-work-stealing/testing';

/** The real SDK, with exporters that keep what they are given. */
function sdk(sampler: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    sampler,
    spanProcessors: [new SimpleSpanProcessor(spans)],
  });
  const collected = async () => {
    exporter.reset();
    await meterProvider.forceFlush();
    return exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  };
  return {
    meterProvider,
    tracerProvider,
    providers: { meterProvider, tracerProvider },
    collected,
    spans: () => spans.getFinishedSpans(),
    slices: () => spans.getFinishedSpans().filter(({ name }) => name.startsWith('work_stealing.slice')),
    /** The points of one metric: attributes without our namespace, and the value. */
    points: async (name: string) => {
      const metric = (await collected()).find(
        ({ descriptor }) => descriptor.name === `work_stealing.${name}`,
      );
      return (metric?.dataPoints ?? []).map(({ attributes, value }) => [short(attributes), value] as const);
    },
    shutdown: () => Promise.all([meterProvider.shutdown(), tracerProvider.shutdown()]),
  };
}

const short = (attributes: object) =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key.replace('work_stealing.', ''), value]),
  );

const apps: { close(): Promise<void> }[] = [];
const sdks: { shutdown(): Promise<unknown> }[] = [];

function started(sampler?: Sampler) {
  const made = sdk(sampler);
  sdks.push(made);
  return made;
}

/** An application whose jobs do what they are told to. */
async function application(
  options: WorkStealingOpenTelemetryOptions,
  jobs: Record<string, (slice: Slice) => SliceResult | Promise<SliceResult>>,
  more: { options?: WorkStealingOptions; imports?: Type[] } = {},
): Promise<{ app: TestingModule; recruiter: Recruiter }> {
  const app = await Test.createTestingModule({
    imports: [
      WorkStealingModule.forRoot(deterministic(more.options)),
      WorkStealingOpenTelemetryModule.forRoot(options),
      ...(more.imports ?? []),
    ],
  }).compile();
  apps.push(app);
  app.useLogger(false);
  await app.init();
  const recruiter = app.get(Recruiter);
  for (const [id, recruited] of Object.entries(jobs)) {
    recruiter.install({ recruited }, id, 1 / Object.keys(jobs).length);
  }
  return { app, recruiter };
}

function fail(): never {
  throw new RangeError('nothing there');
}

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await Promise.all(sdks.splice(0).map((each) => each.shutdown()));
  metrics.disable();
  trace.disable();
});

afterAll(() => context.disable());

describe('WorkStealingOpenTelemetryModule that measures', () => {
  it('reads exact counts when they are collected', async () => {
    const otel = started();
    const clock = new ManualClock(5_000_000);
    const { recruiter } = await application(
      otel.providers,
      {
        works: () => {
          clock.advance(20);
          return { done: 3, limit: 10 };
        },
        fails: fail,
        overruns: () => clock.advance(60),
      },
      { options: { clock } },
    );
    for (const id of ['works', 'works', 'fails', 'overruns']) await recruiter.recruit(id);
    recruiter.pause('fails');
    await recruiter.recruit('fails');
    await recruiter.enlist();

    const drawn = recruiter.jobs.flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b);
    const points = await otel.points('slices');
    expect(drawn).toBe(6);
    expect(points.reduce((sum, [, value]) => sum + (value as number), 0)).toBe(drawn);
    const of = (job: string, outcome: string, reason?: string) =>
      points.find(([at]) => at['job'] === job && at['outcome'] === outcome && at['reason'] === reason)?.[1];
    expect(of('works', 'partial')).toBe(recruiter.jobs[0]!.counts.partial);
    expect(of('fails', 'failed', 'error')).toBe(1);
    expect(of('fails', 'gated', 'paused')).toBe(recruiter.jobs[1]!.counts.gated);
    expect(of('overruns', 'partial')).toBe(1);
    expect(await otel.points('overruns')).toEqual([
      [{ recruiter: 'default', job: 'works' }, 0],
      [{ recruiter: 'default', job: 'fails' }, 0],
      [{ recruiter: 'default', job: 'overruns' }, 1],
    ]);

    expect(await otel.points('enlistments')).toEqual([[{ recruiter: 'default' }, 1]]);
    expect(await otel.points('in_flight')).toEqual([[{ recruiter: 'default' }, 0]]);
    expect(await otel.points('items')).toContainEqual([
      { recruiter: 'default', job: 'works' },
      recruiter.jobs[0]!.items,
    ]);
    expect(await otel.points('event_loop.utilization')).toEqual([
      [{ recruiter: 'default' }, recruiter.utilization],
    ]);
    expect(await otel.points('last_work.timestamp')).toContainEqual([
      { recruiter: 'default', job: 'works' },
      recruiter.jobs[0]!.lastWorkAt!.getTime() / 1000,
    ]);
    recruiter.setRate('works', 0.1);
    expect(await otel.points('rate')).toContainEqual([
      { recruiter: 'default', job: 'works', 'rate.kind': 'declared' },
      0.1,
    ]);
    expect(await otel.points('rate')).toContainEqual([
      { recruiter: 'default', job: 'fails', 'rate.kind': 'effective' },
      1 / 3,
    ]);
  });

  it('reads when the next pass is due and how the last one went, of jobs with `every`', async () => {
    const otel = started();
    const { recruiter } = await application(otel.providers, { works: () => Duty.RECRUITED });
    const every = { ms: 3_600_000, scope: 'process' } as const;
    recruiter.install({ recruited: () => ({ done: 5, limit: 9 }) }, 'purge', { every });
    await recruiter.recruit('purge');
    const of = { recruiter: 'default', job: 'purge' };
    expect(await otel.points('period')).toEqual([[of, 3600]]);
    expect(await otel.points('pass_overdue')).toEqual([[of, 0]]);
    expect(await otel.points('last_pass.slices')).toEqual([[of, 1]]);
    expect(await otel.points('last_pass.items')).toEqual([[of, 5]]);
    expect(await otel.points('last_pass.skipped_periods')).toEqual([[of, 0]]);
    const [[, next]] = (await otel.points('next_pass')) as [[object, number]];
    expect(next).toBeGreaterThan(3590);
    expect(next).toBeLessThanOrEqual(3600);
  });

  it('counts what a gate of the application held back, by its name', async () => {
    const otel = started();
    const { recruiter } = await application(otel.providers, { works: () => Duty.RECRUITED });
    recruiter.useGate('replica-lag', () => true, { checkEvery: 60_000 });
    await recruiter.enlist();
    const held = { recruiter: 'default', job: 'works', outcome: 'gated', reason: 'gate:replica-lag' };
    expect(await otel.points('slices')).toEqual([[held, 1]]);
  });

  it('counts by reason what the agenda looked at and something held back, apart from what was drawn', async () => {
    const otel = started();
    const clock = new ManualClock();
    const agenda = { clock, idle: { interval: 1000 }, random: { next: () => 0.5 } };
    const { recruiter } = await application(
      otel.providers,
      { paced: () => ({ done: 1, more: true }) },
      { options: agenda },
    );
    recruiter.useCoordinator({ pace: { take: async () => 60_000 } });
    recruiter.setRate('paced', 0);
    recruiter.install({ recruited: () => undefined }, 'held', { rate: 1, pace: { perSecond: 1 } });
    clock.advance(500);
    await new Promise(setImmediate);
    await recruiter.enlist();
    expect(recruiter.jobs[1]).toMatchObject({
      gatedBy: { 'pace-spent': 2 },
      gatedLooks: { 'pace-spent': 1 },
    });
    const held = { recruiter: 'default', job: 'held', reason: 'pace-spent' };
    expect(await otel.points('gated_looks')).toEqual([[held, 1]]);
    expect(await otel.points('slices')).toContainEqual([{ ...held, outcome: 'gated' }, 2]);
  });

  it('has a histogram of durations in seconds, with buckets fit for slices, or those that are wished for', async () => {
    const [plain, wished] = [started(), started()];
    const clock = new ManualClock();
    const jobs = { job: () => clock.advance(30) };
    const first = await application({ meterProvider: plain.meterProvider }, jobs, { options: { clock } });
    const second = await application({ meterProvider: wished.meterProvider, buckets: [0.01, 0.1] }, jobs, {
      options: { clock },
    });
    for (const { recruiter } of [first, second]) {
      await recruiter.recruit('job');
      recruiter.pause();
      await recruiter.recruit('job');
    }
    const duration = (await plain.collected()).find(isHistogram);
    expect(duration).toMatchObject({ descriptor: { name: 'work_stealing.slice.duration', unit: 's' } });
    expect(duration!.dataPoints).toHaveLength(1);
    expect(duration!.dataPoints[0]).toMatchObject({
      attributes: {
        'work_stealing.recruiter': 'default',
        'work_stealing.job': 'job',
        'work_stealing.outcome': 'partial',
      },
      value: { sum: 0.03, count: 1 },
    });
    expect(boundariesOf(duration!.dataPoints[0])).toContain(0.05);
    const ours = (await wished.collected()).find(isHistogram);
    expect(boundariesOf(ours!.dataPoints[0])).toEqual([0.01, 0.1]);
  });

  it("names every metric by OpenTelemetry's rules, with a unit and a description", async () => {
    const otel = started();
    const { recruiter } = await application(otel.providers, { job: () => ({ done: 1, limit: 2 }) });
    await recruiter.enlist();
    const found = (await otel.collected()).map(({ descriptor: { name, unit } }) => `${name} ${unit}`);
    expect(found.sort()).toEqual([
      'work_stealing.enlistments {enlistment}',
      'work_stealing.event_loop.utilization 1',
      'work_stealing.in_flight {slice}',
      'work_stealing.items {item}',
      'work_stealing.last_work.timestamp s',
      'work_stealing.overruns {slice}',
      'work_stealing.rate 1',
      'work_stealing.slice.duration s',
      'work_stealing.slices {slice}',
    ]);
    for (const { descriptor } of await otel.collected()) expect(descriptor.description).toMatch(/^[A-Z]/);
  });

  it('gives the final counts to the first collection after the application has closed, and is read no more', async () => {
    const otel = started();
    const { app, recruiter } = await application(otel.providers, { job: () => Duty.RECRUITED });
    await recruiter.enlist();
    await app.close();
    await recruiter.enlist();
    expect(await otel.points('enlistments')).toEqual([[{ recruiter: 'default' }, 2]]);
    await recruiter.enlist();
    expect(await otel.points('enlistments')).toEqual([[{ recruiter: 'default' }, 2]]);
  });

  it('finds an SDK that is registered after the application has started', async () => {
    const { recruiter } = await application({}, { job: () => Duty.RECRUITED });
    await recruiter.enlist();
    const otel = started();
    metrics.setGlobalMeterProvider(otel.meterProvider);
    trace.setGlobalTracerProvider(otel.tracerProvider);
    recruiter.pause();
    await recruiter.enlist();
    recruiter.resume();
    expect(await otel.points('enlistments')).toEqual([[{ recruiter: 'default' }, 2]]);
    await recruiter.enlist();
    expect(await otel.points('slices')).toContainEqual([
      { recruiter: 'default', job: 'job', outcome: 'partial' },
      2,
    ]);
    expect(await otel.points('slice.duration')).toMatchObject([[{ job: 'job' }, { count: 1 }]]);
    expect(otel.slices()).toHaveLength(1);
  });

  it('finds an SDK that was registered before', async () => {
    const otel = started();
    metrics.setGlobalMeterProvider(otel.meterProvider);
    trace.setGlobalTracerProvider(otel.tracerProvider);
    const { recruiter } = await application({}, { job: () => Duty.RECRUITED });
    expect(await otel.points('rate')).toHaveLength(2);
    await recruiter.enlist();
    expect(await otel.points('slice.duration')).toHaveLength(1);
    expect(otel.slices()).toHaveLength(1);
  });

  it('keeps two applications apart: by their providers, or by attributes', async () => {
    const [one, other, both] = [started(), started(), started()];
    const jobs = { job: () => Duty.RECRUITED };
    const first = await application(one.providers, jobs);
    const second = await application(other.providers, jobs);
    await first.recruiter.enlist();
    await second.recruiter.enlist();
    await second.recruiter.enlist();
    expect(await one.points('enlistments')).toEqual([[{ recruiter: 'default' }, 1]]);
    expect(await other.points('enlistments')).toEqual([[{ recruiter: 'default' }, 2]]);
    expect([one.slices().length, other.slices().length]).toEqual([1, 2]);

    const third = await application({ ...both.providers, attributes: { app: 'a' } }, jobs);
    await application({ ...both.providers, attributes: { app: 'b', zones: ['x', 'y'] } }, jobs);
    await third.recruiter.enlist();
    expect(await both.points('enlistments')).toEqual([
      [{ app: 'a', recruiter: 'default' }, 1],
      [{ app: 'b', zones: ['x', 'y'], recruiter: 'default' }, 0],
    ]);
    expect(both.slices()[0]!.attributes['app']).toBe('a');
  });

  it('measures named recruiters too, and stops at what is switched off', async () => {
    const otel = started();
    const imports = [WorkStealingModule.registerRecruiter('mail')] as unknown as Type[];
    const { app, recruiter } = await application(
      { ...otel.providers, spans: false },
      { job: () => Duty.RECRUITED },
      { imports },
    );
    await recruiter.enlist();
    expect((await otel.points('enlistments')).map(([{ recruiter: name }]) => name)).toEqual([
      'default',
      'mail',
    ]);
    expect(otel.spans()).toEqual([]);
    await app.close();

    const unmeasured = started();
    const silent = await application(
      { ...unmeasured.providers, metrics: false },
      { job: () => Duty.RECRUITED },
    );
    await silent.recruiter.enlist();
    expect(await unmeasured.collected()).toEqual([]);
    expect(unmeasured.slices()).toHaveLength(1);
  });
});

describe('WorkStealingOpenTelemetryModule that traces', () => {
  let otel: ReturnType<typeof sdk>;
  let upstream: Server;
  let address: string;

  beforeAll(async () => {
    upstream = createServer((_request, response) => response.end('ok'));
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  });

  afterAll(() => new Promise((resolve) => upstream.close(resolve)));

  beforeEach(() => {
    otel = started();
  });

  const tracer = () => otel.tracerProvider.getTracer('test');
  const named = (name: string) => otel.spans().find((span) => span.name === name)!;

  it('gives the slice a trace of its own, linked to the request, with what the job does below it', async () => {
    @StealableJob({ rate: 1, id: 'fetches' })
    @Injectable()
    class Fetches {
      async recruited() {
        await tracer().startActiveSpan('GET upstream', async (span) => {
          const [response] = (await once(get(address), 'response')) as [IncomingMessage];
          response.resume();
          await once(response, 'end');
          tracer().startSpan('parse').end();
          span.end();
        });
        return { done: 4, limit: 4 };
      }
    }
    @Controller()
    class Pages {
      @Get()
      @Enlist()
      page() {
        return { cached: true };
      }
    }
    @Module({
      imports: [
        WorkStealingModule.forRoot(deterministic({ budget: 60_000 })),
        WorkStealingOpenTelemetryModule.forRoot({ tracerProvider: otel.tracerProvider, metrics: false }),
      ],
      controllers: [Pages],
      providers: [Fetches],
    })
    class App {}
    const app = await NestFactory.create(App, { logger: false, abortOnError: false });
    apps.push(app);
    app.use((_request: unknown, response: NodeJS.EventEmitter, next: () => void) =>
      tracer().startActiveSpan('GET /', (span) => {
        response.once('finish', () => span.end());
        next();
      }),
    );
    await app.listen(0, '127.0.0.1');
    const ended = new Promise((resolve) => app.get(Recruiter).on('slice', resolve));
    expect(await (await fetch(await app.getUrl())).json()).toEqual({ cached: true });
    await ended;
    await new Promise(setImmediate);

    const [request, slice] = [named('GET /'), named('work_stealing.slice fetches')];
    expect(slice.parentSpanContext).toBeUndefined();
    expect(slice.spanContext().traceId).not.toBe(request.spanContext().traceId);
    expect(slice.links.map((link) => link.context.spanId)).toEqual([request.spanContext().spanId]);
    expect(slice.kind).toBe(SpanKind.INTERNAL);
    expect(slice.status.code).toBe(SpanStatusCode.UNSET);
    expect(slice.attributes).toEqual({
      'work_stealing.recruiter': 'default',
      'work_stealing.job': 'fetches',
      'work_stealing.origin': 'enlistment',
      'code.function.name': 'Fetches.recruited',
      'work_stealing.outcome': 'full',
      'work_stealing.items.done': 4,
      'work_stealing.items.limit': 4,
    });
    expectChild(named('GET upstream'), slice);
    expectChild(named('parse'), named('GET upstream'));
  });

  it('names the function that does the slice as a stack trace does, of every kind of job', async () => {
    const sweep = Symbol('sweep');
    class Chores {
      @StealableJob({ rate: 0.1, id: 'a method' })
      prune() {}
      @StealableJob({ rate: 0.1, id: 'a symbol' })
      [sweep]() {}
    }
    @Injectable()
    class Films extends Chores {}
    @Injectable({ scope: Scope.REQUEST })
    @StealableJob({ rate: 0.1, id: 'request-scoped' })
    class Scoped {
      recruited() {}
    }
    @Injectable()
    @StealableJob({ rate: 0.1, id: 'a class' })
    class Whole {
      recruited() {}
    }
    @Module({ providers: [Films, Scoped, Whole] })
    class Jobs {}
    const { recruiter } = await application(otel.providers, {}, { imports: [Jobs] });
    const byHand = {
      'an instance': new (class Reaper extends Whole {})(),
      'an object': { recruited: () => undefined },
      'without a prototype': Object.assign(Object.create(null) as object, { recruited: () => undefined }),
      nameless: new (class {
        recruited() {}
      })(),
    };
    for (const [id, job] of Object.entries(byHand)) recruiter.install(job, id, 0.1);
    for (const { id } of recruiter.jobs) await recruiter.recruit(id);
    const names = otel
      .slices()
      .map(({ attributes }) => [attributes['work_stealing.job'], attributes['code.function.name']]);
    expect(Object.fromEntries(names)).toEqual({
      'a method': 'Films.prune',
      'a symbol': 'Films.[sweep]',
      'request-scoped': 'Scoped.recruited',
      'a class': 'Whole.recruited',
      'an instance': 'Reaper.recruited',
      'an object': undefined,
      'without a prototype': undefined,
      nameless: undefined,
    });
  });

  it('keeps the caller in its own trace, and links nothing where nobody asked', async () => {
    const { recruiter } = await application(otel.providers, {
      job: async () => {
        await Promise.resolve();
        tracer().startSpan('in the slice').end();
      },
    });
    await tracer().startActiveSpan('request', async (span) => {
      await recruiter.enlist();
      tracer().startSpan('in the request').end();
      span.end();
    });
    expectChild(named('in the request'), named('request'));
    const [slice] = otel.slices();
    expectChild(named('in the slice'), slice!);
    expect(slice!.links).toHaveLength(1);
    await recruiter.recruit('job');
    expect(otel.slices()[1]).toMatchObject({
      links: [],
      attributes: { 'work_stealing.origin': 'operator' },
    });
  });

  it.each([
    {
      what: 'an error',
      thrown: () => new RangeError('nothing there'),
      type: 'RangeError',
      message: 'nothing there',
    },
    { what: 'a text', thrown: () => 'nothing there', type: '_OTHER', message: 'nothing there' },
    { what: 'nothing', thrown: () => undefined, type: '_OTHER', message: 'threw undefined' },
    { what: 'a hostile error', thrown: hostile, type: '_OTHER', message: /^threw / },
  ])('records a slice that threw $what', async ({ thrown, type, message }) => {
    const { recruiter } = await application(otel.providers, { job: () => Promise.reject(thrown()) });
    await recruiter.enlist();
    const { status, events, attributes, ended } = otel.slices()[0]!;
    expect(ended).toBe(true);
    expect(status).toEqual({
      code: SpanStatusCode.ERROR,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect(attributes).toMatchObject({ 'error.type': type, 'work_stealing.outcome': 'failed' });
    expect(events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': type, 'exception.message': status.message } },
    ]);
    expect('exception.stacktrace' in events[0]!.attributes!).toBe(type === 'RangeError');
  });

  it('says that a slice took longer than its budget, and marks it as no error where it did its work', async () => {
    const clock = new ManualClock();
    let took = 60;
    const job = () => clock.advance(took);
    const { recruiter } = await application(otel.providers, { job }, { options: { clock } });
    await recruiter.recruit('job');
    took = 1;
    await recruiter.recruit('job');
    const [late, quick] = otel.slices();
    expect(late).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'work_stealing.outcome': 'partial', 'work_stealing.overran': true },
    });
    expect(quick!.attributes).not.toHaveProperty('work_stealing.overran');
  });

  it('marks a slice cut short by its budget as an error, and one that the end of the application cut short as none', async () => {
    const clock = new ManualClock();
    let settle = () => {};
    const deaf = () => {
      setImmediate(() => clock.advance(100));
      return new Promise<void>((resolve) => (settle = resolve));
    };
    const slow = await application(otel.providers, { job: deaf }, { options: { clock } });
    await slow.recruiter.recruit('job');
    settle();
    const { app, recruiter } = await application(
      otel.providers,
      { job: () => new Promise<void>(() => {}) },
      { options: { shutdownGrace: 0, budget: 60_000 } },
    );
    const waiting = recruiter.recruit('job');
    await app.close();
    await waiting;
    const [overran, closed] = otel.slices();
    expect(overran).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'cut short: budget' },
      attributes: { 'error.type': 'budget', 'work_stealing.reason': 'budget' },
      events: [],
    });
    expect(closed).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'work_stealing.outcome': 'aborted', 'work_stealing.reason': 'closing' },
      events: [],
    });
  });

  it('makes no span of a slice that was not run', async () => {
    const { recruiter } = await application(otel.providers, { job: () => undefined });
    recruiter.pause();
    await recruiter.enlist();
    expect(otel.spans()).toEqual([]);
  });

  it('runs slices that are not sampled all the same, and what they do is not sampled either', async () => {
    const off = started(new AlwaysOffSampler());
    let flags: number | undefined;
    const { recruiter } = await application(off.providers, {
      job: () => {
        flags = trace.getActiveSpan()?.spanContext().traceFlags;
        fail();
      },
    });
    await recruiter.enlist();
    expect(flags).toBe(0);
    expect(off.spans()).toEqual([]);
    expect(recruiter.jobs[0]!.counts.failed).toBe(1);
  });
});

describe('WorkStealingOpenTelemetryModule that is set up wrongly', () => {
  it('tells all that is wrong at once, at bootstrap', async () => {
    const wrong = {
      meterProvider: {},
      tracerProvider: 7,
      metrics: 'yes',
      spans: 1,
      attributes: { a: {} },
      buckets: [0.1, 0.05],
      bucket: [],
    } as unknown as WorkStealingOpenTelemetryOptions;
    const problem = await application(wrong, {}).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(WorkStealingConfigError);
    const { problems, message } = problem as WorkStealingConfigError;
    expect(problems).toEqual([
      expect.stringMatching(/^unknown option 'bucket'; known are .*buckets/),
      'meterProvider is {}; expected a MeterProvider with getMeter()',
      'tracerProvider is 7; expected a TracerProvider with getTracer()',
      "metrics is 'yes'; expected true or false",
      'spans is 1; expected true or false',
      'attributes is { a: {} }; expected an object of strings, numbers and booleans, or arrays of one of these',
      'buckets is [ 0.1, 0.05 ]; expected ascending numbers of seconds above 0',
    ]);
    for (const each of problems) expect(message).toContain(each);
    for (const buckets of [[], [0], [1, Number.NaN], ['1'], 1]) {
      const refused = application({ buckets } as WorkStealingOpenTelemetryOptions, {});
      await expect(refused).rejects.toThrow(/buckets is /);
    }
    await expect(application(null as never, {})).rejects.toThrow(/options are null; expected an object/);
  });

  it('says that it needs recruiters', async () => {
    const module = Test.createTestingModule({ imports: [WorkStealingOpenTelemetryModule.forRoot()] });
    await expect(module.compile()).rejects.toThrow(
      'WorkStealingOpenTelemetryModule: WorkStealingModule.forRoot() is not imported',
    );
  });

  it('takes options from a class', async () => {
    const otel = started();
    @Injectable()
    class Settings implements WorkStealingOpenTelemetryOptionsFactory {
      createWorkStealingOpenTelemetryOptions() {
        return otel.providers;
      }
    }
    const app = await Test.createTestingModule({
      imports: [
        WorkStealingModule.forRoot(deterministic()),
        WorkStealingOpenTelemetryModule.forRootAsync({ useClass: Settings }),
      ],
    }).compile();
    apps.push(app);
    await app.init();
    expect(await otel.points('enlistments')).toEqual([[{ recruiter: 'default' }, 0]]);
  });
});

function expectChild(span: ReadableSpan, parent: ReadableSpan): void {
  expect(span.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
  expect(span.spanContext().traceId).toBe(parent.spanContext().traceId);
}

const isHistogram = ({ dataPointType }: MetricData) => dataPointType === DataPointType.HISTOGRAM;

function boundariesOf(point: unknown): number[] {
  return (point as { value: { buckets: { boundaries: number[] } } }).value.buckets.boundaries;
}

/** An error that fails whoever reads it. */
function hostile(): Error {
  const error = new Error('hidden');
  for (const key of ['name', 'message']) {
    Object.defineProperty(error, key, {
      get: () => {
        throw new Error('hands off');
      },
    });
  }
  return error;
}
