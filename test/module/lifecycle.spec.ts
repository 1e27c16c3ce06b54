import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Inject, Injectable, Logger, Module, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { LazyModuleLoader, ModuleRef, NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Duty,
  Enlist,
  getRecruiterToken,
  Recruiter,
  StealableJob,
  WorkStealingModule,
  type Progress,
  type Slice,
} from 'nestjs-work-stealing';
import {
  deterministic,
  ManualClock,
  recruitNext,
  dismissAll,
  WorkStealingTestingModule,
} from 'nestjs-work-stealing/testing';

let app: TestingModule | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

@StealableJob(1)
class Chore {
  slices = 0;

  recruited(): void {
    this.slices++;
  }
}

describe('A recruiter in the life of its application', () => {
  it('dismisses until every bootstrap hook has run, and again once shutdown has begun', async () => {
    const heard: [string, Duty][] = [];
    @Injectable()
    class Hooks {
      constructor(private readonly recruiter: Recruiter) {}

      async #enlist(hook: string): Promise<void> {
        heard.push([hook, await this.recruiter.enlist()]);
      }

      onModuleInit = () => this.#enlist('onModuleInit');
      onApplicationBootstrap = () => this.#enlist('onApplicationBootstrap');
      onModuleDestroy = () => this.#enlist('onModuleDestroy');
      beforeApplicationShutdown = () => this.#enlist('beforeApplicationShutdown');
      onApplicationShutdown = () => this.#enlist('onApplicationShutdown');
    }
    @Module({ providers: [Hooks] })
    class Deep {}
    @Module({ imports: [WorkStealingModule.forRoot(deterministic()), Deep], providers: [Chore, Hooks] })
    class App {}
    const context = await NestFactory.createApplicationContext(App, { logger: false });
    heard.push(['running', await context.get(Recruiter).enlist()]);
    await context.close();
    const recruited = heard.filter(([, duty]) => duty === Duty.RECRUITED);
    expect(recruited).toEqual([['running', Duty.RECRUITED]]);
    expect(heard).toHaveLength(11);
  });

  it("lets a slice in flight finish before any module's destroy hook takes away what it uses", async () => {
    const events: string[] = [];
    let finish = () => {};
    @Injectable()
    class Database {
      onModuleDestroy(): void {
        events.push('database closed');
      }
    }
    @StealableJob(1)
    @Injectable()
    class Backfill {
      async recruited(): Promise<void> {
        await new Promise<void>((resolve) => (finish = resolve));
        events.push('slice finished');
      }
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic())],
      providers: [Database, Backfill],
    }).compile();
    await app.init();
    const duty = app.get(Recruiter).enlist();
    const closed = app.close();
    finish();
    await Promise.all([closed, duty]);
    expect(events).toEqual(['slice finished', 'database closed']);
  });

  it('aborts a slice that outlasts the grace period, and does not wait for one that never settles', async () => {
    const clock = new ManualClock();
    @StealableJob({ rate: 1, budget: 60_000 })
    class Endless {
      reason: unknown;

      recruited({ signal }: Slice): Promise<void> {
        signal.addEventListener('abort', () => (this.reason = signal.reason));
        return new Promise(() => {});
      }
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic({ clock, shutdownGrace: 3000 }))],
      providers: [Endless],
    }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    const duty = recruiter.enlist();
    const closed = app.close();
    // Closing awaits a few promises of Nest's before it comes to ours.
    while (clock.pending < 2) await new Promise(setImmediate);
    clock.advance(2999);
    expect(app.get(Endless).reason).toBeUndefined();
    clock.advance(1);
    await closed;
    await expect(duty).resolves.toBe(Duty.DISMISSED);
    expect(String(app.get(Endless).reason)).toContain('closing');
    expect(recruiter.jobs[0]?.counts.aborted).toBe(1);
    app = undefined;
  });

  it('wires and checks everything with enabled: false, but recruits nobody', async () => {
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic({ enabled: false }))],
      providers: [Chore],
    }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    await expect(recruiter.enlist()).resolves.toBe(Duty.DISMISSED);
    expect(recruiter.enlistments).toBe(1);
    await expect(recruiter.recruit('Chore')).resolves.toMatchObject({ outcome: 'partial' });
  });

  it('shares nothing between two applications of one process', async () => {
    const make = async () => {
      const made = await Test.createTestingModule({
        imports: [WorkStealingModule.forRoot(deterministic())],
        providers: [Chore],
      }).compile();
      return made.init();
    };
    const [one, two] = [await make(), await make()];
    await one.get(Recruiter).enlist();
    await one.close();
    expect(one.get(Chore).slices).toBe(1);
    expect(two.get(Chore).slices).toBe(0);
    await expect(two.get(Recruiter).enlist()).resolves.toBe(Duty.RECRUITED);
    expect(two.get(Recruiter).enlistments).toBe(1);
    await two.close();
  });

  it('takes jobs of a lazy-loaded module by install()', async () => {
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic())],
    }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    @Module({ providers: [Chore] })
    class Lazy {}
    const lazy: ModuleRef = await app.get(LazyModuleLoader).load(() => Lazy);
    const undo = recruiter.install(lazy.get(Chore), 'Chore', 1);
    await recruiter.enlist();
    expect(lazy.get(Chore).slices).toBe(1);
    undo();
    await expect(recruiter.enlist()).resolves.toBe(Duty.DISMISSED);
  });

  it('opens a recruiter that a lazy-loaded module registers, and refuses one that is wrong', async () => {
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic())],
    }).compile();
    await app.init();
    const load = (name: string, options = {}) => {
      @Module({ imports: [WorkStealingModule.registerRecruiter(name, options)] })
      class Lazy {}
      return app!.get(LazyModuleLoader).load(() => Lazy);
    };
    const lazy = await load('reports');
    const reports = lazy.get<Recruiter>(getRecruiterToken('reports'), { strict: false });
    expect(reports.state).toBe('open');
    const chore = new Chore();
    reports.install(chore, 'chore', 1);
    await reports.enlist();
    expect(chore.slices).toBe(1);
    await expect(load('reports', { budget: 20 })).rejects.toThrow('2 recruiters are named "reports"');
    await expect(load('pages', { budget: -1 })).rejects.toThrow('registerRecruiter("pages"): budget is -1');
    await app.close();
    expect(reports.state).toBe('closing');
    app = undefined;
  });

  it('names the hook to whoever asks for a job before it is installed', async () => {
    class Early {
      constructor(private readonly recruiter: Recruiter) {}
      async onModuleInit(): Promise<void> {
        await this.recruiter.recruit('Chore');
      }
    }
    Injectable()(Early);
    Inject(Recruiter)(Early, undefined, 0);
    const module = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic())],
      providers: [Chore, Early],
    }).compile();
    await expect(module.init()).rejects.toThrow(/has no job 'Chore'.*onModuleInit.*onApplicationBootstrap/);
    await module.close();
  });

  it('takes its options from a factory, a class or an existing provider', async () => {
    class Settings {
      createWorkStealingOptions = () => deterministic({ budget: 33 });
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const variants = [
      WorkStealingModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: (settings: Settings) => Promise.resolve(settings.createWorkStealingOptions()),
      }),
      WorkStealingModule.forRootAsync({ useClass: Settings }),
      WorkStealingModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    ];
    for (const variant of variants) {
      app = await Test.createTestingModule({ imports: [variant], providers: [Chore] }).compile();
      await app.init();
      expect(app.get(Recruiter).jobs[0]?.budget).toBe(33);
      await app.close();
    }
  });
});

describe('The log at the start', () => {
  async function linesOf(metadata: ModuleMetadata): Promise<[string, string][]> {
    const lines: [string, string][] = [];
    const keep = (level: string) => (text: unknown, context: unknown) => {
      if (context === 'WorkStealing') lines.push([level, String(text)]);
    };
    const logger = { log: keep('log'), warn: keep('warn'), error: keep('error') };
    class Root {}
    Module(metadata)(Root);
    const context = await NestFactory.createApplicationContext(Root, { logger });
    await context.close();
    return lines;
  }

  it('names the jobs, their rates and the sum on one line, those that were installed by hand too', async () => {
    @Injectable()
    class ByHand {
      constructor(@Inject(getRecruiterToken('night')) private readonly night: Recruiter) {}
      onApplicationBootstrap(): void {
        this.night.install(new Chore(), 'fold\n[Nest] counters', 0.25);
      }
    }
    @StealableJob(0.7)
    class Renew extends Chore {}
    @StealableJob(0.1)
    class Purge extends Chore {}
    const lines = await linesOf({
      imports: [WorkStealingModule.forRoot(), WorkStealingModule.registerRecruiter('night')],
      providers: [Renew, Purge, ByHand],
    });
    expect(lines).toEqual([
      [
        'log',
        '3 jobs: Renew 0.7, Purge 0.1 (rates add up to 0.8); ' +
          'recruiter "night": fold [Nest] counters 0.25 (rates add up to 0.25)',
      ],
    ]);
  });

  it('names 20 of many jobs', async () => {
    class Many {
      constructor(recruiter: Recruiter) {
        for (let i = 0; i < 30; i++) recruiter.install(new Chore(), `job${i}`, 0);
      }
    }
    const lines = await linesOf({
      imports: [WorkStealingModule.forRoot()],
      providers: [
        { provide: Many, inject: [Recruiter], useFactory: (recruiter: Recruiter) => new Many(recruiter) },
      ],
    });
    expect(lines).toEqual([
      ['log', expect.stringMatching(/^30 jobs: job0 0, .*, job19 0, and 10 more \(rates add up to 0\)$/)],
    ]);
  });

  it('warns where there is no job', async () => {
    const lines = await linesOf({ imports: [WorkStealingModule.forRoot()] });
    expect(lines).toEqual([
      ['warn', expect.stringMatching(/^There is no job, .*in the providers of a module/)],
    ]);
  });
});

describe('The log of errors', () => {
  function spyLogger() {
    const logger = { log: jest.fn(), error: jest.fn(), warn: jest.fn() } satisfies LoggerService;
    Logger.overrideLogger(logger);
    return logger;
  }

  afterEach(() => Logger.overrideLogger(false));

  it('keeps a line one line, whatever the message of an error is', async () => {
    @StealableJob(0.1)
    class Chatty {
      recruited(): void {
        throw new Error('one\ntwo\r\n\u001b[31mthree' + '.'.repeat(1e5));
      }
    }
    @Module({ imports: [WorkStealingModule.forRoot(deterministic())], providers: [Chatty] })
    class App {}
    const context = await NestFactory.createApplicationContext(App, { logger: false });
    const logger = spyLogger();
    await context.get(Recruiter).recruit('Chatty');
    await context.close();
    const line: unknown = logger.error.mock.calls[0]?.[0];
    expect(line).toMatch(/^Job "Chatty" failed after .* ms: one two \[31mthree\.+…$/);
    expect(line).toHaveProperty('length', expect.closeTo(2080, -2));
  });

  it('begins no line of a stack with what the message of an error says', async () => {
    @StealableJob(0.1)
    class Forger {
      recruited(): void {
        throw new Error('one\r\n[Nest] 1 ERROR two\u2028\u001b[31mthree');
      }
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic())],
      providers: [Forger],
    }).compile();
    await app.init();
    const logger = spyLogger();
    await app.get(Recruiter).recruit('Forger');
    const [first, second, third, ...frames] = String(logger.error.mock.calls[0]?.[1]).split('\n');
    expect([first, second, third]).toEqual(['Error: one', '    [Nest] 1 ERROR two', '     [31mthree']);
    expect(frames[0]).toMatch(/^ {4}at Forger\.recruited/);
    expect(frames.every((frame) => frame.startsWith('    at '))).toBe(true);
  });

  it('has one line for a failing job a second, with the number left out, the reason, the time and the stack', async () => {
    const clock = new ManualClock();
    @StealableJob(1)
    class Failing {
      recruited(): void {
        clock.jump(12.5);
        throw new Error('table is missing');
      }
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic({ clock }))],
      providers: [Failing],
    }).compile();
    await app.init();
    const logger = spyLogger();
    for (let slice = 0; slice < 12; slice++) await app.get(Recruiter).enlist();
    clock.jump(1000);
    await app.get(Recruiter).enlist();
    expect(logger.error.mock.calls.map(([line]) => line)).toEqual([
      'Job "Failing" failed after 12.5 ms: table is missing',
      'Job "Failing" failed after 12.5 ms: table is missing (11 more left out since the last line)',
    ]);
    expect(logger.error.mock.calls[0]?.[1]).toContain('Error: table is missing\n');
    const { counts, errors } = app.get(Recruiter).jobs[0]!;
    expect(counts.failed).toBe(13);
    expect(errors).toHaveLength(10);
    expect(errors[9]).toMatchObject({ at: new Date(1162.5), message: 'table is missing', duration: 12.5 });
    expect(errors[9]?.stack).toContain('at Failing.recruited');
  });

  it('names a job once whose slice does not settle, when it has been at it for so many budgets', async () => {
    const clock = new ManualClock();
    let settle = () => {};
    @StealableJob({ rate: 1, budget: 5 })
    class Stuck {
      recruited(): Promise<void> {
        return new Promise((resolve) => (settle = resolve));
      }
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic({ clock, shutdownGrace: 0, stuckAfter: 200 }))],
      providers: [Stuck],
    }).compile();
    await app.init();
    const logger = spyLogger();
    const lines = () =>
      logger.warn.mock.calls.map(([line]) => String(line)).filter((line) => /is stuck/.test(line));
    const recruiter = app.get(Recruiter);
    const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
    for (let slice = 1; slice <= 2; slice++) {
      const enlisted = recruiter.enlist();
      // Over for its recruiter after 10 ms, stuck after a second. The log looks after a second of real time.
      clock.advance(10);
      await enlisted;
      expect(recruiter.jobs[0]!.stuckSince).toBeUndefined();
      clock.advance(1000);
      while (recruiter.jobs[0]!.stuckSince === undefined || lines().length === 0) await turn();
      expect(lines()).toEqual([
        expect.stringMatching(/^Job "Stuck" is stuck: .* keeps its concurrency slot/),
      ]);
      settle();
      await turn();
      expect(recruiter.jobs[0]!.stuckSince).toBeUndefined();
    }
  });

  it('warns of a job that ignores its signal, by name', async () => {
    const clock = new ManualClock();
    @StealableJob({ rate: 1, budget: 20 })
    class Deaf {
      recruited(): Promise<void> {
        return new Promise(() => {});
      }
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingModule.forRoot(deterministic({ clock, shutdownGrace: 0 }))],
      providers: [Deaf],
    }).compile();
    await app.init();
    const logger = spyLogger();
    const duty = app.get(Recruiter).enlist();
    clock.advance(40);
    await duty;
    expect(logger.warn.mock.calls.map(([line]) => line)).toEqual([
      'Job "Deaf" was aborted (budget) after 40.0 ms: budget of 20 ms spent; the job ignores its signal and keeps its concurrency slot until it settles',
    ]);
    const closed = app.close();
    while (clock.pending < 1) await new Promise(setImmediate);
    clock.advance(0);
    await closed;
    app = undefined;
  });
});

describe('Testing with nestjs-work-stealing/testing', () => {
  it('makes certain that the next enlistment is recruited, or that none is', async () => {
    @StealableJob(0.001)
    class Rare extends Chore {}
    app = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [Rare],
    }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    const report = recruitNext(recruiter, 'Rare');
    recruiter.enlistDetached();
    expect(await report).toMatchObject({ jobId: 'Rare', outcome: 'partial' });
    expect(recruiter.jobs[0]?.rate).toBe(0.001);
    const restore = dismissAll(recruiter);
    for (let turn = 0; turn < 10_000; turn++) await recruiter.enlist();
    expect(app.get(Rare).slices).toBe(1);
    restore();
    expect(recruiter.jobs[0]?.rate).toBe(0.001);
  });

  it('waits for the slice that it asked for, though the call enlists again', async () => {
    @StealableJob(1)
    class Slow {
      async recruited(): Promise<Progress> {
        await new Promise((resolve) => void setTimeout(resolve, 10));
        return { done: 1, limit: 2 };
      }
    }
    @Injectable()
    class Films {
      @Enlist()
      async page(): Promise<void> {
        await this.load();
      }
      @Enlist()
      async load(): Promise<void> {}
    }
    app = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [Slow, Films],
    }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    for (let round = 0; round < 2; round++) {
      const report = recruitNext(recruiter, 'Slow');
      await app.get(Films).page();
      await expect(report).resolves.toMatchObject({ outcome: 'partial', done: 1 });
    }
    expect(recruiter.jobs[0]).toMatchObject({ rate: 1, gatedBy: {} });
    expect(recruiter.enlistments).toBe(4);
  });

  it('says what shut gate met the slice that it asked for', async () => {
    app = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [Chore],
    }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    recruiter.pause('Chore');
    const report = recruitNext(recruiter, 'Chore');
    await recruiter.enlist();
    await expect(report).resolves.toMatchObject({ outcome: 'gated', reason: 'paused' });
    expect(() => recruitNext(recruiter, 'Chroe')).toThrow("has no job 'Chroe'");
  });

  it('dismisses for jobs that come and go meanwhile, and ends without a word', async () => {
    app = await Test.createTestingModule({ imports: [WorkStealingTestingModule.forRoot()] }).compile();
    await app.init();
    const recruiter = app.get(Recruiter);
    const [early, late] = [new Chore(), new Chore()];
    const remove = recruiter.install(early, 'early', 0.9);
    const restore = dismissAll(recruiter);
    remove();
    recruiter.install(late, 'late', 1);
    for (let turn = 0; turn < 100; turn++) await recruiter.enlist();
    expect([early.slices, late.slices]).toEqual([0, 0]);
    restore();
    restore();
    await recruiter.enlist();
    expect(late.slices).toBe(1);
  });
});
