import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Global,
  Header,
  HttpCode,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Query,
  Scope,
  Sse,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Enlist,
  EnlistInterceptor,
  getRecruiterToken,
  InjectRecruiter,
  Recruiter,
  WorkStealingModule,
} from 'nestjs-work-stealing';
import { deterministic, WorkStealingTestingModule } from 'nestjs-work-stealing/testing';
import { of } from 'rxjs';
import request from 'supertest';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function compiled(metadata: ModuleMetadata): Promise<TestingModule> {
  const { imports = [WorkStealingTestingModule.forRoot()] } = metadata;
  const module = await Test.createTestingModule({ ...metadata, imports }).compile();
  closers.push(() => module.close());
  return module;
}

async function initialized(metadata: ModuleMetadata): Promise<TestingModule> {
  return (await compiled(metadata)).init();
}

describe('@Enlist on route handlers', () => {
  class Film {
    id!: number;
    title!: string;
  }

  @Injectable()
  class Library {
    readonly titles = new Map([[7, 'Alien']]);
  }

  @Injectable()
  class MembersOnly implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      return (
        context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-member'] !== 'no'
      );
    }
  }

  const nothing: MethodDecorator = () => undefined;

  /** The same controller without `@Enlist()`, with it above, and with it below all other decorators. */
  function filmsController(above: MethodDecorator, below: MethodDecorator) {
    @Controller('films')
    class FilmsController {
      constructor(private readonly library: Library) {}

      @above
      @Get('list')
      @ApiOperation({ summary: 'All films' })
      @ApiQuery({ name: 'limit', type: Number })
      @below
      list(@Query('limit', ParseIntPipe) limit: number): string[] {
        return [...this.library.titles.values()].slice(0, limit);
      }

      @above
      @Get('flow')
      @below
      flow() {
        return of('reel 1', 'reel 2');
      }

      @above
      @Sse('live')
      @below
      live() {
        return of({ data: 'reel 1' }, { data: 'reel 2' });
      }

      @above
      @Get(':id')
      @HttpCode(203)
      @Header('x-reel', '35mm')
      @UseGuards(MembersOnly)
      @ApiOperation({ summary: 'A film', operationId: 'film' })
      @ApiParam({ name: 'id', description: 'its number' })
      @ApiResponse({ status: 203, type: Film })
      @ApiResponse({ status: 404, description: 'no such film' })
      @below
      async page(@Param('id', ParseIntPipe) id: number, @Query('as') as = 'page', ..._rest: unknown[]) {
        const title = this.library.titles.get(id);
        if (title === undefined) throw new NotFoundException(`no film ${id}`);
        return { id, title, as };
      }
    }
    return FilmsController;
  }

  const adapters = {
    Express: async (module: TestingModule): Promise<INestApplication> =>
      module.createNestApplication().init(),
    Fastify: async (module: TestingModule): Promise<INestApplication> => {
      const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
      await app.init();
      await app.getHttpAdapter().getInstance().ready();
      return app;
    },
  };

  async function serve(adapter: keyof typeof adapters, above: MethodDecorator, below: MethodDecorator) {
    const module = await compiled({ controllers: [filmsController(above, below)], providers: [Library] });
    const app = await adapters[adapter](module);
    closers.push(() => app.close());
    return app;
  }

  /** What a client sees, and how often the worker has enlisted by then. */
  async function conversation(app: INestApplication) {
    const ask = (path: string, member = 'yes') =>
      request(app.getHttpServer()).get(path).set('x-member', member);
    const requests = [
      () => ask('/films/7?as=poster'),
      () => ask('/films/list?limit=1'),
      () => ask('/films/flow'),
      () => ask('/films/live'),
      () => ask('/films/alien'),
      () => ask('/films/8'),
      () => ask('/films/7', 'no'),
    ];
    const responses: unknown[] = [];
    const enlistments: number[] = [];
    for (const send of requests) {
      const { status, text, headers } = await send();
      responses.push({ status, text, reel: headers['x-reel'], type: headers['content-type'] });
      enlistments.push(app.get(Recruiter).enlistments);
    }
    return { responses, enlistments };
  }

  it.each(Object.keys(adapters) as (keyof typeof adapters)[])(
    'on %s answers as without it, and enlists where a handler has succeeded, in either order',
    async (adapter) => {
      const bare = await conversation(await serve(adapter, nothing, nothing));
      expect(bare.responses.map((response) => (response as { status: number }).status)).toEqual([
        203, 200, 200, 200, 400, 404, 403,
      ]);
      expect(bare.enlistments).toEqual([0, 0, 0, 0, 0, 0, 0]);
      for (const order of [[Enlist(), nothing] as const, [nothing, Enlist()] as const]) {
        const { responses, enlistments } = await conversation(await serve(adapter, ...order));
        expect(responses).toEqual(bare.responses);
        expect(enlistments).toEqual([1, 2, 3, 4, 4, 4, 4]);
      }
    },
  );

  it('leaves the OpenAPI document as it was, in either order', async () => {
    const document = async (above: MethodDecorator, below: MethodDecorator) =>
      SwaggerModule.createDocument(await serve('Express', above, below), new DocumentBuilder().build());
    const bare = await document(nothing, nothing);
    expect(bare.paths['/films/{id}']?.get).toMatchObject({ summary: 'A film', operationId: 'film' });
    expect(await document(Enlist(), nothing)).toEqual(bare);
    expect(await document(nothing, Enlist())).toEqual(bare);
  });
});

@Injectable()
class Shelf {
  @Enlist()
  take(): this {
    return this;
  }
}

describe('@Enlist in an application', () => {
  it('enlists from providers of every scope, and from subclasses', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientShelf extends Shelf {}
    @Injectable({ scope: Scope.REQUEST })
    class RequestShelf extends Shelf {}
    @Injectable()
    class Desk {
      constructor(
        readonly shelf: Shelf,
        readonly transient: TransientShelf,
      ) {}
    }
    const app = await initialized({ providers: [Shelf, TransientShelf, RequestShelf, Desk] });
    const recruiter = app.get(Recruiter);
    const { shelf, transient } = app.get(Desk);
    shelf.take();
    expect(recruiter.enlistments).toBe(1);
    transient.take();
    expect(recruiter.enlistments).toBe(2);
    const [one, two] = await Promise.all([app.resolve(RequestShelf), app.resolve(RequestShelf)]);
    expect(one).not.toBe(two);
    one.take();
    two.take();
    expect(recruiter.enlistments).toBe(4);
    (await app.resolve(TransientShelf)).take();
    expect(recruiter.enlistments).toBe(5);
  });

  it('enlists from a request-scoped controller', async () => {
    @Controller({ path: 'shelf', scope: Scope.REQUEST })
    class ShelfController {
      constructor(readonly shelf: Shelf) {}
      @Get()
      @Enlist()
      async look() {
        return 'look';
      }
    }
    const module = await compiled({ controllers: [ShelfController], providers: [Shelf] });
    const app = await module.createNestApplication().init();
    closers.push(() => app.close());
    await request(app.getHttpServer()).get('/shelf').expect(200, 'look');
    await request(app.getHttpServer()).get('/shelf').expect(200, 'look');
    expect(app.get(Recruiter).enlistments).toBe(2);
  });

  it('enlists from instances that a factory or a value brought, frozen ones too', async () => {
    const value = new Shelf();
    class Made extends Shelf {}
    @Injectable()
    class Sealed extends Shelf {
      constructor() {
        super();
        Object.freeze(this);
      }
    }
    const app = await initialized({
      providers: [
        { provide: Shelf, useValue: value },
        { provide: 'made', useFactory: () => new Made() },
        { provide: 'frozen', useValue: Object.freeze(new Shelf()) },
        { provide: 'later', useFactory: async () => Promise.resolve(new Shelf()) },
        Sealed,
      ],
    });
    for (const token of [Shelf, 'made', 'frozen', 'later', Sealed]) app.get<Shelf>(token).take();
    expect(app.get(Recruiter).enlistments).toBe(5);
    expect(Object.keys(value)).toEqual([]);
  });

  it('enlists from what is created or loaded later', async () => {
    @Module({ providers: [Shelf] })
    class Annex {}
    const app = await initialized({});
    (await app.get(ModuleRef).create(Shelf)).take();
    expect(app.get(Recruiter).enlistments).toBe(1);
    const annex = await app.get(LazyModuleLoader).load(() => Annex);
    annex.get(Shelf).take();
    expect(app.get(Recruiter).enlistments).toBe(2);
  });

  it('leaves alone the properties that a class has injected itself', async () => {
    class Stock {
      @Inject('city')
      readonly city!: string;
    }
    @Injectable()
    class Branch extends Stock {
      @Inject('street')
      readonly street!: string;
      @Enlist()
      where(): string {
        return `${this.street}, ${this.city}`;
      }
    }
    @Injectable()
    class Kiosk extends Branch {
      @Inject('corner')
      readonly corner!: string;
      @Enlist()
      override where(): string {
        return `${this.corner} of ${super.where()}`;
      }
    }
    const app = await initialized({
      providers: [
        ...['city', 'street', 'corner'].map((name) => ({ provide: name, useValue: name })),
        Branch,
        Kiosk,
      ],
    });
    expect(app.get(Branch).where()).toBe('street, city');
    expect(app.get(Kiosk).where()).toBe('corner of street, city');
    expect(app.get(Recruiter).enlistments).toBe(3);
    expect(Object.assign({}, app.get(Kiosk))).toEqual({ city: 'city', street: 'street', corner: 'corner' });
  });

  it('enlists with a named recruiter, and the default one is left out', async () => {
    @Injectable()
    class NightShelf {
      @Enlist({ recruiter: 'night' })
      take(): void {}
    }
    const app = await initialized({
      imports: [
        WorkStealingModule.forRoot(deterministic()),
        WorkStealingModule.registerRecruiter('night', deterministic()),
      ],
      providers: [NightShelf],
    });
    app.get(NightShelf).take();
    expect(app.get<Recruiter>(getRecruiterToken('night')).enlistments).toBe(1);
    expect(app.get(Recruiter).enlistments).toBe(0);
  });

  it('shares nothing between two applications in one process', async () => {
    const [one, two] = [await initialized({ providers: [Shelf] }), await initialized({ providers: [Shelf] })];
    one.get(Shelf).take();
    one.get(Shelf).take();
    two.get(Shelf).take();
    expect([one, two].map((app) => app.get(Recruiter).enlistments)).toEqual([2, 1]);
  });

  it('is a plain method in an application without the module', async () => {
    const app = await initialized({ imports: [], providers: [Shelf] });
    const shelf = app.get(Shelf);
    expect(shelf.take()).toBe(shelf);
    expect(Reflect.ownKeys(shelf)).toEqual([]);
  });

  it('does not keep the options of the module from depending on an enlisting provider', async () => {
    @Injectable()
    class Settings {
      @Enlist()
      budget(): number {
        return 20;
      }
    }
    @Global()
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const app = await initialized({
      imports: [
        SettingsModule,
        WorkStealingModule.forRootAsync({
          inject: [Settings],
          useFactory: (settings: unknown) => deterministic({ budget: (settings as Settings).budget() }),
        }),
      ],
    });
    app.get(Settings).budget();
    expect(app.get(Recruiter).enlistments).toBe(1);
  });

  it('does not start when a method enlists with a recruiter that is not registered', async () => {
    @Injectable()
    class NightShelf {
      @Enlist({ recruiter: 'nihgt' })
      take(): void {}
    }
    const module = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      providers: [NightShelf],
    }).compile();
    closers.push(() => module.close());
    await expect(module.init()).rejects.toThrow(
      /@Enlist\(\) in NightShelf in \w+: recruiter 'nihgt' is not registered; known are "default"/,
    );
  });
});

describe('@Enlist where a test has put a double in the place of the recruiter', () => {
  @Injectable()
  class Store {
    load(id: string): string {
      return id;
    }
  }

  @Injectable()
  class Films {
    constructor(readonly store: Store) {}
    @Enlist()
    page(id: string): string {
      return this.store.load(id);
    }
    @Enlist({ when: () => true })
    async later(id: string): Promise<string> {
      return this.store.load(id);
    }
    @Enlist({ inline: true })
    async inline(id: string): Promise<string> {
      return this.store.load(id);
    }
  }

  const throwing = () => {
    throw new Error('not mocked');
  };
  const doubles: [string, () => unknown][] = [
    ['one object for everything', () => ({ load: (id: string) => id })],
    ['null', () => null],
    ['a text', () => 'mocked'],
    ['a function', () => throwing],
    ['a copy of the prototype', () => Object.create(Recruiter.prototype)],
    ['methods that throw', () => ({ enlist: throwing, enlistDetached: throwing })],
    [
      'methods that reject',
      () => ({ enlist: async () => throwing(), enlistDetached: async () => throwing() }),
    ],
    // oxlint-disable-next-line unicorn/no-thenable -- some mocks are thenables, and never call back
    ['thenables that never call back', () => ({ enlist: () => ({ then() {} }), enlistDetached() {} })],
    ['a deep mock', () => new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : () => undefined) })],
    ['a hostile proxy', () => new Proxy({}, { get: throwing, getPrototypeOf: throwing, has: throwing })],
  ];

  it.each(doubles)('returns what the method returns with %s', async (_, double) => {
    const module = await Test.createTestingModule({ providers: [Films] })
      .useMocker((token) => (token === Store ? new Store() : double()) as object)
      .compile();
    const films = module.get(Films);
    expect(films.page('a')).toBe('a');
    await expect(films.later('b')).resolves.toBe('b');
    await expect(films.inline('c')).resolves.toBe('c');
    expect(() => new EnlistInterceptor(double() as Recruiter)).not.toThrow();
  });

  it.each([false, true])('asks what overrides the recruiter, initialized: %p', async (isInitialized) => {
    const asked: string[] = [];
    const standIn = (name: string) => ({ enlistDetached: () => asked.push(name) });
    @Injectable()
    class Mixed {
      @Enlist()
      page(): void {}
      @Enlist({ recruiter: 'night' })
      late(): void {}
    }
    const module = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot(), WorkStealingModule.registerRecruiter('night')],
      providers: [Mixed, { provide: 'made by a factory', useFactory: () => new Mixed() }],
    })
      .overrideProvider(Recruiter)
      .useValue(standIn('day'))
      .overrideProvider(getRecruiterToken('night'))
      .useValue(standIn('night'))
      .compile();
    closers.push(() => module.close());
    if (isInitialized) await module.init();
    const enlist = (films: Mixed) => {
      films.page();
      films.late();
    };
    enlist(module.get(Mixed));
    if (isInitialized) enlist(module.get('made by a factory'));
    expect(asked).toEqual(isInitialized ? ['day', 'night', 'day', 'night'] : ['day', 'night']);
  });
});

describe('@InjectRecruiter', () => {
  it('refuses standard decorators', () => {
    const decorate = InjectRecruiter() as (...args: unknown[]) => void;
    expect(() => decorate(undefined, { kind: 'field', name: 'recruiter' })).toThrow(
      /@InjectRecruiter\(\) was called as a standard .*experimentalDecorators/,
    );
  });

  it('injects the default recruiter and named ones, into parameters and properties', async () => {
    @Injectable()
    class Office {
      @InjectRecruiter('night')
      readonly night!: Recruiter;

      constructor(
        @InjectRecruiter() readonly day: Recruiter,
        readonly byType: Recruiter,
      ) {}
    }
    const app = await initialized({
      imports: [
        WorkStealingTestingModule.forRoot(),
        WorkStealingModule.registerRecruiter('night', deterministic()),
      ],
      providers: [Office],
    });
    const { day, byType, night } = app.get(Office);
    expect([day, byType, night].map(({ name }) => name)).toEqual(['default', 'default', 'night']);
    expect(day).toBe(byType);
    expect(app.get(getRecruiterToken('default'))).toBe(day);
  });

  it.each([
    ['', "''"],
    [' ', "' '"],
    [7, '7'],
    [null, 'null'],
  ])('refuses the name %p', (name, quoted) => {
    for (const act of [InjectRecruiter, getRecruiterToken]) {
      expect(() => act(name as string)).toThrow(expect.objectContaining({ name: 'WorkStealingConfigError' }));
      expect(() => act(name as string)).toThrow(`recruiter is ${quoted}; expected the name of a recruiter`);
    }
  });
});
