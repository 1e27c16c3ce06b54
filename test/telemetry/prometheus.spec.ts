import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Counter, Gauge, register, Registry, type OpenMetricsContentType } from 'prom-client';
import request from 'supertest';
import {
  Duty,
  getRecruiterToken,
  OUTCOMES,
  Recruiter,
  WorkStealingConfigError,
  WorkStealingModule,
  type Job,
  type WorkStealingOptions,
  type Progress,
} from 'nestjs-work-stealing';
import {
  WorkStealingPrometheusModule,
  type WorkStealingPrometheusOptions,
  type WorkStealingPrometheusOptionsFactory,
} from 'nestjs-work-stealing/prometheus';
import { deterministic, ManualClock } from 'nestjs-work-stealing/testing';
import { Exposition } from '../../lib/prometheus/exposition.js';
import { promtool, samplesOf } from '../support/prometheus.js';

const apps: { close(): Promise<void> }[] = [];

beforeEach(() => register.clear());
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

type Jobs = Record<string, Job['recruited'] | Job>;
interface More {
  options?: WorkStealingOptions;
  imports?: DynamicModule[];
}

/** An application whose jobs do what they are told to. */
async function start(
  prometheus: WorkStealingPrometheusOptions | DynamicModule = {},
  jobs: Jobs = {},
  { options, imports = [] }: More = {},
): Promise<{ app: INestApplication; recruiter: Recruiter }> {
  const module = 'module' in prometheus ? prometheus : WorkStealingPrometheusModule.forRoot(prometheus);
  const testing = await Test.createTestingModule({
    imports: [WorkStealingModule.forRoot(deterministic(options)), module, ...imports],
  }).compile();
  const app = testing.createNestApplication();
  apps.push(app);
  await app.init();
  const recruiter = app.get<Recruiter>(getRecruiterToken());
  install(recruiter, jobs);
  return { app, recruiter };
}

function install(recruiter: Recruiter, jobs: Jobs): (() => void)[] {
  const rate = 1 / Object.keys(jobs).length;
  return Object.entries(jobs).map(([id, job]) =>
    recruiter.install(typeof job === 'function' ? { recruited: job } : job, id, rate),
  );
}

async function problemsOf(starting: Promise<unknown>): Promise<string> {
  const error = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkStealingConfigError);
  return (error as WorkStealingConfigError).problems.join('\n');
}

const slices = (registry: Registry) => samplesOf(registry, 'work_stealing_slices_total');
const done = (count: number) => () => ({ done: count, limit: count });

describe('WorkStealingPrometheusModule when its registry is read', () => {
  it('tells what slices came to, exactly as the recruiter counts them', async () => {
    const registry = new Registry();
    const clock = new ManualClock();
    const results = [{ done: 3, limit: 3 }, { done: 2, limit: 3 }, Duty.DISMISSED];
    const { recruiter } = await start(
      { registry },
      {
        reap: () => results.shift() ?? Promise.reject(new Error('no more')),
        slow: () => clock.advance(60),
      },
      { options: { clock } },
    );
    for (let i = 0; i < 4; i++) await recruiter.recruit('reap');
    await recruiter.recruit('slow');
    recruiter.pause('slow');
    await recruiter.recruit('slow');
    expect(await slices(registry)).toEqual({
      'reap full': 1,
      'reap partial': 1,
      'reap idle': 1,
      'reap failed error': 1,
      'reap aborted budget': 0,
      'slow full': 0,
      'slow partial': 1,
      'slow idle': 0,
      'slow failed error': 0,
      'slow aborted budget': 0,
      'slow gated paused': 1,
    });
    expect(await samplesOf(registry, 'work_stealing_items_total')).toEqual({ reap: 5, slow: 0 });
    expect(await samplesOf(registry, 'work_stealing_overruns_total')).toEqual({ reap: 0, slow: 1 });
    expect(await samplesOf(registry, 'work_stealing_gated_looks_total')).toEqual({});
    expect(await samplesOf(registry, 'work_stealing_paused')).toEqual({ reap: 0, slow: 1 });
    const duration = await registry.getSingleMetricAsString('work_stealing_slice_duration_seconds');
    expect(duration).toContain('_count{recruiter="default",job="reap"} 4');
    expect(duration).toContain('_bucket{le="0.05",recruiter="default",job="slow"} 0');
    expect(duration).toContain('_bucket{le="0.1",recruiter="default",job="slow"} 1');
    expect(duration).toContain('_sum{recruiter="default",job="slow"} 0.06');
  });

  it('tells when the next pass is due and how the last one went, of jobs with `every` alone', async () => {
    const registry = new Registry();
    const { recruiter } = await start({ registry }, { reap: done(1) });
    const every = { ms: 3_600_000, scope: 'process' } as const;
    let runs = 0;
    recruiter.install({ recruited: () => ({ done: 5, more: ++runs < 3 }) }, 'purge', { every });
    const read = (name: string) => samplesOf(registry, `work_stealing_${name}`);
    expect(await read('next_pass_seconds')).toEqual({ purge: 0 });
    expect(await read('last_pass_slices')).toEqual({});
    await recruiter.recruit('purge');
    await recruiter.recruit('purge');
    expect(await read('next_pass_seconds')).toEqual({ purge: 0 });
    expect(await read('last_pass_items')).toEqual({ purge: 10 });
    expect(await read('last_pass_duration_seconds')).toEqual({});
    await recruiter.recruit('purge');
    const { purge: next } = (await read('next_pass_seconds')) as { purge: number };
    expect(next).toBeGreaterThan(3590);
    expect(next).toBeLessThanOrEqual(3600);
    expect(await read('period_seconds')).toEqual({ purge: 3600 });
    expect(await read('pass_overdue_seconds')).toEqual({ purge: 0 });
    expect(await read('last_pass_slices')).toEqual({ purge: 3 });
    expect(await read('last_pass_items')).toEqual({ purge: 15 });
    expect(await read('last_pass_skipped_periods')).toEqual({ purge: 0 });
    const { purge: took } = (await read('last_pass_duration_seconds')) as { purge: number };
    expect(took).toBeLessThan(10);
  });

  it('has the gates of the application for reasons, and no more than twenty of a job', async () => {
    const registry = new Registry();
    const { recruiter } = await start({ registry }, { reap: done(1) });
    for (let gate = 0; gate < 25; gate++) {
      const undo = recruiter.useGate(`gate-${gate}`, () => true, { checkEvery: 60_000 });
      await recruiter.enlist();
      undo();
    }
    const gated = Object.entries(await slices(registry)).filter(([key]) => key.includes('gated'));
    expect(gated).toHaveLength(21);
    expect(gated).toContainEqual(['reap gated gate:gate-0', 1]);
    expect(gated).toContainEqual(['reap gated gate:(others)', 5]);
  });

  it('has every drawn slice in one series, however it was drawn', async () => {
    const registry = new Registry();
    let turn = 0;
    const { recruiter } = await start(
      { registry },
      {
        mixed: () => [done(2)(), Duty.DISMISSED, { done: 1, limit: 2 }][turn++ % 3],
        failing: () => Promise.reject(new Error('broken')),
      },
    );
    for (let i = 0; i < 200; i++) {
      if (i % 2 === 0) recruiter.enlistDetached();
      else await recruiter.enlist();
    }
    while (recruiter.inFlight > 0) await new Promise(setImmediate);
    const shown = await slices(registry);
    for (const { id, counts, items } of recruiter.jobs) {
      for (const outcome of OUTCOMES) {
        const series = Object.entries(shown).filter(([key]) => key.startsWith(`${id} ${outcome}`));
        expect([id, outcome, series.reduce((sum, [, value]) => sum + value, 0)]).toEqual([
          id,
          outcome,
          counts[outcome],
        ]);
      }
      expect((await samplesOf(registry, 'work_stealing_items_total'))[id]).toBe(items);
    }
    expect(Object.values(shown).reduce((sum, value) => sum + value, 0)).toBeGreaterThanOrEqual(200);
    expect(await samplesOf(registry, 'work_stealing_enlistments_total')).toEqual({ '': 200 });
  });

  it('tells of rates, times, expectations, slices in flight and the event loop as they are now', async () => {
    const registry = new Registry();
    const clock = new ManualClock(5000);
    const { recruiter } = await start({ registry }, { reap: done(1) }, { options: { clock } });
    recruiter.setRate('reap', 0.25);
    recruiter.install({ recruited: () => Duty.DISMISSED }, 'sweep', { rate: 0.5, expectWorkWithin: 90_000 });
    const of = (name: string) => samplesOf(registry, `work_stealing_${name}`);
    expect(await of('last_work_timestamp_seconds')).toEqual({});
    clock.advance(1000);
    await recruiter.recruit('reap');
    expect(await of('last_work_timestamp_seconds')).toEqual({ reap: 6 });
    expect(await of('installed_timestamp_seconds')).toEqual({ reap: 5, sweep: 5 });
    expect(await of('expect_work_within_seconds')).toEqual({ sweep: 90 });
    expect(await of('rate')).toEqual({
      'reap declared': 0.25,
      'reap effective': 0.25,
      'sweep declared': 0.5,
      'sweep effective': 0.5,
    });
    expect(await of('in_flight')).toEqual({ '': 0 });
    expect(await of('event_loop_utilization')).toEqual({ '': recruiter.utilization });
    let release!: () => void;
    recruiter.install({ recruited: () => new Promise<void>((resolve) => (release = resolve)) }, 'long', 0.1);
    const running = recruiter.recruit('long');
    await new Promise(setImmediate);
    expect(await of('in_flight')).toEqual({ '': 1 });
    release();
    await running;
  });

  it('shows the backlog that a job last told, and never waits for it', async () => {
    const registry = new Registry();
    let answer!: (backlog: number) => void;
    let asked = 0;
    const queue = {
      recruited: () => Duty.DISMISSED,
      backlog: () => {
        asked++;
        return new Promise<number>((resolve) => (answer = resolve));
      },
    };
    await start({ registry }, { queue, mute: () => Duty.DISMISSED });
    const backlog = () => samplesOf(registry, 'work_stealing_backlog');
    expect(await backlog()).toEqual({});
    expect(await backlog()).toEqual({});
    expect(asked).toBe(1);
    answer(17);
    await new Promise(setImmediate);
    expect(await backlog()).toEqual({ queue: 17 });
    expect(await backlog()).toEqual({ queue: 17 });
    expect(asked).toBe(1);
  });

  it('passes promtool, whatever ids look like, and in OpenMetrics too', async () => {
    const registry = new Registry();
    const hostile = 'a"b\\c\n{le="1"} # HELP é <b>';
    const { recruiter } = await start(
      { registry },
      { [hostile]: { recruited: done(1), backlog: () => 3 }, plain: () => Duty.DISMISSED },
    );
    await registry.metrics();
    await recruiter.recruit(hostile);
    await recruiter.recruit('plain');
    recruiter.pause();
    await recruiter.recruit('plain');
    const text = await registry.metrics();
    expect(text).toContain('a\\"b\\\\c\\n{le=\\"1\\"} # HELP é <b>');
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
    // That it can object at all.
    expect((await promtool(['check', 'metrics'], text.replaceAll('_total', ''))).code).not.toBe(0);
    const open = new Registry<OpenMetricsContentType>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    await start({ registry: open }, { plain: () => Duty.DISMISSED });
    const openText = await open.metrics();
    expect(openText).toContain('# TYPE work_stealing_slices counter\nwork_stealing_slices_total{');
    expect(openText.endsWith('# EOF\n')).toBe(true);
  }, 60_000);

  it('gives JSON with all labels, as a cluster of processes needs it', async () => {
    const registry = new Registry();
    await start({ registry }, { plain: () => Duty.DISMISSED });
    const rate = (await registry.getMetricsAsJSON()).find(({ name }) => name === 'work_stealing_rate')!;
    expect(rate).toMatchObject({ type: 'gauge', aggregator: 'average' });
    expect(rate.values[0]).toEqual({
      value: 1,
      labels: { recruiter: 'default', job: 'plain', kind: 'declared' },
    });
  });
});

describe('WorkStealingPrometheusModule and what the agenda looks at', () => {
  it('counts by reason what something held back, apart from what was drawn', async () => {
    const registry = new Registry();
    const clock = new ManualClock();
    const options = { clock, idle: { interval: 1000 }, random: { next: () => 0.5 } };
    const { recruiter } = await start({ registry }, {}, { options });
    recruiter.useCoordinator({ pace: { take: async () => 60_000 } });
    recruiter.install({ recruited: () => undefined }, 'held', { rate: 1, pace: { perSecond: 1 } });
    clock.advance(500);
    await new Promise(setImmediate);
    await recruiter.enlist();
    expect(await slices(registry)).toMatchObject({ 'held gated pace-spent': 2 });
    expect(await samplesOf(registry, 'work_stealing_gated_looks_total')).toEqual({ 'held pace-spent': 1 });
  });

  it('counts what was held back before it watched, too', async () => {
    const clock = new ManualClock();
    const recruiter = new Recruiter('default', {
      clock,
      idle: { interval: 1000 },
      random: { next: () => 0.5 },
    });
    recruiter.useCoordinator({ pace: { take: async () => 60_000 } });
    recruiter.install({ recruited: () => undefined }, 'held', { rate: 1, pace: { perSecond: 1 } });
    recruiter.open();
    clock.advance(500);
    await new Promise(setImmediate);
    const registry = new Registry();
    const exposition = new Exposition(registry, '', [0.1]);
    const hide = exposition.show(recruiter);
    expect(await samplesOf(registry, 'work_stealing_gated_looks_total')).toEqual({ 'held pace-spent': 1 });
    hide();
    await recruiter.close();
  });
});

describe('WorkStealingPrometheusModule when jobs and applications come and go', () => {
  it('never lets a counter go back', async () => {
    const registry = new Registry();
    const { recruiter } = await start({ registry });
    const [uninstall] = install(recruiter, { reap: done(2) });
    await recruiter.recruit('reap');
    await recruiter.recruit('reap');
    let release!: () => void;
    const late = { recruited: () => new Promise<void>((resolve) => (release = resolve)) };
    uninstall!();
    expect((await slices(registry))['reap full']).toBe(2);
    expect(await samplesOf(registry, 'work_stealing_rate')).toEqual({});
    const uninstallAgain = recruiter.install(late, 'reap', 1);
    const running = recruiter.recruit('reap');
    await new Promise(setImmediate);
    uninstallAgain();
    release();
    await running;
    install(recruiter, { reap: done(2) });
    await recruiter.recruit('reap');
    const { 'reap full': full, 'reap partial': partial } = await slices(registry);
    expect([full, partial]).toEqual([3, 1]);
    expect(await samplesOf(registry, 'work_stealing_items_total')).toEqual({ reap: 6 });
  });

  it('counts the items of a slice that settles after it was given up', async () => {
    const registry = new Registry();
    const { recruiter } = await start({ registry });
    let release!: (result: Progress) => void;
    const late = { recruited: () => new Promise<Progress>((resolve) => (release = resolve)) };
    recruiter.install(late, 'reap', { rate: 0.1, budget: 5 });
    expect(await recruiter.recruit('reap')).toMatchObject({ outcome: 'aborted', settled: false });
    const settled = new Promise((resolve) => recruiter.on('late', resolve));
    release({ done: 7, limit: 50 });
    expect(await settled).toMatchObject({ jobId: 'reap', done: 7 });
    expect(await samplesOf(registry, 'work_stealing_items_total')).toEqual({ reap: 7 });
  });

  it('counts on from a closed application to the next, as a hot reload has it', async () => {
    const registry = new Registry();
    const first = await start({ registry }, { reap: done(1) });
    await first.recruiter.recruit('reap');
    await first.recruiter.enlist();
    await first.app.close();
    expect(await samplesOf(registry, 'work_stealing_rate')).toEqual({});
    expect(await samplesOf(registry, 'work_stealing_in_flight')).toEqual({});
    expect(await samplesOf(registry, 'work_stealing_enlistments_total')).toEqual({ '': 1 });
    const second = await start({ registry }, { reap: done(1) });
    await second.recruiter.recruit('reap');
    await second.recruiter.enlist();
    expect((await slices(registry))['reap full']).toBe(4);
    expect(await samplesOf(registry, 'work_stealing_enlistments_total')).toEqual({ '': 2 });
    await first.recruiter.recruit('reap');
    expect((await slices(registry))['reap full']).toBe(4);
  });

  it('adds up two applications that share a registry, and takes the higher of what cannot be added', async () => {
    const registry = new Registry();
    const one = await start({ registry }, { reap: done(1) });
    const two = await start({ registry }, { reap: done(1), other: done(1) });
    await one.recruiter.recruit('reap');
    await two.recruiter.recruit('reap');
    one.recruiter.pause('reap');
    await one.recruiter.enlist();
    expect((await slices(registry))['reap full']).toBe(2);
    expect(await samplesOf(registry, 'work_stealing_rate')).toMatchObject({ 'reap declared': 1 });
    expect(await samplesOf(registry, 'work_stealing_paused')).toEqual({ reap: 0, other: 0 });
    expect(await samplesOf(registry, 'work_stealing_enlistments_total')).toEqual({ '': 1 });
  });

  it('counts once though it is imported twice, and shows every recruiter of the application', async () => {
    const registry = new Registry();
    const { app, recruiter } = await start(
      { registry },
      { reap: done(1) },
      {
        imports: [
          WorkStealingModule.registerRecruiter('mail'),
          WorkStealingPrometheusModule.forRoot({ registry, buckets: undefined as never }),
        ],
      },
    );
    const mail = app.get<Recruiter>(getRecruiterToken('mail'));
    mail.install({ recruited: done(1) }, 'send', 0.5);
    await recruiter.recruit('reap');
    await mail.recruit('send');
    expect(await slices(registry)).toMatchObject({ 'reap full': 1, 'mail send full': 1 });
  });

  it('has been told of slices that ran before it watched', async () => {
    const registry = new Registry();
    class Early {
      constructor(private readonly recruiter: Recruiter) {}
      async onModuleInit() {
        this.recruiter.install({ recruited: done(4) }, 'early', 1);
        this.recruiter.open();
        await this.recruiter.recruit('early');
      }
    }
    @Module({
      providers: [
        { provide: Early, inject: [getRecruiterToken()], useFactory: (r: Recruiter) => new Early(r) },
      ],
    })
    class EarlyModule {}
    await start({ registry }, {}, { imports: [{ module: EarlyModule }] });
    expect((await slices(registry))['early full']).toBe(1);
    expect(await samplesOf(registry, 'work_stealing_items_total')).toEqual({ early: 4 });
  });

  it('begins anew in a registry that was cleared, and at 0 after resetMetrics()', async () => {
    const { recruiter } = await start({}, { reap: done(1) });
    await recruiter.recruit('reap');
    register.resetMetrics();
    expect((await slices(register))['reap full']).toBe(0);
    await recruiter.recruit('reap');
    expect((await slices(register))['reap full']).toBe(1);
    register.clear();
    await start({}, { reap: done(1) });
    expect((await slices(register))['reap full']).toBe(0);
  });

  it.each([
    ['Prometheus', Registry.PROMETHEUS_CONTENT_TYPE],
    ['OpenMetrics', Registry.OPENMETRICS_CONTENT_TYPE],
  ])(
    'is there again at the next scrape of a registry of %s that was cleared, from 0',
    async (_what, type) => {
      const registry = new Registry<OpenMetricsContentType>();
      registry.setContentType(type as OpenMetricsContentType);
      const { recruiter } = await start({ registry }, { reap: done(1) });
      await recruiter.recruit('reap');
      await registry.metrics();
      registry.clear();
      const text = await registry.metrics();
      expect(text).toMatch(/^work_stealing_slices_total\{.*outcome="full".*job="reap"\} 0$/m);
      expect(text).toMatch(/^work_stealing_rate\{kind="declared".*job="reap"\} 1$/m);
      await recruiter.recruit('reap');
      const lines = (await registry.metrics()).split('\n');
      expect(lines.filter((line) => /^work_stealing_slices_total.*outcome="full"/.test(line))).toEqual([
        expect.stringMatching(/ 1$/),
      ]);
      expect(lines).toContainEqual(expect.stringMatching(/^work_stealing_slice_duration_seconds_count.* 1$/));
      // Nothing is left of an application that has closed.
      await apps.pop()!.close();
      registry.clear();
      expect(await registry.metrics()).not.toContain('work_stealing');
    },
  );

  it('bounds the number of series', async () => {
    const registry = new Registry();
    const { recruiter } = await start({ registry });
    for (let i = 0; i < 1100; i++) {
      const uninstall = recruiter.install({ recruited: done(1) }, `job ${i}`, 0.001);
      await recruiter.recruit(`job ${i}`);
      uninstall();
    }
    const items = await samplesOf(registry, 'work_stealing_items_total');
    expect(Object.keys(items)).toHaveLength(1001);
    expect(items['(others)']).toBe(100);
  });
});

describe('WorkStealingPrometheusModule with an address', () => {
  it('needs no more than a controller of ten lines', async () => {
    @Controller('metrics')
    class MetricsController {
      @Get()
      @Header('content-type', register.contentType)
      metrics(): Promise<string> {
        return register.metrics();
      }
    }
    @Module({ controllers: [MetricsController] })
    class MetricsModule {}
    const { app } = await start({}, { reap: done(1) }, { imports: [{ module: MetricsModule }] });
    const { text, headers } = await request(app.getHttpServer() as Server)
      .get('/metrics')
      .expect(200);
    expect(headers['content-type']).toBe(register.contentType);
    expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  });
});

describe('WorkStealingPrometheusModule when its options are wrong', () => {
  it('lists all that is wrong', async () => {
    const options = { registry: {}, prefix: '9-lives', buckets: [0.1, 0.05], bucket: 1 } as never;
    expect(await problemsOf(start(options))).toBe(
      [
        `unknown option 'bucket'; known are registry, prefix, buckets`,
        'registry is {}; expected a Registry of prom-client',
        `prefix is '9-lives'; expected letters, digits and underscores, with no digit first, such as "shop_"`,
        'buckets is [ 0.1, 0.05 ]; expected seconds above 0, ascending, such as [0.01, 0.05]',
      ].join('\n'),
    );
    expect(await problemsOf(start({ prefix: 'a:b_' }))).toContain(`prefix is 'a:b_'`);
    for (const buckets of [[], [0], [NaN], ['1'], 3, [1, Infinity]]) {
      expect(await problemsOf(start({ buckets: buckets as never }))).toContain('buckets is');
    }
    expect(
      await problemsOf(start(WorkStealingPrometheusModule.forRootAsync({ useFactory: () => 7 as never }))),
    ).toBe('options are 7; expected an object');
  });

  it('needs the module itself', async () => {
    const starting = Test.createTestingModule({
      imports: [WorkStealingPrometheusModule.forRoot()],
    }).compile();
    expect(await problemsOf(starting)).toBe('WorkStealingModule.forRoot() is not imported');
  });

  it('names what the registry holds already under its names', async () => {
    const registry = new Registry();
    const config = { help: 'Mine.', registers: [registry] };
    const mine = new Gauge({ ...config, name: 'work_stealing_slices_total', labelNames: ['job'] });
    mine.set({ job: 'mine' }, 3);
    const theirs = new Counter({ ...config, name: 'work_stealing_enlistments_total' });
    theirs.inc(2);
    const problems = await problemsOf(start({ registry }));
    expect(problems.split('\n')).toHaveLength(2);
    expect(problems).toContain(
      'the registry already holds "work_stealing_slices_total", a gauge by job, which is not from this module, ' +
        'whose metric would be a counter by recruiter, job, outcome, reason; use another prefix or registry',
    );
    expect(problems).toContain('"work_stealing_enlistments_total", a counter without labels');
    expect((await mine.get()).values).toHaveLength(1);
    expect((await theirs.get()).values[0]?.value).toBe(2);
    const { recruiter } = await start({ registry, prefix: 'shop_' }, { reap: done(1) });
    await recruiter.recruit('reap');
    expect(await samplesOf(registry, 'shop_work_stealing_slices_total')).toMatchObject({ 'reap full': 1 });
  });

  it('refuses other buckets than a running application has, and takes them when that has closed', async () => {
    const registry = new Registry();
    const first = await start({ registry, buckets: [0.01, 0.1] });
    expect(await problemsOf(start({ registry, buckets: [0.02] }))).toContain(
      'buckets is [ 0.02 ], but a running application shows its slices in the same registry with [ 0.01, 0.1 ]',
    );
    await first.app.close();
    const { recruiter } = await start({ registry, buckets: [0.02] }, { reap: done(1) });
    await recruiter.recruit('reap');
    expect(await registry.metrics()).toContain('le="0.02"');
  });

  it('takes options from a factory, a class or an existing provider', async () => {
    const registry = new Registry();
    class Settings implements WorkStealingPrometheusOptionsFactory {
      createWorkStealingPrometheusOptions = () => ({ registry, prefix: 'a_' });
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    await start(WorkStealingPrometheusModule.forRootAsync({ useClass: Settings }));
    await start(
      WorkStealingPrometheusModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: (settings: Settings) => ({
          ...settings.createWorkStealingPrometheusOptions(),
          prefix: 'b_',
        }),
      }),
    );
    await start(
      WorkStealingPrometheusModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    );
    expect(registry.getSingleMetric('a_work_stealing_rate')).toBeDefined();
    expect(registry.getSingleMetric('b_work_stealing_rate')).toBeDefined();
  });
});
