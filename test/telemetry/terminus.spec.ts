import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import {
  getRecruiterToken,
  Recruiter,
  WorkStealingConfigError,
  WorkStealingModule,
  type JobSnapshot,
  type Slice,
  type WorkStealingOptions,
} from 'nestjs-work-stealing';
import {
  WorkStealingHealthIndicator,
  WorkStealingTerminusModule,
  type UnwellJob,
  type WorkStealingHealth,
  type WorkStealingTerminusOptions,
} from 'nestjs-work-stealing/terminus';
import { ManualClock, MemoryCoordinator } from 'nestjs-work-stealing/testing';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly workStealing: WorkStealingHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.workStealing.isHealthy('work-stealing')]);
  }
}

@Module({})
class HealthModule {
  static with(options: WorkStealingTerminusOptions | undefined): DynamicModule {
    const indicator =
      options === undefined ? WorkStealingTerminusModule : WorkStealingTerminusModule.forRoot(options);
    return { module: HealthModule, imports: [TerminusModule, indicator], controllers: [HealthController] };
  }
}

const START = Date.UTC(2026, 10, 25);
const opened: INestApplication[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

interface Setting {
  readonly terminus?: WorkStealingTerminusOptions;
  readonly root?: WorkStealingOptions;
  readonly named?: string;
  readonly adapter?: () => ExpressAdapter | FastifyAdapter;
}

async function start({ terminus, root, named, adapter = () => new ExpressAdapter() }: Setting = {}) {
  const clock = new ManualClock(START);
  const compiled = await Test.createTestingModule({
    imports: [
      WorkStealingModule.forRoot({ clock, load: false, idle: false, dutyCycle: 1, ...root }),
      ...(named === undefined ? [] : [WorkStealingModule.registerRecruiter(named)]),
      HealthModule.with(terminus),
    ],
  }).compile();
  const app = compiled.createNestApplication(adapter(), { logger: false });
  opened.push(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, clock, recruiter: app.get(Recruiter), check: () => get(`${url}/health`) };
}

interface Answer {
  readonly status: string;
  readonly details: { readonly 'work-stealing': WorkStealingHealth & { readonly status: string } };
}

async function get(url: string) {
  const response = await fetch(url);
  const { status, details } = (await response.json()) as Answer;
  return { http: response.status, overall: status, ...details['work-stealing'] };
}

const nothing = { recruited: () => {} };
const broken = {
  recruited: () => {
    throw new Error('connect ECONNREFUSED 10.0.0.7:6379');
  },
};

async function fail(recruiter: Recruiter, id: string, times: number) {
  for (let each = 0; each < times; each++) await recruiter.recruit(id);
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('WorkStealingHealthIndicator on %s', (_, adapter) => {
  it('is up, and says of which recruiters and how many jobs', async () => {
    const { recruiter, check } = await start({ adapter, named: 'mail' });
    recruiter.install(nothing, 'expire', 0.1);
    expect(await check()).toEqual({
      http: 200,
      overall: 'ok',
      status: 'up',
      state: 'up',
      recruiters: [
        { name: 'default', state: 'open' },
        { name: 'mail', state: 'open' },
      ],
      jobs: 1,
      paused: 0,
      unwell: [],
      more: 0,
    });
  });

  it('is degraded but still answers 200 while a job fails, and names it', async () => {
    const { recruiter, check, clock } = await start({ adapter });
    recruiter.install(nothing, 'expire', 0.1);
    recruiter.install(broken, 'reap', 0.1);
    await fail(recruiter, 'reap', 2);
    expect(await check()).toMatchObject({ http: 200, overall: 'ok', state: 'up' });
    clock.advance(60_000);
    await fail(recruiter, 'reap', 1);
    expect(await check()).toMatchObject({
      http: 200,
      overall: 'degraded',
      status: 'degraded',
      state: 'degraded',
      message: '1 of 2 jobs is unwell; "reap": its last 3 slices failed.',
      unwell: [
        {
          recruiter: 'default',
          job: 'reap',
          problem: 'its last 3 slices failed',
          since: '2026-11-25T00:00:00.000Z',
          failuresInARow: 3,
          lastError: 'connect ECONNREFUSED 10.0.0.7:6379',
        },
      ],
    });
  });

  it('is down with 503 from the moment when the application closes', async () => {
    const { app, recruiter, check } = await start({ adapter });
    let end = () => {};
    const begun = new Promise<Slice>((resolve) => {
      const recruited = (slice: Slice) => {
        resolve(slice);
        return new Promise<void>((settle) => (end = settle));
      };
      recruiter.install({ recruited }, 'slow', { rate: 0.1, budget: 60_000 });
      void recruiter.recruit('slow');
    });
    await begun;
    const closed = app.close();
    expect(await check()).toMatchObject({
      http: 503,
      overall: 'error',
      status: 'down',
      state: 'closing',
      message: 'The application is closing.',
    });
    end();
    await closed;
  });
});

describe('WorkStealingHealthIndicator when a job does no work', () => {
  it('is degraded after expectWorkWithin, counted from the installation, until work is done', async () => {
    const { recruiter, check, clock } = await start();
    recruiter.install(nothing, 'expire', { rate: 0.1, expectWorkWithin: 60_000 });
    clock.advance(60_000);
    expect(await check()).toMatchObject({ state: 'up' });
    clock.advance(30_000);
    const { status, unwell } = await check();
    expect(status).toBe('degraded');
    expect(unwell).toEqual([
      {
        recruiter: 'default',
        job: 'expire',
        problem: 'no work done for 90 s; expected within 60 s',
        since: '2026-11-25T00:01:00.000Z',
        failuresInARow: 0,
      },
    ]);
    await recruiter.recruit('expire');
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
    clock.advance(61_000);
    expect((await check()).unwell).toMatchObject([{ lastWorkAt: '2026-11-25T00:01:30.000Z' }]);
  });

  it('says both where it fails as well, and the earlier time', async () => {
    const { recruiter, check, clock } = await start();
    recruiter.install(broken, 'reap', { rate: 0.1, expectWorkWithin: 60_000 });
    clock.advance(40_000);
    await fail(recruiter, 'reap', 3);
    clock.advance(40_000);
    expect((await check()).unwell).toMatchObject([
      {
        problem: 'its last 3 slices failed; no work done for 80 s; expected within 60 s',
        since: '2026-11-25T00:00:40.000Z',
      },
    ]);
  });

  it('is degraded while a slice does not settle, paused or not, after as many budgets as are allowed', async () => {
    const { recruiter, check, clock } = await start({ root: { stuckAfter: 10 } });
    let settle = () => {};
    const recruited = () => new Promise<void>((resolve) => (settle = resolve));
    recruiter.install({ recruited }, 'stuck', { rate: 0.1, budget: 50 });
    const slice = recruiter.recruit('stuck');
    clock.advance(100);
    await slice;
    clock.advance(300);
    expect(await check()).toMatchObject({ status: 'up' });
    clock.advance(1000);
    recruiter.pause('stuck');
    expect((await check()).unwell).toMatchObject([
      { job: 'stuck', problem: 'a slice has not settled for 1 s and keeps its place in flight' },
    ]);
    settle();
    await new Promise(setImmediate);
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
  });

  it('leaves out paused jobs: somebody knows', async () => {
    const { recruiter, check, clock } = await start();
    recruiter.install(broken, 'reap', { rate: 0.1, expectWorkWithin: 1000 });
    await fail(recruiter, 'reap', 5);
    clock.advance(5000);
    recruiter.pause('reap');
    expect(await check()).toMatchObject({ status: 'up', jobs: 1, paused: 1, unwell: [] });
  });

  it('expects nothing of a recruiter that is disabled', async () => {
    const { recruiter, check, clock } = await start({ root: { enabled: false } });
    recruiter.install(nothing, 'expire', { rate: 0.1, expectWorkWithin: 1000 });
    clock.advance(5000);
    expect(await check()).toMatchObject({
      http: 200,
      status: 'up',
      recruiters: [{ name: 'default', state: 'disabled' }],
    });
  });

  it('looks after named recruiters, too', async () => {
    const { app, check, clock } = await start({ named: '__proto__' });
    const named = app.get<Recruiter>(getRecruiterToken('__proto__'));
    named.install(nothing, 'letters', { rate: 0.1, expectWorkWithin: 1000 });
    clock.advance(5000);
    expect((await check()).unwell).toMatchObject([{ recruiter: '__proto__', job: 'letters' }]);
  });
});

describe('WorkStealingHealthIndicator and a job with `every`', () => {
  const pass = { dueAt: new Date(START), beganAt: new Date(START), slices: 1, done: 0, skipped: 0 };

  /** A job of which another process holds the pass that fell due at the start, until it is done. */
  async function withPass() {
    const all = await start();
    let isDone = false;
    const claim = async () =>
      isDone
        ? { notDueFor: 30_000, pass: { ...pass, endedAt: new Date(all.clock.timestamp()) } }
        : { heldFor: 5000, pass };
    const period = { claim, report: async () => ({ dueIn: 0 }), renew: async () => true };
    all.recruiter.useCoordinator({ period });
    all.recruiter.install(nothing, 'purge', { every: 60_000 });
    return { ...all, finish: () => void (isDone = true) };
  }

  it('is degraded where the coordinator told of a pass that is overdue by more than two periods, until it is done', async () => {
    const { recruiter, check, clock, finish } = await withPass();
    clock.jump(120_000);
    await recruiter.recruit('purge');
    expect(await check()).toMatchObject({ status: 'up' });
    clock.jump(60_000);
    await recruiter.recruit('purge');
    const { status, unwell } = await check();
    expect(status).toBe('degraded');
    expect(unwell).toEqual([
      {
        recruiter: 'default',
        job: 'purge',
        problem: 'a pass has been due for 180 s and is not done; one is due every 60 s',
        since: '2026-11-25T00:02:00.000Z',
        failuresInARow: 0,
      },
    ]);
    finish();
    await recruiter.recruit('purge');
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
  });

  it('is up where it is paused: somebody knows', async () => {
    const { recruiter, check, clock } = await withPass();
    clock.jump(600_000);
    await recruiter.recruit('purge');
    expect(await check()).toMatchObject({ status: 'degraded' });
    recruiter.pause('purge');
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
  });

  it('expects no work of it where another process does all passes', async () => {
    const { recruiter, check, clock } = await start();
    let asked = 0;
    const claim = async () => {
      asked++;
      const now = new Date(clock.timestamp());
      return { notDueFor: 60_000, pass: { ...pass, dueAt: now, beganAt: now, endedAt: now } };
    };
    const period = { claim, report: async () => ({ dueIn: 0 }), renew: async () => true };
    recruiter.useCoordinator({ period });
    recruiter.install(nothing, 'purge', { every: 60_000 });
    for (let period = 0; period < 20; period++) {
      clock.advance(70_000);
      await new Promise(setImmediate);
      expect(await check()).toMatchObject({ status: 'up', unwell: [] });
    }
    expect(asked).toBeGreaterThanOrEqual(20);
    expect(recruiter.jobs).toMatchObject([{ lastWorkAt: undefined, counts: { partial: 0, idle: 0 } }]);
  });

  it('expects no work of it where its own passes find nothing', async () => {
    const { recruiter, check, clock } = await start();
    recruiter.useCoordinator(new MemoryCoordinator(clock));
    recruiter.install({ recruited: () => ({ done: 0 }) }, 'purge', { every: 60_000 });
    for (let period = 0; period < 20; period++) {
      await recruiter.recruit('purge');
      expect(await check()).toMatchObject({ status: 'up', unwell: [] });
      clock.jump(60_000);
    }
    expect(recruiter.jobs).toMatchObject([{ lastWorkAt: undefined, counts: { idle: 20 } }]);
  });
});

describe('WorkStealingHealthIndicator and slices that are late', () => {
  it('is up where they did their work, however often they took longer than their budget', async () => {
    const { recruiter, check, clock } = await start();
    recruiter.install({ recruited: () => clock.advance(60) }, 'slow', { rate: 0.1, budget: 50 });
    for (let slice = 0; slice < 5; slice++) await recruiter.recruit('slow');
    expect(recruiter.jobs[0]).toMatchObject({ overruns: 5, failuresInARow: 0 });
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
  });

  it('is degraded where they are cut short', async () => {
    const { recruiter, check, clock } = await start();
    const recruited = ({ signal }: Slice) => {
      clock.advance(60);
      signal.throwIfAborted();
    };
    recruiter.install({ recruited }, 'cut', { rate: 0.1, budget: 50 });
    for (let slice = 0; slice < 3; slice++) await recruiter.recruit('cut');
    expect(await check()).toMatchObject({ status: 'degraded', unwell: [{ job: 'cut', failuresInARow: 3 }] });
  });
});

describe('WorkStealingHealthIndicator and a job with work waiting that nobody means to look at', () => {
  /** Shows a job otherwise than its recruiter does: by itself this never happens. */
  function shown(recruiter: Recruiter, otherwise: Partial<JobSnapshot>) {
    const { jobs } = recruiter;
    return jest
      .spyOn(recruiter, 'jobs', 'get')
      .mockReturnValue(jobs.map((job) => ({ ...job, ...otherwise })));
  }

  async function withWork() {
    const all = await start({ root: { adaptive: true } });
    all.recruiter.install({ recruited: () => ({ done: 5, more: true }) }, 'expire', 0.1);
    await all.recruiter.recruit('expire');
    return all;
  }

  it('is degraded, names it, and says that it is a bug of ours and what to do', async () => {
    const { recruiter, check, clock } = await withWork();
    expect(recruiter.jobs[0]).toMatchObject({ more: true, nextLookAt: expect.any(Date) as unknown });
    expect(await check()).toMatchObject({ status: 'up' });
    clock.jump(60_000);
    shown(recruiter, { nextLookAt: undefined });
    expect(await check()).toMatchObject({
      http: 200,
      status: 'degraded',
      unwell: [
        {
          job: 'expire',
          since: '2026-11-25T00:00:00.000Z',
          problem:
            'more work is waiting and no slice is scheduled, which is a bug of nestjs-work-stealing: please ' +
            'report it; pause and resume the job to restart it',
        },
      ],
    });
  });

  it.each<[string, Partial<JobSnapshot>]>([
    ['no more is waiting', { more: false }],
    ['its rate is 0', { rate: 0 }],
    ['it is paused', { paused: true }],
  ])('is up where none is to be looked at, as %s', async (_, otherwise) => {
    const { recruiter, check } = await withWork();
    shown(recruiter, { nextLookAt: undefined, ...otherwise });
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
  });

  it('is up while all places are taken, and while the job itself runs', async () => {
    const { recruiter, check } = await withWork();
    let end = () => {};
    recruiter.install({ recruited: () => new Promise<void>((resolve) => (end = resolve)) }, 'long', 0.1);
    const report = recruiter.recruit('long');
    expect(recruiter.jobs[0]!.nextLookAt).toBeUndefined();
    expect(await check()).toMatchObject({ status: 'up', unwell: [] });
    end();
    await report;
  });
});

describe('WorkStealingHealthIndicator with options', () => {
  async function failing(terminus: WorkStealingTerminusOptions, times = 3) {
    const { recruiter, check } = await start({ terminus });
    recruiter.install(broken, 'reap', 0.1);
    await fail(recruiter, 'reap', times);
    return check();
  }

  it.each([
    ['up', 200, 'ok'],
    ['down', 503, 'error'],
    ['degraded', 200, 'degraded'],
  ] as const)('makes %s of degraded', async (degradedIs, http, overall) => {
    const answer = await failing({ degradedIs });
    expect(answer).toMatchObject({ http, overall, status: degradedIs, state: 'degraded' });
  });

  it('says up where terminus knows no degraded, as before version 12', async () => {
    const { degraded } = Object.getPrototypeOf(new HealthIndicatorService().check('any'));
    const prototype = Object.getPrototypeOf(new HealthIndicatorService().check('any'));
    delete prototype.degraded;
    try {
      expect(await failing({})).toMatchObject({ http: 200, overall: 'ok', status: 'up', state: 'degraded' });
    } finally {
      prototype.degraded = degraded;
    }
  });

  it('waits for as many failures as it is told', async () => {
    expect(await failing({ failures: 5 }, 4)).toMatchObject({ state: 'up' });
    expect(await failing({ failures: 5 }, 5)).toMatchObject({ state: 'degraded' });
    expect((await failing({ failures: 1 }, 1)).unwell).toMatchObject([{ problem: 'its last slice failed' }]);
  });

  it('keeps errors to itself where strangers look', async () => {
    const { unwell } = await failing({ errors: false });
    expect(unwell).toHaveLength(1);
    expect(JSON.stringify(unwell)).not.toContain('ECONNREFUSED');
  });

  it('refuses wrong ones at bootstrap, all at once', async () => {
    const wrong = {
      failures: 0,
      degradedIs: 'ill',
      errors: 1,
      failure: 3,
    } as unknown as WorkStealingTerminusOptions;
    const error = await start({ terminus: wrong }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect((error as WorkStealingConfigError).problems).toEqual([
      "unknown option 'failure'; known are failures, degradedIs, errors",
      'failures is 0; expected a whole number from 1',
      "degradedIs is 'ill'; expected 'degraded', 'up' or 'down'",
      'errors is 1; expected true or false',
    ]);
  });

  it('says that WorkStealingModule is missing', async () => {
    const starting = Test.createTestingModule({ imports: [WorkStealingTerminusModule] }).compile();
    await expect(starting).rejects.toThrow(
      'WorkStealingTerminusModule: WorkStealingModule.forRoot() is not imported',
    );
  });

  it('takes them from a factory', async () => {
    const compiled = await Test.createTestingModule({
      imports: [
        WorkStealingModule.forRoot(),
        WorkStealingTerminusModule.forRootAsync({ useFactory: async () => ({ failures: 1 }) }),
      ],
    }).compile();
    const app = compiled.createNestApplication({ logger: false });
    opened.push(app);
    await app.init();
    const recruiter = app.get(Recruiter);
    recruiter.install(broken, 'reap', 0.1);
    await fail(recruiter, 'reap', 1);
    expect(app.get(WorkStealingHealthIndicator).health().state).toBe('degraded');
  });
});

describe('WorkStealingHealthIndicator with hostile and many jobs', () => {
  let answer: Awaited<ReturnType<typeof get>>;
  let unwell: readonly UnwellJob[];
  const hostile = ['__proto__', '<script>alert(1)</script>', '"}]}', 'a\u0000b\uD800', 'é'.repeat(512)];

  beforeAll(async () => {
    const { recruiter, check } = await start({ terminus: { failures: 1 } });
    const shouting = {
      recruited: () => {
        throw new Error(`</script>\n${'x'.repeat(10_000)}`);
      },
    };
    const ids = [...hostile, ...Array.from({ length: 200 }, (_, index) => `job ${index}`)];
    for (const id of ids) recruiter.install(shouting, id, 0.001);
    for (const id of ids) await recruiter.recruit(id);
    answer = await check();
    unwell = answer.unwell;
  });
  afterAll(() => {
    unwell = [];
  });

  it('answers with each id as it is', () => {
    expect(unwell.slice(0, hostile.length).map(({ job }) => job)).toEqual(hostile);
  });

  it('shows twenty and says how many more there are', () => {
    expect(answer).toMatchObject({ jobs: 205, more: 185 });
    expect(unwell).toHaveLength(20);
  });

  it('quotes 200 characters of an error on one line, and no stack', () => {
    for (const { lastError } of unwell) {
      expect(lastError).toHaveLength(200);
      expect(lastError).toMatch(/^<\/script> x+…$/);
    }
    expect(JSON.stringify(answer)).not.toContain('    at ');
  });
});
