import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  Injectable,
  Logger,
  Next,
  Param,
  Sse,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ExternalContextCreator } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  Enlist,
  EnlistInterceptor,
  Recruiter,
  WorkStealingModule,
  type EnlistOptions,
} from 'nestjs-work-stealing';
import { deterministic, WorkStealingTestingModule } from 'nestjs-work-stealing/testing';
import { firstValueFrom, lastValueFrom, NEVER, Observable, of, retry, take, throwError } from 'rxjs';
import request from 'supertest';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Setting {
  controllers?: Type[];
  providers?: Provider[];
  isWithModule?: boolean;
  isFastify?: boolean;
}

async function serve({ controllers = [], providers = [], isWithModule = true, isFastify = false }: Setting) {
  const imports = isWithModule
    ? [WorkStealingTestingModule.forRoot(), WorkStealingModule.registerRecruiter('night', deterministic())]
    : [];
  const module = await Test.createTestingModule({ imports, controllers, providers }).compile();
  const app: INestApplication = isFastify
    ? module.createNestApplication<NestFastifyApplication>(new FastifyAdapter())
    : module.createNestApplication();
  app.useLogger(false);
  await app.init();
  closers.push(() => app.close());
  if (isFastify) await (app as NestFastifyApplication).getHttpAdapter().getInstance().ready();
  return app;
}

function globally(interceptor: Type<NestInterceptor>): Provider {
  return { provide: APP_INTERCEPTOR, useClass: interceptor };
}

function get(app: INestApplication, path: string) {
  return request(app.getHttpServer()).get(path);
}

function enlistments(app: INestApplication): number {
  return app.get(Recruiter).enlistments;
}

/** A controller with the kinds of handlers that a request may meet. */
function filmsController(interceptor?: Type<NestInterceptor>) {
  @Controller('films')
  @UseInterceptors(...(interceptor === undefined ? [] : [interceptor]))
  class FilmsController {
    @Get('decorated')
    @Enlist()
    decorated(): string {
      return 'decorated';
    }

    @Get('flow')
    flow(): Observable<string> {
      return of('reel 1', 'reel 2');
    }

    @Sse('live')
    live() {
      return of({ data: 'reel 1' }, { data: 'reel 2' });
    }

    @Get('refused')
    async refused(): Promise<never> {
      throw new BadRequestException('refused');
    }

    @Get('passed-on')
    passedOn(@Next() next: () => void): void {
      next();
    }

    @Get(':id')
    async page(@Param('id') id: string) {
      return { id, cached: id === 'passed-on' || id === 'cached' };
    }
  }
  return FilmsController;
}

describe('EnlistInterceptor on HTTP', () => {
  it.each([false, true])(
    'enlists once after each request that was handled well (Fastify: %p)',
    async (isFastify) => {
      const app = await serve({
        controllers: [filmsController()],
        providers: [globally(EnlistInterceptor)],
        isFastify,
      });
      await get(app, '/films/7').expect(200, { id: '7', cached: false });
      expect(enlistments(app)).toBe(1);
      await get(app, '/films/flow').expect(200, 'reel 2');
      expect(enlistments(app)).toBe(2);
      await get(app, '/films/live').expect(200, /reel 1[^]*reel 2/);
      expect(enlistments(app)).toBe(3);
      await get(app, '/films/refused').expect(400);
      await get(app, '/nothing').expect(404);
      expect(enlistments(app)).toBe(3);
    },
  );

  it('leaves a handler that enlists by itself to itself', async () => {
    const app = await serve({ controllers: [filmsController()], providers: [globally(EnlistInterceptor)] });
    await get(app, '/films/decorated').expect(200, 'decorated');
    expect(enlistments(app)).toBe(1);
  });

  it('enlists once for a request that two handlers see', async () => {
    const app = await serve({ controllers: [filmsController()], providers: [globally(EnlistInterceptor)] });
    await get(app, '/films/passed-on').expect(200, { id: 'passed-on', cached: true });
    expect(enlistments(app)).toBe(1);
  });

  it('lets the innermost of several decide', async () => {
    const app = await serve({
      controllers: [
        filmsController(EnlistInterceptor.for({ when: (film: { cached: boolean }) => film.cached })),
      ],
      providers: [globally(EnlistInterceptor)],
    });
    await get(app, '/films/7').expect(200);
    expect(enlistments(app)).toBe(0);
    await get(app, '/films/cached').expect(200);
    expect(enlistments(app)).toBe(1);
  });

  it('offers a request to each recruiter by itself', async () => {
    const app = await serve({
      controllers: [filmsController(EnlistInterceptor.for({ recruiter: 'night' }))],
      providers: [globally(EnlistInterceptor)],
    });
    await get(app, '/films/7').expect(200);
    expect(enlistments(app)).toBe(1);
    expect(app.get<Recruiter>('WorkStealingRecruiter:night').enlistments).toBe(1);
  });

  it("gives when the handler's result and the request, and counts a failure where all settled ones count", async () => {
    const seen: [unknown, unknown][] = [];
    const when = (result: unknown, [req]: { url: string }[]) => seen.push([result, req!.url]) > 0;
    const app = await serve({
      controllers: [filmsController()],
      providers: [globally(EnlistInterceptor.for({ when, on: 'settled' }))],
    });
    await get(app, '/films/7').expect(200);
    await get(app, '/films/refused').expect(400);
    expect(seen).toEqual([
      [{ id: '7', cached: false }, '/films/7'],
      [undefined, '/films/refused'],
    ]);
    expect(enlistments(app)).toBe(2);
  });

  it('dismisses and complains when when throws, and the client gets its answer', async () => {
    const when = () => {
      throw new Error('no such field');
    };
    const app = await serve({
      controllers: [filmsController()],
      providers: [globally(EnlistInterceptor.for({ when }))],
    });
    const heard: string[] = [];
    app.get(Recruiter).on('error', ({ where, error }) => heard.push(`${where}: ${error.message}`));
    await get(app, '/films/7').expect(200, { id: '7', cached: false });
    expect(heard).toEqual(['when of ConfiguredEnlistInterceptor at FilmsController.page(): no such field']);
    expect(enlistments(app)).toBe(0);
  });

  it('does nothing without the module', async () => {
    const app = await serve({
      controllers: [filmsController()],
      providers: [globally(EnlistInterceptor)],
      isWithModule: false,
    });
    const { body } = await get(app, '/films/7');
    expect(body).toEqual({ id: '7', cached: false });
  });

  it('says once in the log that it has no recruiter, since nobody would miss enlistments', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const app = await serve({
        controllers: [filmsController()],
        providers: [globally(EnlistInterceptor.for({ recruiter: 'night' }))],
        isWithModule: false,
      });
      await get(app, '/films/7');
      await get(app, '/films/7');
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/does not enlist: recruiter 'night'/)]]);
    } finally {
      warn.mockRestore();
    }
  });

  it('can be made by hand', async () => {
    const module = await Test.createTestingModule({
      imports: [WorkStealingTestingModule.forRoot()],
      controllers: [filmsController()],
    }).compile();
    const app = module.createNestApplication();
    app.useGlobalInterceptors(new EnlistInterceptor(app.get(Recruiter)));
    await app.init();
    closers.push(() => app.close());
    await get(app, '/films/7').expect(200);
    expect(enlistments(app)).toBe(1);
  });
});

/** Runs a handler as the transports do, with their arguments, through Nest's own pipeline. */
async function transport(
  type: string,
  interceptors: Type<NestInterceptor>[],
  handle: (...args: unknown[]) => unknown,
) {
  @Injectable()
  class Gateway {
    constructor(@Inject(ExternalContextCreator) readonly contexts: ExternalContextCreator) {}

    @UseInterceptors(...interceptors)
    handle(...args: unknown[]): unknown {
      return handle(...args);
    }
  }
  const app = await serve({ providers: [Gateway] });
  const gateway = app.get(Gateway);
  const run = gateway.contexts.create(
    gateway,
    gateway.handle,
    'handle',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    type,
  );
  return { app, run };
}

const twice = [EnlistInterceptor, EnlistInterceptor.for({})];

describe('EnlistInterceptor on other transports', () => {
  it.each([
    ['rpc', { id: 7 }, { pattern: 'films' }],
    ['rpc', 'a text', 'no context'],
    ['ws', { id: 'a client' }, { id: 7 }],
    ['ws', { id: 'a client' }, 'a text'],
    ['telegraf', { chat: 1 }, undefined],
    ['http', { chat: 'of another library' }, undefined],
  ])('enlists once for each message of %s, though its arguments come again', async (type, ...args) => {
    const { app, run } = await transport(type, twice, () => 'handled');
    await expect(run(...args)).resolves.toBe('handled');
    expect(enlistments(app)).toBe(1);
    await run(...args);
    expect(enlistments(app)).toBe(2);
  });

  const field = (depth: number): unknown => ({
    path: { key: 'film', prev: depth > 0 ? { key: 'films' } : undefined },
  });

  it('enlists once for each GraphQL request, for its root fields', async () => {
    const { app, run } = await transport('graphql', twice, () => 'handled');
    const [one, two] = [{ req: 1 }, { req: 2 }];
    await Promise.all([run(undefined, {}, one, field(0)), run(undefined, {}, one, field(0))]);
    await run(undefined, {}, one, field(0));
    await run({ film: 1 }, {}, one, field(1));
    expect(enlistments(app)).toBe(1);
    await run({ film: 1 }, {}, two, field(1));
    expect(enlistments(app)).toBe(1);
    await run(undefined, {}, two, field(0));
    expect(enlistments(app)).toBe(2);
    await run(undefined, {}, undefined, undefined);
    expect(enlistments(app)).toBe(3);
  });

  it('tells GraphQL operations apart though they share a context, and references from operations', async () => {
    const { app, run } = await transport('graphql', twice, () => 'handled');
    const shared = {};
    const operation = () => ({ path: { key: 'film' }, variableValues: {} });
    const [one, two, federated] = [operation(), operation(), operation()];
    await run(undefined, {}, shared, one);
    await run(undefined, {}, shared, { ...one, path: { key: 'films' } });
    expect(enlistments(app)).toBe(1);
    await run(undefined, {}, shared, two);
    expect(enlistments(app)).toBe(2);
    await run({ id: 1 }, shared, federated);
    await run({ id: 2 }, shared, { ...federated });
    expect(enlistments(app)).toBe(3);
  });

  it('offers a GraphQL request again as long as when has declined', async () => {
    const { app, run } = await transport(
      'graphql',
      [EnlistInterceptor.for({ when: (film) => film === 'cached' })],
      (...args) => args[1],
    );
    const context = {};
    await run(undefined, 'computed', context, field(0));
    expect(enlistments(app)).toBe(0);
    await run(undefined, 'cached', context, field(0));
    await run(undefined, 'cached', context, field(0));
    expect(enlistments(app)).toBe(1);
  });
});

/** An interceptor with a recruiter, and one call of it. */
function alone(source: Observable<unknown>, options: EnlistOptions = {}) {
  const recruiter = new Recruiter('default', deterministic());
  const job = {
    slices: 0,
    recruited() {
      job.slices++;
    },
  };
  recruiter.install(job, 'chore', 1);
  recruiter.open();
  const Interceptor = EnlistInterceptor.for(options) as new (recruiter: Recruiter) => EnlistInterceptor;
  const context = {
    getType: () => 'rpc',
    getArgs: () => ['a message'],
    getHandler: () => alone,
    getClass: () => Interceptor,
  } as unknown as ExecutionContext;
  let calls = 0;
  const next: CallHandler = {
    handle: () => {
      calls++;
      return source;
    },
  };
  const stream = new Interceptor(recruiter).intercept(context, next);
  return { stream, job, recruiter, calls: () => calls };
}

describe('EnlistInterceptor on the stream of a handler', () => {
  it('stays lazy, and passes on every value, the error and the unsubscription', async () => {
    let [subscribed, unsubscribed] = [0, 0];
    const source = new Observable((subscriber) => {
      subscribed++;
      subscriber.next('reel 1');
      subscriber.next('reel 2');
      return () => unsubscribed++;
    });
    const { stream, recruiter } = alone(source);
    expect(subscribed).toBe(0);
    const seen: unknown[] = [];
    const subscription = stream.subscribe((reel) => seen.push(reel));
    expect(seen).toEqual(['reel 1', 'reel 2']);
    subscription.unsubscribe();
    expect([subscribed, unsubscribed, recruiter.enlistments]).toEqual([1, 1, 0]);
    const error = new Error('gone');
    await expect(lastValueFrom(alone(throwError(() => error)).stream)).rejects.toBe(error);
  });

  it('enlists once though an outer interceptor tries again', async () => {
    let tries = 0;
    const flaky = new Observable((subscriber) =>
      ++tries < 3 ? subscriber.error(new Error('flaky')) : subscriber.complete(),
    );
    const { stream, recruiter } = alone(flaky, { on: 'settled' });
    await lastValueFrom(stream.pipe(retry(5)), { defaultValue: 'done' });
    expect([tries, recruiter.enlistments]).toEqual([3, 1]);
  });

  it('completes when the slice has ended, where it is to wait', async () => {
    const { stream, job } = alone(of('Alien'), { inline: true });
    await expect(lastValueFrom(stream)).resolves.toBe('Alien');
    expect(job.slices).toBe(1);
  });

  it('runs the slice after the answer, where it is not', async () => {
    const { stream, job } = alone(of('Alien'));
    await expect(firstValueFrom(stream.pipe(take(1)))).resolves.toBe('Alien');
    const later = alone(of('Alien'));
    await expect(lastValueFrom(later.stream)).resolves.toBe('Alien');
    expect([job.slices, later.job.slices]).toEqual([0, 0]);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect([job.slices, later.job.slices]).toEqual([0, 1]);
  });

  it('counts a client that goes away where all settled ones count', () => {
    const { stream, recruiter } = alone(NEVER, { on: 'settled' });
    stream.subscribe().unsubscribe();
    expect(recruiter.enlistments).toBe(1);
  });
});

describe('EnlistInterceptor beside @Enlist() under decorators of other packages', () => {
  /** As a tracing or retry decorator does: a nameless function in the method's place. */
  function Wrapped(): MethodDecorator {
    return (_target, _key, descriptor: PropertyDescriptor) => {
      const inner = descriptor.value as (...args: unknown[]) => unknown;
      descriptor.value = async function (this: unknown, ...args: unknown[]) {
        return inner.apply(this, args);
      };
    };
  }

  /** As an auto-instrumentation does: all methods are defined again, under their routes. */
  function AllWrapped(type: Type): void {
    const { prototype } = type as { prototype: object };
    for (const key of Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key)!;
      const inner = descriptor.value as (...args: unknown[]) => unknown;
      const outer = function (this: unknown, ...args: unknown[]) {
        return inner.apply(this, args);
      };
      for (const each of Reflect.getMetadataKeys(inner).filter((name) => typeof name === 'string')) {
        Reflect.defineMetadata(each, Reflect.getMetadata(each, inner), outer);
      }
      Object.defineProperty(prototype, key, { ...descriptor, value: outer });
    }
  }

  @Controller()
  class Pages {
    @Get('below')
    @Wrapped()
    @Enlist()
    below(): string {
      return 'x';
    }
    @Get('above')
    @Enlist()
    @Wrapped()
    above(): string {
      return 'x';
    }
    @Get('plain')
    @Wrapped()
    plain(): string {
      return 'x';
    }
  }

  @AllWrapped
  @Controller('all')
  class Instrumented {
    @Get('below')
    @Enlist()
    below(): string {
      return 'x';
    }
  }

  @Controller('own')
  class ByInstance {
    constructor() {
      const { below } = this;
      Object.assign(this, {
        below: Object.defineProperty(() => below.call(this), 'name', { value: 'below' }),
      });
    }
    @Get('below')
    @Enlist()
    below(): string {
      return 'x';
    }
  }

  it.each(['/below', '/above', '/plain', '/all/below', '/own/below'])('enlists once for %p', async (path) => {
    const app = await serve({
      controllers: [Pages, Instrumented, ByInstance],
      providers: [globally(EnlistInterceptor)],
    });
    await get(app, path).expect(200);
    await new Promise(setImmediate);
    expect(enlistments(app)).toBe(1);
  });
});

describe('EnlistInterceptor.for', () => {
  it('does nothing where an auto-mocker knows only one of its recruiters', async () => {
    const Night = EnlistInterceptor.for({ recruiter: 'night' });
    const mock = (token: unknown) => (token === Recruiter ? {} : undefined) as object;
    const compiled = Test.createTestingModule({ providers: [Night] })
      .useMocker(mock)
      .compile();
    expect((await compiled).get(Night)).toBeInstanceOf(EnlistInterceptor);
  });

  it('refuses a recruiter that nobody has registered, and does nothing without the module', async () => {
    const astray = EnlistInterceptor.for({ recruiter: 'nigth' });
    const refused = "EnlistInterceptor.for(): recruiter 'nigth' is not registered. Import";
    await expect(serve({ providers: [globally(astray)] })).rejects.toThrow(refused);
    await expect(serve({ controllers: [filmsController(astray)] })).rejects.toThrow(refused);
    const app = await serve({ controllers: [filmsController(astray)], isWithModule: false });
    await get(app, '/films/7').expect(200);
  });

  it('refuses options that are wrong, all at once', () => {
    const wrong = () => EnlistInterceptor.for({ on: 'x', recruiter: ' ' } as unknown as EnlistOptions);
    expect(wrong).toThrow(expect.objectContaining({ name: 'WorkStealingConfigError' }));
    expect(wrong).toThrow(/^EnlistInterceptor\.for\(\): on is 'x'; .*; recruiter is ' '; /);
  });
});
