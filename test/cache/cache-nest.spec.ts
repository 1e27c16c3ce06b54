import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  Logger,
  Module,
  Param,
  Scope,
  SetMetadata,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { Redis } from 'ioredis';
import {
  Enlist,
  Recruiter,
  StealableJob,
  WorkStealingConfigError,
  WorkStealingModule,
} from 'nestjs-work-stealing';
import {
  EarlyRefresh,
  EarlyRefreshCache,
  RefreshAhead,
  WORK_STEALING_CACHE_OPTIONS,
  WorkStealingCacheModule,
  type EarlyRefreshOptions,
  type WorkStealingCacheOptions,
} from 'nestjs-work-stealing/cache';
import {
  WORK_STEALING_REDIS_OPTIONS,
  WorkStealingRedis,
  WorkStealingRedisModule,
} from 'nestjs-work-stealing/redis';
import { ManualClock, recruitNext, WorkStealingTestingModule } from 'nestjs-work-stealing/testing';
import request from 'supertest';
import { docBlocks } from '../../scripts/doc-blocks.mjs';
import { useRedis } from '../support/redis.js';

const HOUR = 3_600_000;
jest.setTimeout(60_000);
const closers: (() => Promise<unknown>)[] = [];
let turn = 0;

// Hooks run in their order: applications close before the server.
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const server = useRedis();

async function compiled(
  metadata: ModuleMetadata,
  options: WorkStealingCacheOptions = {},
): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [
      // A busy machine may take its time.
      WorkStealingTestingModule.forRoot({ budget: 20_000 }),
      WorkStealingRedisModule.forRoot({ factory: () => new Redis(server.url) }),
      WorkStealingCacheModule.forRoot({ name: `nest${turn++}`, patience: 20_000, ...options }),
      ...(metadata.imports ?? []),
    ],
  }).compile();
  // Nest's testing module has set a logger of its own.
  Logger.overrideLogger(false);
  closers.push(() => module.close());
  return module;
}

async function initialized(
  metadata: ModuleMetadata,
  options?: WorkStealingCacheOptions,
): Promise<TestingModule> {
  return (await compiled(metadata, options)).init();
}

/** Waits for what is to come true soon; a test that waits in vain ends all the same. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`It never came true: ${isSo.toString()}`);
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
}

/** The key of an entry in Redis. */
function entryOf(cache: EarlyRefreshCache, key: string): string {
  return `work-stealing:{${cache.name}:${key}}:ec1:entry`;
}

describe('WorkStealingCacheModule', () => {
  it('provides one cache to the whole application, with its Redis and its default recruiter', async () => {
    @Injectable()
    class Films {
      constructor(readonly cache: EarlyRefreshCache) {}
    }
    @Module({ providers: [Films] })
    class FilmsModule {}
    const app = await initialized({ imports: [FilmsModule] });
    const { cache } = app.get(Films);
    await cache.get('a', () => 'Alien', { ttl: HOUR });
    expect(await cache.get('a', () => 'unused', { ttl: HOUR })).toBe('Alien');
    expect(await app.get(WorkStealingRedis).client.exists(entryOf(cache, 'a'))).toBe(1);
    expect(app.get(Recruiter).enlistments).toBe(1);
  });

  it('takes a client of its own and options from a factory, needs no recruiter, and does not close the client', async () => {
    const client = new Redis(server.url);
    const app = await Test.createTestingModule({
      imports: [
        WorkStealingCacheModule.forRootAsync({ useFactory: () => ({ redis: client, prefix: 'shop' }) }),
      ],
    }).compile();
    await app.init();
    const cache = app.get(EarlyRefreshCache);
    await cache.set('a', 'Alien', { ttl: HOUR });
    expect(await client.exists('shop:{cache:a}:ec1:entry')).toBe(1);
    await app.close();
    expect(await client.ping()).toBe('PONG');
    await client.quit();
  });

  it.each([null, 'redis://localhost'])('says what is wrong with options that are %p', async (wrong) => {
    const application = Test.createTestingModule({
      imports: [WorkStealingCacheModule.forRootAsync({ useFactory: () => wrong as never })],
    }).compile();
    await expect(application).rejects.toThrow(WorkStealingConfigError);
    await expect(application).rejects.toThrow(/WorkStealingCacheModule: options are .*; expected an object/);
  });

  it('names all that it knows beside an option that it does not know', async () => {
    const application = Test.createTestingModule({
      imports: [WorkStealingCacheModule.forRoot({ redsi: 1 } as never)],
    }).compile();
    await expect(application).rejects.toThrow(
      /WorkStealingCacheModule: unknown option 'redsi'; known are redis, name, prefix,/,
    );
  });

  it('waits for refreshes under way when the application closes', async () => {
    const client = new Redis(server.url);
    const app = await Test.createTestingModule({
      imports: [WorkStealingCacheModule.forRoot({ redis: client, name: 'closing', patience: 20_000 })],
    }).compile();
    await app.init();
    const cache = app.get(EarlyRefreshCache);
    await cache.set('a', 'old', { ttl: HOUR, stale: HOUR });
    await cache.invalidate('a');
    await cache.get('a', () => new Promise((resolve) => void setTimeout(() => resolve('new'), 20)), {
      ttl: HOUR,
    });
    await until(() => cache.stats.refreshes === 1);
    await app.close();
    expect(cache.stats).toMatchObject({ refreshes: 1, failures: 0 });
    expect(await cache.get('a', () => 'unused', { ttl: HOUR })).toBe('new');
    await client.quit();
  });

  it.each<[string, unknown, RegExp]>([
    ['no Redis', {}, /has no Redis: import WorkStealingRedisModule/],
    ['what is no client', { redis: {} }, /neither a client of ioredis nor/],
    ['a name with braces', { redis: true, name: '{a}' }, /name is '{a}'/],
    ['options that are wrong', { redis: true, lease: -1, beat: 2 }, /unknown option 'beat'.*lease is -1/],
  ])('refuses %s', async (_what, options, message) => {
    const client = new Redis(server.url, { lazyConnect: true });
    const given = options as WorkStealingCacheOptions;
    const redis = (given.redis as unknown) === true ? { redis: client } : {};
    const error = await Test.createTestingModule({
      imports: [WorkStealingCacheModule.forRoot({ ...given, ...redis })],
    })
      .compile()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect(String(error)).toMatch(message);
    client.disconnect();
  });
});

describe('@EarlyRefresh where a test has put a double in the place of the cache', () => {
  @Injectable()
  class Store {
    async load(id: string): Promise<string> {
      return id;
    }
  }

  @Injectable()
  class Films {
    constructor(readonly store: Store) {}
    @EarlyRefresh({ key: 'film', ttl: HOUR })
    async page(id: string): Promise<string> {
      return this.store.load(id);
    }
  }

  it.each<[string, () => unknown]>([
    ['one object for everything', () => ({ load: async (id: string) => id })],
    ['null', () => null],
    ['a copy of the prototype', () => Object.create(EarlyRefreshCache.prototype)],
    ['a deep mock', () => new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : () => undefined) })],
  ])('runs the method with %s', async (_, double) => {
    const module = await Test.createTestingModule({ providers: [Films] })
      .useMocker((token) => (token === Store ? new Store() : double()) as object)
      .compile();
    await expect(module.get(Films).page('a')).resolves.toBe('a');
  });

  it('starts an application whose cache is overridden, and warns that nothing is cached', async () => {
    const warnings: string[] = [];
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((text) => void warnings.push(text));
    const module = await Test.createTestingModule({
      imports: [
        WorkStealingTestingModule.forRoot(),
        WorkStealingRedisModule.forRoot({ factory: () => new Redis(server.url) }),
        WorkStealingCacheModule.forRoot(),
      ],
      providers: [Films, Store, { provide: 'made by a factory', useFactory: () => new Films(new Store()) }],
    })
      .overrideProvider(Recruiter)
      .useValue({})
      .overrideProvider(EarlyRefreshCache)
      .useValue({ get: async () => 'cached' })
      .compile();
    closers.push(() => module.close());
    await module.init();
    warn.mockRestore();
    await expect(module.get(Films).page('a')).resolves.toBe('a');
    await expect(module.get<Films>('made by a factory').page('b')).resolves.toBe('b');
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /@EarlyRefresh\(\) in Films in RootTestModule caches nothing: .* not an EarlyRefreshCache/,
      ),
    );
  });
});

describe('@EarlyRefresh', () => {
  const nothing = () => undefined;

  /** The same controller without `@EarlyRefresh()`, with it above, and with it below all other decorators. */
  function filmsController(above: EarlyRefreshOptions | undefined, below: EarlyRefreshOptions | undefined) {
    const decorate = (options: EarlyRefreshOptions | undefined) =>
      options ? EarlyRefresh(options) : nothing;
    @Controller('films')
    class FilmsController {
      calls = 0;

      @decorate(above)
      @Get(':id')
      @Header('x-reel', '35mm')
      @SetMetadata('colour', 'red')
      @decorate(below)
      async page(@Param('id') id: string, ..._rest: unknown[]) {
        return { id, calls: ++this.calls };
      }
    }
    return FilmsController;
  }
  const options: EarlyRefreshOptions = { key: ([id]) => `film:${id}`, ttl: HOUR };

  it.each([
    ['above other decorators', options, undefined],
    ['below other decorators', undefined, options],
  ])('caches a route handler %s, and keeps all that the world reads of it', async (_where, above, below) => {
    const FilmsController = filmsController(above, below);
    const bare = filmsController(undefined, undefined).prototype.page;
    const { page } = FilmsController.prototype;
    expect([page.name, page.length, 'prototype' in page]).toEqual([
      bare.name,
      bare.length,
      'prototype' in bare,
    ]);
    expect(Object.getPrototypeOf(page)).toBe(Object.getPrototypeOf(bare));
    const metadata = (of: object) =>
      Reflect.getMetadataKeys(of).map((key) => [key, Reflect.getMetadata(key, of) as unknown]);
    expect(metadata(page)).toEqual(metadata(bare));
    const module = await compiled({ controllers: [FilmsController] });
    const app: INestApplication = await module.createNestApplication().init();
    closers.push(() => app.close());
    for (const [id, calls] of [
      ['7', 1],
      ['7', 1],
      ['8', 2],
    ] as const) {
      const response = await request(app.getHttpServer()).get(`/films/${id}`);
      expect([response.body, response.headers['x-reel']]).toEqual([{ id, calls }, '35mm']);
    }
    expect(app.get(EarlyRefreshCache).stats).toMatchObject({ hits: 1, misses: 2 });
    expect(Object.keys(app.get(FilmsController))).toEqual(['calls']);
  });

  @Injectable()
  class Films {
    calls = 0;

    @EarlyRefresh({ key: 'film', ttl: HOUR })
    async film(id: number, as?: string): Promise<unknown> {
      return [id, as, ++this.calls];
    }

    @Enlist()
    @EarlyRefresh({ key: () => 'all', ttl: HOUR })
    @Enlist()
    async all(): Promise<number> {
      return ++this.calls;
    }

    @EarlyRefresh({ key: ([film]) => String(film.id), ttl: HOUR })
    async of(_film: { id: number }): Promise<number> {
      return ++this.calls;
    }
  }

  it('is the plain method without a cache: in plain new, and in an application without the module', async () => {
    const app = await Test.createTestingModule({
      providers: [Films],
      imports: [WorkStealingModule.forRoot()],
    }).compile();
    await app.init();
    for (const films of [new Films(), app.get(Films)]) {
      expect([await films.all(), await films.all()]).toEqual([1, 2]);
    }
    await app.close();
  });

  it('appends the arguments to a key that is a text, so that calls that differ share nothing', async () => {
    const films = (await initialized({ providers: [Films] })).get(Films);
    expect(await films.film(1)).toEqual([1, null, 1]);
    expect(await films.film(1, 'page')).toEqual([1, 'page', 2]);
    expect(await films.film(1)).toEqual([1, null, 1]);
  });

  it('rejects as the method does, and caches no error', async () => {
    @Injectable()
    class Failing {
      calls = 0;

      @EarlyRefresh({ key: 'a', ttl: HOUR })
      async page(): Promise<number> {
        if (++this.calls === 1) throw new Error('no such film');
        return this.calls;
      }
    }
    const failing = (await initialized({ providers: [Failing] })).get(Failing);
    await expect(failing.page()).rejects.toThrow('no such film');
    expect([await failing.page(), await failing.page()]).toEqual([2, 2]);
  });

  it('calls the plain method when no key can be made, and logs it', async () => {
    // A line a second: by this clock both calls come at the same moment.
    const films = (await initialized({ providers: [Films] }, { clock: new ManualClock() })).get(Films);
    const error = jest.fn<(message: unknown) => void>();
    Logger.overrideLogger({ log: jest.fn(), warn: jest.fn(), error } satisfies LoggerService);
    expect(await films.of(null as never)).toBe(1);
    expect(await films.film({ id: 1 } as never)).toEqual([{ id: 1 }, undefined, 2]);
    Logger.overrideLogger(false);
    expect(error.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(/a call of Films.of\(\) has no key, and is not cached: Cannot read/),
    ]);
  });

  it('works in request-scoped providers, with the instance of each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(@Inject(REQUEST) readonly request: { url: string }) {}

      @EarlyRefresh({ key: 'scoped', ttl: HOUR })
      async page(id: string): Promise<string> {
        return `${id} by ${this.request.url}`;
      }
    }
    @Controller()
    class Pages {
      constructor(private readonly scoped: Scoped) {}

      @Get(':visit/:id')
      page(@Param('id') id: string) {
        return this.scoped.page(id);
      }
    }
    const module = await compiled({ controllers: [Pages], providers: [Scoped] });
    const app: INestApplication = await module.createNestApplication().init();
    closers.push(() => app.close());
    const texts = [];
    for (const path of ['/first/a', '/second/a', '/second/b']) {
      texts.push((await request(app.getHttpServer()).get(path)).text);
    }
    expect(texts).toEqual(['a by /first/a', 'a by /first/a', 'b by /second/b']);
  });

  it('works in subclasses, and in instances that Nest has not made', async () => {
    @Injectable()
    class Classics extends Films {
      override async film(id: number): Promise<unknown> {
        return ['a classic', await super.film(id)];
      }
    }
    const frozen = Object.freeze(new Films());
    const app = await initialized({
      providers: [
        Classics,
        { provide: 'made', useFactory: () => new Films() },
        { provide: 'frozen', useValue: frozen },
      ],
    });
    const classics = app.get(Classics);
    expect(await classics.film(1)).toEqual(['a classic', [1, null, 1]]);
    expect(await classics.film(1)).toEqual(['a classic', [1, null, 1]]);
    const made = app.get<Films>('made');
    expect([await made.all(), await made.all(), made.calls]).toEqual([1, 1, 1]);
    expect(await app.get<Films>('frozen').all()).toBe(1);
    expect(Object.keys(made)).toEqual(['calls']);
  });

  it('leaves a key that an override has too to the override, which may call super at any time', async () => {
    @Injectable()
    class Classics extends Films {
      @EarlyRefresh({ key: 'film', ttl: HOUR })
      override async film(id: number): Promise<unknown> {
        await new Promise(setImmediate);
        return ['a classic', await super.film(id)];
      }

      @Enlist()
      @EarlyRefresh({ key: 'another', ttl: HOUR })
      override async all(): Promise<number> {
        return -(await super.all());
      }
    }
    @Injectable()
    class Remakes extends Classics {
      override async film(id: number): Promise<unknown> {
        return ['a remake', await super.film(id)];
      }
    }
    const app = await initialized({ providers: [Classics, Remakes] });
    const classics = app.get(Classics);
    const cache = app.get(EarlyRefreshCache);
    expect(await classics.film(1)).toEqual(['a classic', [1, null, 1]]);
    expect(await app.get(Remakes).film(1)).toEqual(['a remake', ['a classic', [1, null, 1]]]);
    expect(cache.stats).toMatchObject({ misses: 1, hits: 1 });
    expect([await classics.all(), await classics.all(), classics.calls]).toEqual([-2, -2, 2]);
    expect(cache.stats).toMatchObject({ misses: 3, hits: 2 }); // under keys of its own each is cached
  });

  it('uses another cache where it is told to, and refuses one that nobody provides', async () => {
    @Injectable()
    class OtherCache extends EarlyRefreshCache {
      constructor(redis: WorkStealingRedis) {
        super(redis, `other${turn++}`);
      }
    }
    @Injectable()
    class Others {
      @EarlyRefresh({ key: 'a', ttl: HOUR, cache: OtherCache })
      async page(): Promise<string> {
        return 'Alien';
      }
    }
    const app = await initialized({ providers: [Others, OtherCache] });
    await app.get(Others).page();
    expect([app.get(OtherCache).stats.misses, app.get(EarlyRefreshCache).stats.misses]).toEqual([1, 0]);
    const lonely = initialized({ providers: [Others] });
    await expect(lonely).rejects.toThrow(
      /@EarlyRefresh\(\) in Others in RootTestModule: no module provides its cache, \[class OtherCache/,
    );
  });

  it.each<[string, unknown, RegExp]>([
    ['no key', { ttl: 1 }, /on Films.page\(\): key is undefined/],
    ['an empty key', { key: '', ttl: 1 }, /key is ''/],
    ['a wrong ttl', { key: 'a', ttl: -1 }, /ttl is -1/],
    ['an unknown option', { key: 'a', ttl: 1, tll: 1 }, /unknown option 'tll'; known are key, cache, ttl/],
    ['no options', undefined, /options are undefined/],
  ])('refuses %s', (_what, wrong, message) => {
    const page = { value: async () => 1, writable: true };
    class Films {}
    const decorate = () => EarlyRefresh(wrong as EarlyRefreshOptions)(Films.prototype, 'page', page);
    expect(decorate).toThrow(WorkStealingConfigError);
    expect(decorate).toThrow(message);
  });

  it('refuses anything but an instance method', () => {
    class Films {}
    const decorator = EarlyRefresh({ key: 'a', ttl: 1 }) as (...args: unknown[]) => void;
    expect(() => decorator(Films)).toThrow(/@EarlyRefresh\(\) on class Films: it goes on methods only/);
    expect(() => decorator(Films, 'page', { value: () => 1 })).toThrow(/the static method Films.page\(\)/);
  });
});

describe('The example of docs/caching.md', () => {
  let folder: string;
  // Inside the project, so that it finds its packages as the project's own tests do.
  beforeAll(async () => {
    const temp = join(import.meta.dirname, '../../temp');
    await mkdir(temp, { recursive: true });
    folder = await mkdtemp(join(temp, 'caching-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('caches a method and a query by hand, and enlists at each hit', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/caching.md'), 'utf8');
    const [example] = docBlocks(page);
    const file = join(folder, example!.name);
    await writeFile(file, example!.code);
    const { AppModule, Films } = (await import(file)) as { AppModule: Type; Films: Type<ExampleFilms> };
    const app = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(WORK_STEALING_REDIS_OPTIONS)
      .useValue({ factory: () => new Redis(server.url) })
      .overrideProvider(WORK_STEALING_CACHE_OPTIONS)
      .useValue({ patience: 20_000 })
      .compile();
    Logger.overrideLogger(false);
    closers.push(() => app.close());
    await app.init();
    const films = app.get(Films);
    for (let turn = 0; turn < 3; turn++) {
      expect(await films.page(7)).toBe('<h1>film 7</h1>');
      expect(await films.charts()).toEqual(['Alien']);
    }
    await films.rename(7, 'Aliens');
    await films.page(7);
    expect(app.get(EarlyRefreshCache).stats).toMatchObject({ hits: 4, misses: 3, recomputes: 3 });
    expect(app.get(Recruiter).enlistments).toBe(4);
  });
});

interface ExampleFilms {
  page(id: number): Promise<string>;
  charts(): Promise<string[]>;
  rename(id: number, title: string): Promise<void>;
}

describe('RefreshAhead', () => {
  @StealableJob(0)
  @Injectable()
  class Ahead extends RefreshAhead {
    constructor(cache: EarlyRefreshCache) {
      super(cache, { limit: 2, window: 0.1 });
    }
  }

  async function aheadOf(hits: Readonly<Record<string, number>>, isAhead = true) {
    // A rest after a failure is still there when it is looked for, however late.
    const app = await initialized({ providers: [Ahead] }, { rest: HOUR });
    const cache = app.get(EarlyRefreshCache);
    const { client } = app.get(WorkStealingRedis);
    const runs: string[] = [];
    const ask = async (key: string) => {
      const recompute = () => {
        runs.push(key);
        return key;
      };
      await cache.get(key, recompute, { ttl: HOUR, ahead: isAhead, beta: 0 });
    };
    /** Its expiry is so many ms ahead, as far as Redis and this process can tell. */
    const hit = async (key: string, times: number, left: number) => {
      await client.hset(entryOf(cache, key), 'expiry', Date.now() + left);
      for (let time = 0; time < times; time++) await ask(key);
    };
    for (const [key, times] of Object.entries(hits)) {
      await ask(key);
      await hit(key, times, HOUR / 20);
    }
    runs.length = 0;
    const recruiter = app.get(Recruiter);
    return { cache, client, runs, hit, ask, recruiter };
  }

  it('recomputes the hottest entries that are near their expiry, through recruits, and says whether more wait', async () => {
    const { cache, runs, recruiter, hit } = await aheadOf({ cool: 1, hot: 9, warm: 4 });
    const report = recruitNext(recruiter, 'Ahead');
    recruiter.enlistDetached();
    expect(await report).toMatchObject({ outcome: 'full', done: 2 });
    expect(runs).toEqual(['hot', 'warm']);
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'partial', done: 1 });
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'idle' });
    expect(runs).toEqual(['hot', 'warm', 'cool']);
    // An hour is left to them again.
    await hit('hot', 1, HOUR / 2);
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'idle' });
    expect(cache.stats).toMatchObject({ refreshes: 3, failures: 0, misses: 3 });
  });

  it('leaves alone what another process has refreshed or is refreshing, and what takes longer than a slice may', async () => {
    const { cache, client, runs, recruiter, hit } = await aheadOf({ done: 2, busy: 1 });
    await client.hset(entryOf(cache, 'done'), 'expiry', Date.now() + HOUR);
    await client.set(`work-stealing:{${cache.name}:busy}:ec1:lease`, 'another');
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'idle' });
    await client.del(`work-stealing:{${cache.name}:busy}:ec1:lease`);
    await client.hset(entryOf(cache, 'busy'), 'delta', 60_000);
    await hit('busy', 1, HOUR / 20);
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'idle' });
    expect(runs).toEqual([]);
  });

  it('keeps no recompute that did not say that it may', async () => {
    const { runs, recruiter } = await aheadOf({ hot: 9 }, false);
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'idle' });
    expect(runs).toEqual([]);
  });

  it('goes on to the next when a recompute fails, and is not stopped by a Redis that is away', async () => {
    const { cache, client, runs, recruiter } = await aheadOf({ good: 1 });
    const failing = () => Promise.reject(new Error('away'));
    await cache.set('bad', 'old', { ttl: HOUR });
    await client.hset(entryOf(cache, 'bad'), 'expiry', Date.now() + HOUR / 20);
    for (let hit = 0; hit < 9; hit++)
      await cache.get<unknown>('bad', failing, { ttl: HOUR, ahead: true, beta: 0 });
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'partial', done: 1 });
    expect(runs).toEqual(['good']);
    expect(cache.stats.failures).toBe(1);
    await until(async () => (await client.get(`work-stealing:{${cache.name}:bad}:ec1:lease`)) === 'rest');
    client.disconnect();
    await until(() => client.status === 'end');
    expect(await recruiter.recruit('Ahead')).toMatchObject({ outcome: 'idle' });
  });

  it('refuses a cache that another looks after, which would see no more hits', () => {
    const client = new Redis(server.url, { lazyConnect: true });
    const cache = new EarlyRefreshCache(client, 'films');
    expect(new RefreshAhead(cache)).toBeInstanceOf(RefreshAhead);
    expect(() => new RefreshAhead(cache)).toThrow(WorkStealingConfigError);
    expect(() => new RefreshAhead(cache)).toThrow(/the cache "films" has one already/);
    client.disconnect();
  });

  it('says all that is wrong with its options at once', () => {
    const client = new Redis(server.url, { lazyConnect: true });
    const cache = new EarlyRefreshCache(client, 'films');
    const make = () => new RefreshAhead(cache, { limit: 0.5, window: 1, capacity: 0, size: 1 } as never);
    expect(make).toThrow(WorkStealingConfigError);
    expect(make).toThrow(
      /unknown option 'size'.*limit is 0.5.*window is 1; expected a share above 0, at most 0.9.*capacity is 0/,
    );
    client.disconnect();
  });
});
