import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Logger,
  Module,
  Scope,
  type ModuleMetadata,
} from '@nestjs/common';
import { ContextIdFactory, REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Duty,
  getRecruiterToken,
  InjectRecruiter,
  Recruiter,
  Recruiters,
  StealableJob,
  WorkStealingModule,
  WorkStealingConfigError,
  type Slice,
  type StealableJobOptions,
  type WorkStealingAsyncOptions,
  type WorkStealingOptions,
} from 'nestjs-work-stealing';
import { deterministic, recruitAll } from 'nestjs-work-stealing/testing';

let app: TestingModule | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(metadata: ModuleMetadata, options?: WorkStealingOptions): Promise<Recruiter> {
  app = await Test.createTestingModule({
    ...metadata,
    imports: [WorkStealingModule.forRoot(deterministic(options)), ...(metadata.imports ?? [])],
  }).compile();
  await app.init();
  return app.get(Recruiter);
}

async function problemsOf(
  metadata: ModuleMetadata,
  options?: WorkStealingOptions,
): Promise<WorkStealingConfigError> {
  try {
    await start(metadata, options);
  } catch (error) {
    if (error instanceof WorkStealingConfigError) return error;
    throw error;
  }
  throw new Error('The application started');
}

function jobClass(declared: number | StealableJobOptions, name = 'Chore') {
  @StealableJob(declared)
  class Chore {
    slices: Slice[] = [];

    recruited(slice: Slice): void {
      this.slices.push(slice);
    }
  }
  Object.defineProperty(Chore, 'name', { value: name });
  return Chore;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const ids = (recruiter: Recruiter) => recruiter.jobs.map(({ id }) => id);

describe('Discovery of jobs', () => {
  it('installs a decorated class under its name, with the declared rate', async () => {
    const recruiter = await start({ providers: [jobClass(0.25)] });
    expect(recruiter.jobs).toEqual([
      expect.objectContaining({ id: 'Chore', rate: 0.25, effectiveRate: 0.25 }),
    ]);
  });

  it('finds jobs in providers and controllers of every module, however they are provided', async () => {
    const [Value, Factory, AsyncFactory, Nested] = ['Value', 'Factory', 'AsyncFactory', 'Nested'].map(
      (name) => jobClass(0.1, name),
    ) as [
      ReturnType<typeof jobClass>,
      ReturnType<typeof jobClass>,
      ReturnType<typeof jobClass>,
      ReturnType<typeof jobClass>,
    ];
    @Controller()
    class Films {
      @StealableJob(0.1)
      count(): void {}
    }
    @Module({ providers: [Nested] })
    class Inner {}
    @Module({ imports: [Inner] })
    class Outer {}
    const recruiter = await start({
      imports: [Outer],
      controllers: [Films],
      providers: [
        { provide: 'value', useValue: new Value() },
        { provide: 'factory', useFactory: () => new Factory() },
        { provide: 'async', useFactory: async () => Promise.resolve(new AsyncFactory()) },
      ],
    });
    expect(ids(recruiter).sort()).toEqual(['AsyncFactory', 'Factory', 'Films.count', 'Nested', 'Value']);
  });

  it('finds decorated methods, symbol-named and inherited ones too, and runs them on their instance', async () => {
    const fold = Symbol('fold');
    class Base {
      readonly done: string[] = [];

      @StealableJob(0.1)
      inherited(slice: Slice): Duty {
        this.done.push(`inherited as ${slice.jobId}`);
        return Duty.RECRUITED;
      }

      @StealableJob(0.1)
      overridden(): void {}
    }
    @Injectable()
    class Counts extends Base {
      @StealableJob({ rate: 0.1, id: 'fold' })
      [fold](slice: Slice): void {
        this.done.push(`symbol as ${slice.jobId}`);
      }

      override overridden(): void {}
    }
    const recruiter = await start({ providers: [Counts] });
    expect(ids(recruiter)).toEqual(['fold', 'Counts.inherited']);
    await recruitAll(recruiter);
    expect(app?.get(Counts).done).toEqual(['symbol as fold', 'inherited as Counts.inherited']);
  });

  it('takes an alias for no second job', async () => {
    const Chore = jobClass(0.25);
    const recruiter = await start({ providers: [Chore, { provide: 'alias', useExisting: Chore }] });
    expect(ids(recruiter)).toEqual(['Chore']);
  });

  it('takes an instance that is provided twice for no second job', async () => {
    const Chore = jobClass(0.25);
    const Swept = jobClass(0.25, 'Swept');
    const swept = new Swept();
    const recruiter = await start({
      providers: [
        Chore,
        { provide: 'by factory', useFactory: (chore: object) => chore, inject: [Chore] },
        { provide: 'one', useValue: swept },
        { provide: 'two', useValue: swept },
      ],
    });
    expect(ids(recruiter)).toEqual(['Chore', 'Swept']);
  });

  it('leaves alone values whose inspection would throw or run code', async () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('get');
        },
        getPrototypeOf: () => {
          throw new Error('getPrototypeOf');
        },
      },
    );
    class Lazy {
      get expensive(): never {
        throw new Error('a getter was run');
      }
    }
    const nothing: unknown = Object.create(null);
    const recruiter = await start({
      providers: [
        { provide: 'hostile', useFactory: () => ({ inner: hostile }) },
        { provide: 'null', useValue: null },
        { provide: 'bare', useValue: nothing },
        { provide: 'lazy', useValue: new Lazy() },
      ],
    });
    expect(recruiter.jobs).toEqual([]);
  });

  it('applies rates of the options over declared ones, to jobs installed later as well', async () => {
    const recruiter = await start({ providers: [jobClass(0.25)] }, { rates: { Chore: 0.5, later: 0.125 } });
    recruiter.install({ recruited: () => undefined }, 'later', 0.3);
    expect(recruiter.jobs.map(({ id, rate }) => [id, rate])).toEqual([
      ['Chore', 0.5],
      ['later', 0.125],
    ]);
  });
});

describe('Jobs under decorators of other packages', () => {
  let wrapped = 0;

  function Wrapped(): MethodDecorator {
    return (_target, _key, descriptor: PropertyDescriptor) => {
      const inner = descriptor.value as (...args: unknown[]) => unknown;
      descriptor.value = async function (this: unknown, ...args: unknown[]) {
        wrapped++;
        return inner.apply(this, args);
      };
    };
  }

  /** As decorators that bind a method to its instance do. */
  function Bound() {
    // oxlint-disable-next-line typescript/no-explicit-any -- what a method decorator that makes an accessor returns
    return (_target: object, _key: string, { value, enumerable = false }: PropertyDescriptor): any => {
      const inner = value as (...args: unknown[]) => unknown;
      return {
        enumerable,
        configurable: true,
        get(this: unknown) {
          wrapped++;
          return inner.bind(this);
        },
      };
    };
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- TypeScript takes only any[] for a mixin
  function Subclassed<T extends new (...args: any[]) => { sweep(slice: Slice): void }>(type: T): T {
    return class extends type {
      override sweep(slice: Slice): void {
        wrapped++;
        super.sweep(slice);
      }
    };
  }

  @Injectable()
  class ByMethod {
    @Wrapped()
    @StealableJob(0.01)
    async sweep(): Promise<void> {}
  }
  @Injectable()
  class ByAccessor {
    @Bound()
    @StealableJob(0.01)
    sweep(): void {}
  }
  @Subclassed
  @Injectable()
  class ByClass {
    @StealableJob(0.01)
    sweep(_slice: Slice): void {}
  }
  @Injectable()
  class BySpy {
    @StealableJob(0.01)
    sweep(): void {}
  }

  it.each([ByMethod, ByAccessor, ByClass, BySpy])(
    'are found, and run with what wraps them: %p',
    async (type) => {
      wrapped = 0;
      const spy = type === BySpy ? jest.spyOn(BySpy.prototype, 'sweep') : undefined;
      const recruiter = await start({ providers: [type] });
      expect(ids(recruiter)).toEqual([expect.stringMatching(/^By\w+\.sweep$/)]);
      await recruitAll(recruiter);
      expect(spy?.mock.calls.length ?? wrapped).toBe(1);
      spy?.mockRestore();
    },
  );

  it('are refused when something that is no method has taken their place', async () => {
    class Gone {
      @StealableJob(0.01)
      sweep(): void {}
    }
    Object.defineProperty(Gone.prototype, 'sweep', { value: undefined });
    const error = await problemsOf({ providers: [Gone] });
    expect(error.problems).toEqual([
      expect.stringMatching(
        /^Gone\.sweep\(\) in RootTestModule: something other than a method has replaced it/,
      ),
    ]);
  });

  it('are several where several decorators stand on one target', async () => {
    @StealableJob({ rate: 0.01, id: 'by requests' })
    @StealableJob({ rate: 0.02, id: 'by queue' })
    class Fold {
      recruited(): void {}
      @StealableJob({ rate: 0.03, id: 'prune' })
      @StealableJob({ rate: 0.04, id: 'prune more' })
      prune(): void {}
    }
    const recruiter = await start({ providers: [Fold] });
    expect(recruiter.jobs.map(({ id, rate }) => [id, rate])).toEqual([
      ['by requests', 0.01],
      ['by queue', 0.02],
      ['prune', 0.03],
      ['prune more', 0.04],
    ]);
  });

  it('need ids of their own where several stand on one target', async () => {
    class Fold {
      @StealableJob(0.01)
      @StealableJob(0.02)
      fold(): void {}
    }
    const error = await problemsOf({ providers: [Fold] });
    expect(error.problems).toEqual([
      expect.stringMatching(/'Fold\.fold' is declared 2 times .* a unique id/),
    ]);
    expect(error.message).not.toContain('provided more than once');
  });

  it('are warned of where a subclass overrides one without the decorator', async () => {
    class Sweeper {
      @StealableJob(0.01)
      sweep(): void {}
      @StealableJob(0.01)
      fold(): void {}
    }
    class Idle extends Sweeper {
      override sweep(): void {}
      @StealableJob(0.02)
      override fold(): void {}
    }
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const recruiter = await start({ providers: [Idle] });
    const warnings = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(recruiter.jobs.map(({ id, rate }) => [id, rate])).toEqual([['Idle.fold', 0.02]]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Idle\.sweep\(\) in RootTestModule overrides the method of a job without @StealableJob\(\)/,
      ),
    ]);
  });
});

describe('Discovery of request-scoped and transient jobs', () => {
  describe("under the application's ContextIdStrategy", () => {
    const tree = ContextIdFactory.create();
    const requests: unknown[] = [];

    @Injectable({ scope: Scope.REQUEST, durable: true })
    class Pool {
      constructor(@Inject(REQUEST) request: unknown) {
        requests.push(request);
      }
    }
    @StealableJob(0.1)
    @Injectable()
    class Purge {
      constructor(readonly pool: Pool) {}
      recruited(): void {}
    }

    afterEach(() => {
      // Nest has no public way back to none.
      (ContextIdFactory as unknown as { strategy: undefined }).strategy = undefined;
      requests.length = 0;
    });

    it('keeps what is durable from slice to slice', async () => {
      ContextIdFactory.apply({
        attach: (id) => ({
          resolve: ({ isTreeDurable }) => (isTreeDurable ? tree : id),
          payload: { tenant: 'background' },
        }),
      });
      const recruiter = await start({ providers: [Pool, Purge] });
      for (let slice = 0; slice < 3; slice++) await recruitAll(recruiter);
      expect(requests).toEqual([{ tenant: 'background' }]);
    });

    it('does without a strategy that fails for what has no headers, and says so once', async () => {
      const strategy = {
        attach: (_id: unknown, { headers }: { headers: { tenant: string } }) => headers.tenant as never,
      };
      ContextIdFactory.apply(strategy);
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const recruiter = await start({ providers: [Pool, Purge] });
      for (let slice = 0; slice < 3; slice++) await recruitAll(recruiter);
      const warnings = warn.mock.calls.map(([text]) => String(text));
      warn.mockRestore();
      expect(recruiter.jobs[0]?.lastError).toBeUndefined();
      expect(requests).toHaveLength(3);
      expect(warnings).toEqual([
        expect.stringMatching(
          /^The ContextIdStrategy of the application threw for a slice of 'Purge': TypeError/,
        ),
      ]);
    });
  });

  const made: object[] = [];

  @Injectable({ scope: Scope.REQUEST })
  class Tenant {
    constructor(@Inject(REQUEST) readonly request: Slice) {}
  }

  @StealableJob(0.1)
  @Injectable()
  class ByDependency {
    constructor(readonly tenant: Tenant) {
      made.push(this);
    }

    recruited(slice: Slice): Duty {
      return this.tenant.request === slice ? Duty.RECRUITED : Duty.DISMISSED;
    }
  }

  @Injectable({ scope: Scope.TRANSIENT })
  class Passing {
    constructor() {
      made.push(this);
    }

    @StealableJob(0.1)
    work(): void {}
  }

  @Controller({ scope: Scope.REQUEST })
  class Pages {
    @StealableJob(0.1)
    @Get()
    work(): void {}
  }

  it('runs each slice on an instance of its own, whose request is the slice', async () => {
    made.length = 0;
    const recruiter = await start({ providers: [Tenant, ByDependency, Passing], controllers: [Pages] });
    const before = made.length;
    expect((await recruitAll(recruiter)).map(({ outcome }) => outcome)).toEqual([
      'partial',
      'partial',
      'partial',
    ]);
    expect((await recruitAll(recruiter)).map(({ outcome }) => outcome)).toEqual([
      'partial',
      'partial',
      'partial',
    ]);
    expect(made.length - before).toBe(4);
    expect(new Set(made).size).toBe(made.length);
  });

  it('resolves from the module that declared the job, when two modules have one of that class', async () => {
    @StealableJob({ rate: 0.1, id: 'here' })
    @Injectable({ scope: Scope.REQUEST })
    class Here {
      constructor(@Inject('where') readonly where: string) {}

      recruited(): { done: number; limit: number } {
        return { done: this.where.length, limit: 100 };
      }
    }
    class There extends Here {}
    StealableJob({ rate: 0.1, id: 'there' })(There);
    @Module({
      providers: [
        { provide: 'job', useClass: Here },
        { provide: 'where', useValue: 'a' },
      ],
    })
    class A {}
    @Module({
      providers: [
        { provide: 'job', useClass: There },
        { provide: 'where', useValue: 'bbb' },
      ],
    })
    class B {}
    const recruiter = await start({ imports: [A, B] });
    await recruitAll(recruiter);
    expect(recruiter.jobs.map(({ id, items }) => [id, items])).toEqual([
      ['here', 1],
      ['there', 3],
    ]);
  });

  it('lets go of the instances of a slice when it has ended', async () => {
    const refs: WeakRef<object>[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Connection {
      readonly buffer = new Uint8Array(1024);
    }
    @StealableJob(0.1)
    @Injectable()
    class Heavy {
      constructor(readonly connection: Connection) {
        refs.push(new WeakRef(this), new WeakRef(connection));
      }

      recruited(): void {}
    }
    const recruiter = await start({ providers: [Connection, Heavy] });
    refs.length = 0;
    await recruitAll(recruiter);
    // A WeakRef holds its target until the end of the turn in which it was made or read.
    await new Promise(setImmediate);
    collectGarbage();
    expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined]);
  });

  it('reports a constructor that throws as a failed slice', async () => {
    @StealableJob(0.1)
    @Injectable({ scope: Scope.REQUEST })
    class Broken {
      constructor() {
        throw new Error('no tenant');
      }

      recruited(): void {}
    }
    const recruiter = await start({ providers: [Broken] });
    await expect(recruiter.recruit('Broken')).resolves.toMatchObject({ outcome: 'failed' });
    expect(recruiter.jobs[0]?.lastError?.message).toBe('no tenant');
  });
});

describe('Problems of configuration', () => {
  it.each([[NaN], [-0.1], [1.1], [Infinity], ['0.5'], [null], [{ rate: '1' }]])(
    'refuses a rate of %p, quoting it and the place',
    async (rate) => {
      const error = await problemsOf({ providers: [jobClass(rate as number)] });
      expect(error.problems).toEqual([
        expect.stringMatching(/^Chore in RootTestModule: rate is .*; expected a number/),
      ]);
    },
  );

  it.each([
    [{ rate: 0.1, budget: 0 }, /budget is 0/],
    [{ rate: 0.1, budget: NaN }, /budget is NaN/],
    [{ rate: 0.1, budget: 2 ** 53 }, /budget is 9007199254740992/],
    [{ rate: 0.1, id: '' }, /id is ''/],
    [{ rate: 0.1, id: 7 }, /id is 7/],
    [{ rate: 0.1, adaptive: 'yes' }, /adaptive is 'yes'/],
    [{ rate: 0.1, recruiter: 'nobody' }, /recruiter 'nobody' is not registered; known are "default"/],
    [{ rate: 0.1, lease: { ttl: -1 } }, /lease\.ttl is -1/],
    [{ rate: 0.1, lease: 5 }, /lease is 5/],
    [{ rate: 0.1, lease: { ttl: 5, tll: 5 } }, /unknown option of lease: 'tll'; known are ttl/],
    [{ rate: 0.1, id: null }, /id is null/],
    [{ rate: 0.1, recruiter: null }, /recruiter is null/],
    [
      { rate: 0.1, bugdet: 5 },
      /unknown option 'bugdet'; known are rate, every, budget, adaptive, dutyCycle, lease, pace, expectWorkWithin, id, recruiter/,
    ],
  ])('refuses the options %p', async (options, message) => {
    const error = await problemsOf({ providers: [jobClass(options as StealableJobOptions)] });
    expect(error.problems).toHaveLength(1);
    expect(error.message).toMatch(message);
    expect(error.message).toContain('Chore in RootTestModule');
  });

  it('gathers all problems of all modules into one message, and installs nothing', async () => {
    @Module({ providers: [jobClass(0.75, 'Big'), jobClass(0.5, 'Small')] })
    class Sums {}
    @Module({ providers: [jobClass(0.1, 'Twin')] })
    class Twins {}
    class Idle {}
    // It does not compile as a decorator: the types know that it has no recruited().
    StealableJob(0.1)(Idle as never);
    const error = await problemsOf(
      { imports: [Sums, Twins], providers: [jobClass(0.1, 'Twin'), Idle, jobClass(-1, 'Negative')] },
      { budget: -5 },
    );
    expect(error.message).toContain('cannot start: 5 problems');
    expect(error.message).toContain('forRoot(): budget is -5');
    expect(error.message).toContain('Idle in RootTestModule: it has no method recruited(slice)');
    expect(error.message).toContain('Negative in RootTestModule: rate is -1');
    expect(error.message).toMatch(
      /"?'?Twin'?"? is declared 2 times .*Twin in Twins.*Twin in RootTestModule|Twin in RootTestModule.*Twin in Twins/,
    );
    expect(error.message).toMatch(/add up to 1\.55.*\n {2}0\.75 +Big +Big in Sums\n/);
  });

  it('leaves what is no rate out of the sum, and shows it in the table', async () => {
    const error = await problemsOf({
      providers: [jobClass(0.75, 'Big'), jobClass(0.5, 'Small'), jobClass(NaN, 'None')],
    });
    expect(error.message).toContain('add up to 1.25, more than 1');
    expect(error.message).toMatch(/ NaN +None +None in RootTestModule\n +1\.25 +sum of 2$/);
  });

  it.each([null, 5])('refuses %p in place of options', async (options) => {
    app = undefined;
    const modules = [
      WorkStealingModule.forRoot(options as unknown as WorkStealingOptions),
      WorkStealingModule.forRootAsync({ useFactory: () => options as unknown as WorkStealingOptions }),
    ];
    for (const imported of modules) {
      const starting = (await Test.createTestingModule({ imports: [imported] }).compile()).init();
      await expect(starting).rejects.toThrow(`options are ${options}; expected an object`);
    }
  });

  it.each([{}, { inject: [] }, null, undefined, 'x'])(
    'refuses %p where options are to come from',
    (given) => {
      expect(() => WorkStealingModule.forRootAsync(given as never)).toThrow(
        /^WorkStealingModule\.forRootAsync\(\): options are .+; expected one of useFactory, useClass and useExisting$/,
      );
      expect(() => WorkStealingModule.forRootAsync(given as never)).toThrow(WorkStealingConfigError);
    },
  );

  it('rounds the sum of rates as a reader would', async () => {
    const error = await problemsOf({ providers: [jobClass(0.7, 'A'), jobClass(0.6, 'B')] });
    expect(error.problems).toEqual([
      'the rates of recruiter "default" add up to 1.3, more than 1:\n' +
        '  0.7  A         A in RootTestModule\n  0.6  B         B in RootTestModule\n  1.3  sum of 2',
    ]);
  });

  it('says of a class that is provided twice what helps, which is no other id', async () => {
    const Purge = jobClass({ rate: 0.1, id: 'purge' }, 'Purge');
    @Module({ providers: [Purge] })
    class A {}
    @Module({ providers: [Purge] })
    class B {}
    const inTwo = await problemsOf({ imports: [A, B] });
    const underTwo = await problemsOf({ providers: [Purge, { provide: 'Cleaner', useClass: Purge }] });
    for (const { problems } of [inTwo, underTwo]) {
      expect(problems).toEqual([
        expect.stringMatching(
          /^job id 'purge' is declared 2 times .*Purge is provided more than once: .*exports.*useExisting.*install/,
        ),
      ]);
      expect(problems[0]).not.toContain('id of its own');
    }
    const other = await problemsOf({ providers: [Purge, jobClass({ rate: 0.1, id: 'purge' }, 'Other')] });
    expect(other.problems).toEqual([expect.stringMatching(/Purge in .*, Other in .*Give each a unique id/)]);
  });

  it.each(['default', 'named'])(
    'refuses options that depend on a request, and names what does: %s recruiter',
    async (kind) => {
      @Injectable()
      class RequestLogger {
        constructor(@Inject(REQUEST) readonly request: unknown) {}
      }
      @Injectable()
      class Settings {
        readonly budget = 30;
        constructor(readonly logger: RequestLogger) {}
      }
      @Module({ providers: [RequestLogger, Settings], exports: [Settings] })
      class SettingsModule {}
      const root = WorkStealingModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: ({ budget }: Settings) => ({ budget }),
      });
      const imports = kind === 'named' ? [root, WorkStealingModule.registerRecruiter('night')] : [root];
      const module = await Test.createTestingModule({ imports, providers: [jobClass(0.1)] }).compile();
      await expect(module.init()).rejects.toMatchObject({
        name: 'WorkStealingConfigError',
        problems: [
          expect.stringContaining('depend on a request-scoped provider: Settings → RequestLogger → REQUEST'),
        ],
      });
      await module.close();
    },
  );

  it('leaves alone instances that throw wherever they are looked at', async () => {
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('hostile');
        },
      },
    );
    const recruiter = await start({
      providers: [{ provide: 'hostile', useFactory: () => hostile }, jobClass(0.1)],
    });
    expect(ids(recruiter)).toEqual(['Chore']);
    expect([...app!.get(Recruiters)]).toEqual([recruiter]);
  });

  it('warns of ids that a minifier may have made, and refuses them where the fleet knows the job by its id', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await start({
      providers: [jobClass(0.1, 'gS'), jobClass({ rate: 0.1, id: 'purge' }, 'sb'), jobClass(0.1, 'Job')],
    });
    const warnings = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(warnings).toEqual([
      expect.stringMatching(/a minifier has shortened: gS\. .*@StealableJob\(\{ id \}\)/),
    ]);
    await app?.close();
    const leased = await problemsOf({ providers: [jobClass({ rate: 0.1, lease: { ttl: 1000 } }, 'a')] });
    expect(leased.message).toMatch(
      /a in RootTestModule: its lease is identified in the fleet by the id, and 'a' looks like/,
    );
  });

  it('accepts rates that add up to 1 on paper, in any order', async () => {
    const rates = [0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1];
    for (let turn = 0; turn < rates.length; turn++) {
      const turned = [...rates.slice(turn), ...rates.slice(0, turn)];
      const recruiter = await start({
        providers: turned.map((rate, index) => jobClass(rate, `Job${index}`)),
      });
      expect(recruiter.jobs).toHaveLength(rates.length);
      await app?.close();
    }
  });

  it('refuses a second forRoot', async () => {
    @Module({ imports: [WorkStealingModule.forRoot({ budget: 10 })] })
    class Second {}
    const error = await problemsOf({ imports: [Second] });
    expect(error.message).toContain('forRoot() is imported 2 times');
  });

  it('refuses the module where nobody has called forRoot, and takes it beside one', async () => {
    await expect(Test.createTestingModule({ imports: [WorkStealingModule] }).compile()).rejects.toThrow(
      new WorkStealingConfigError(
        'WorkStealingModule is imported without options: import WorkStealingModule.forRoot() in the root module.',
      ),
    );
    const recruiter = await start({ imports: [WorkStealingModule], providers: [jobClass(1)] });
    await expect(recruiter.enlist()).resolves.toBe(Duty.RECRUITED);
  });

  it('names a known recruiter once, though there are two by mistake', async () => {
    @Module({ imports: [WorkStealingModule.forRoot()] })
    class Second {}
    const error = await problemsOf({
      imports: [Second],
      providers: [jobClass({ rate: 0.1, recruiter: 'night' })],
    });
    expect(error.message).toContain('\'night\' is not registered; known are "default".');
  });

  it('refuses forRootAsync with nothing that could make options', () => {
    for (const options of [undefined, null, {}, { useFactory: 1 }, { useFactory: 'x', useClass: Module }]) {
      expect(() => WorkStealingModule.forRootAsync(options as WorkStealingAsyncOptions)).toThrow(
        /forRootAsync\(\): options are .+; expected one of useFactory, useClass and useExisting/,
      );
    }
  });

  it('refuses a recruiter that is registered twice, or without forRoot, or without a name', async () => {
    const error = await problemsOf({
      imports: [WorkStealingModule.registerRecruiter('night'), WorkStealingModule.registerRecruiter('night')],
    });
    expect(error.message).toContain('2 recruiters are named "night"');
    await expect(
      Test.createTestingModule({ imports: [WorkStealingModule.registerRecruiter('night')] }).compile(),
    ).rejects.toThrow(/registerRecruiter\("night"\) needs WorkStealingModule\.forRoot\(\)/);
    for (const name of ['', ' ', 'default', 5 as unknown as string]) {
      expect(() => WorkStealingModule.registerRecruiter(name)).toThrow(WorkStealingConfigError);
    }
  });

  it('refuses the decorator on what is no class and no method of an instance', () => {
    const accessor = { get: () => 1 };
    expect(() => StealableJob(0.1)({}, 'x', accessor as never)).toThrow(/Object\.x: not a method/);
    expect(() => StealableJob(0.1)(class Films {}, 'x', { value: () => 1 })).toThrow(
      /Films\.x: a static method/,
    );
    const context = { kind: 'method' } as unknown as string;
    expect(() => StealableJob(0.1)(() => 1, context, {})).toThrow(/experimentalDecorators/);
  });

  it('warns of overridden rates that no job has, and starts', async () => {
    const recruiter = await start({ providers: [jobClass(0.1)] }, { rates: { Chroe: 0.2 } });
    expect(ids(recruiter)).toEqual(['Chore']);
  });
});

describe('Named recruiters', () => {
  it('have jobs, rates and options of their own, and inherit what they leave open', async () => {
    @Injectable()
    class Reader {
      constructor(
        @InjectRecruiter('night') readonly night: Recruiter,
        @InjectRecruiter() readonly standard: Recruiter,
        readonly byType: Recruiter,
      ) {}
    }
    const recruiter = await start(
      {
        imports: [WorkStealingModule.registerRecruiter('night', { budget: 20 })],
        providers: [Reader, jobClass(1, 'Day'), jobClass({ rate: 1, recruiter: 'night' }, 'Night')],
      },
      { budget: 40 },
    );
    const { night, standard, byType } = app!.get(Reader);
    expect(standard).toBe(recruiter);
    expect(byType).toBe(recruiter);
    expect(app!.get(getRecruiterToken('night'))).toBe(night);
    expect([recruiter.name, night.name]).toEqual(['default', 'night']);
    expect(recruiter.jobs).toEqual([expect.objectContaining({ id: 'Day', budget: 40 })]);
    expect(night.jobs).toEqual([expect.objectContaining({ id: 'Night', budget: 20 })]);
    await expect(night.enlist()).resolves.toBe(Duty.RECRUITED);
  });

  it('inherit an option that is given as undefined', async () => {
    const open = { budget: undefined } as unknown as WorkStealingOptions;
    await start({ imports: [WorkStealingModule.registerRecruiter('night', open)] }, { budget: 40 });
    const night = app!.get<Recruiter>(getRecruiterToken('night'));
    night.install({ recruited: () => undefined }, 'Night', 1);
    expect(night.jobs[0]?.budget).toBe(40);
  });
});
