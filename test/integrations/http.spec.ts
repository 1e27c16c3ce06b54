import { once } from 'node:events';
import { get as httpGet, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CACHE_MANAGER, CacheModule, type Cache } from '@nestjs/cache-manager';
import {
  BadRequestException,
  Controller,
  Get,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  VersioningType,
  type CanActivate,
  type INestApplication,
  type ModuleMetadata,
  type NestInterceptor,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Enlist, EnlistInterceptor, Recruiter } from 'nestjs-work-stealing';
import { recruitNext, WorkStealingTestingModule } from 'nestjs-work-stealing/testing';
import { of } from 'rxjs';
import request from 'supertest';
import { useRecipe } from '../support/recipe.js';

// Servers take their time on a busy machine.
jest.setTimeout(60_000);

type Platform = 'Express' | 'Fastify';
const platforms: Platform[] = ['Express', 'Fastify'];
let app: INestApplication;

afterEach(() => app.close());

interface Parts {
  imports?: NonNullable<ModuleMetadata['imports']>;
  controllers?: Type[];
  providers?: Provider[];
  configure?: (app: INestApplication) => void;
}

async function serve(platform: Platform, { configure, ...parts }: Parts): Promise<void> {
  const module = await Test.createTestingModule(parts).compile();
  const adapter = platform === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
  app = module.createNestApplication(adapter, { logger: false });
  configure?.(app);
  await app.listen(0);
}

function get(path: string) {
  return request(app.getHttpServer() as Server).get(path);
}

function enlistments(): number {
  return app.get(Recruiter).enlistments;
}

/** Leaves an event stream after its first event. */
async function leaveEarly(path: string): Promise<void> {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const asked = httpGet({ host: '127.0.0.1', port, path });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  await once(response, 'data');
  response.destroy();
}

describe.each(platforms)('An application on %s', (platform) => {
  const recipe = useRecipe('http.md');
  interface Recipe {
    AppModule: Type;
    configure: (app: INestApplication) => void;
  }

  async function serveRecipe() {
    const { AppModule, configure } = await recipe.import<Recipe>('app.module.ts');
    await serve(platform, { imports: [AppModule], configure });
  }

  it('enlists once for each kind of answer, under a prefix and in each version', async () => {
    await serveRecipe();
    const answers: [path: string, body: RegExp][] = [
      ['v1/films/page', /title/],
      ['v2/films/page', /name/],
      ['v1/films/file', /reel 1reel 2/],
      ['v1/films/passthrough', /title/],
      ['v1/films/own-answer', /^Alien$/],
      ['v1/films/reels', /reel 1[^]*reel 2/],
    ];
    for (const [index, [path, body]] of answers.entries()) {
      const response = await get(`/api/${path}`).expect(200);
      const text = response.text ?? (response.body as Buffer).toString();
      expect([path, text, enlistments()]).toEqual([path, expect.stringMatching(body), index + 1]);
    }
  });

  it('enlists once where versions share a path, and a header chooses between their handlers', async () => {
    const { AppModule } = await recipe.import<Recipe>('app.module.ts');
    const header = 'x-version';
    const configure = () => app.enableVersioning({ type: VersioningType.HEADER, header });
    await serve(platform, { imports: [AppModule], configure });
    await get('/films/page').set(header, '2').expect(200, { name: 'Alien' });
    await get('/films/page').set(header, '1').expect(200, { title: 'Alien' });
    await get('/films/page').set(header, '3').expect(404);
    expect(enlistments()).toBe(2);
  });

  it('enlists nobody when a handler throws or is not reached', async () => {
    await serveRecipe();
    await get('/api/v1/films/refused').expect(400);
    await get('/api/v3/films/page').expect(404);
    await get('/v1/films/page').expect(404);
    expect(enlistments()).toBe(0);
  });

  it('enlists nobody when a guard refuses', async () => {
    class Nobody implements CanActivate {
      canActivate = () => false;
    }
    @Controller()
    @UseGuards(Nobody)
    class Guarded {
      @Get('plain')
      plain(): void {}

      @Get('decorated')
      @Enlist()
      decorated(): void {}
    }
    await serve(platform, {
      imports: [WorkStealingTestingModule.forRoot()],
      controllers: [Guarded],
      providers: [globally(EnlistInterceptor)],
    });
    await get('/plain').expect(403);
    await get('/decorated').expect(403);
    expect(enlistments()).toBe(0);
  });

  it('does not enlist for a client that leaves an event stream, unless all that settles counts', async () => {
    await serveRecipe();
    await leaveEarly('/api/v1/films/live');
    await get('/api/v1/films/page').expect(200);
    const recruiter = app.get(Recruiter);
    await app.close(); // waits until it has seen every client go
    expect(recruiter.enlistments).toBe(1);

    const { FilmsController } = await recipe.import<{ FilmsController: Type }>('films.controller.ts');
    const Chore = (await recipe.import<{ ExpireFilms: Type }>('app.module.ts')).ExpireFilms;
    await serve(platform, {
      imports: [WorkStealingTestingModule.forRoot()],
      controllers: [FilmsController],
      providers: [Chore, globally(EnlistInterceptor.for({ on: 'settled' }))],
    });
    const report = recruitNext(app.get(Recruiter), 'ExpireFilms');
    await leaveEarly('/films/live');
    await expect(report).resolves.toMatchObject({ outcome: 'partial' });
  });

  it('lets when go by the status of the response', async () => {
    const { SuccessfulInterceptor } = await recipe.import<{ SuccessfulInterceptor: Type<NestInterceptor> }>(
      'successful.interceptor.ts',
    );
    const { FilmsController } = await recipe.import<{ FilmsController: Type }>('films.controller.ts');
    await serve(platform, {
      imports: [WorkStealingTestingModule.forRoot()],
      controllers: [FilmsController],
      providers: [globally(SuccessfulInterceptor)],
    });
    await get('/films/own-error').expect(503);
    await get('/films/gone').expect(410);
    expect(enlistments()).toBe(0);
    await get('/films/own-answer').expect(200);
    await get('/films/page').expect(200);
    expect(enlistments()).toBe(2);
  });
});

function globally(interceptor: Type<NestInterceptor>): Provider {
  return { provide: APP_INTERCEPTOR, useClass: interceptor };
}

describe.each(platforms)('Handlers with @Enlist() on %s', (platform) => {
  it('enlist once for each kind of answer', async () => {
    @Controller()
    class Films {
      @Get('file')
      @Enlist()
      file(): StreamableFile {
        return new StreamableFile(Readable.from(['reel 1']));
      }

      @Enlist()
      @Get('passthrough')
      passthrough(@Res({ passthrough: true }) response: Answerable): string {
        response.status(202);
        return 'Alien';
      }

      @Get('own-answer')
      @Enlist()
      ownAnswer(@Res() response: Answerable): void {
        response.status(202).send('Alien');
      }

      @Enlist()
      @Sse('reels')
      reels() {
        return of({ data: 'reel 1' }, { data: 'reel 2' });
      }

      @Get('refused')
      @Enlist()
      refused(): never {
        throw new BadRequestException();
      }
    }
    await serve(platform, { imports: [WorkStealingTestingModule.forRoot()], controllers: [Films] });
    await get('/file').expect(200);
    expect(enlistments()).toBe(1);
    await get('/passthrough').expect(202, 'Alien');
    expect(enlistments()).toBe(2);
    await get('/own-answer').expect(202, 'Alien');
    expect(enlistments()).toBe(3);
    await get('/reels').expect(200, /reel 1[^]*reel 2/);
    expect(enlistments()).toBe(4);
    await get('/refused').expect(400);
    expect(enlistments()).toBe(4);
  });
});

interface Answerable {
  status(code: number): this;
  send(body: string): this;
}

describe('@nestjs/cache-manager', () => {
  const recipe = useRecipe('caching.md');

  it.each(platforms)('has every hit enlist, and no miss, on %s', async (platform) => {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('app.module.ts');
    await serve(platform, { imports: [AppModule] });
    const { text } = await get('/films/alien').expect('X-Cache', 'MISS');
    expect(enlistments()).toBe(0);
    await get('/films/alien').expect('X-Cache', 'HIT').expect(200, text);
    await get('/films/alien').expect('X-Cache', 'HIT').expect(200, text);
    expect(enlistments()).toBe(2);
    await app.get<Cache>(CACHE_MANAGER).get('no such key');
    expect(enlistments()).toBe(2);
  });

  it('leaves hits of wrap() to the method that calls it', async () => {
    const { Films } = await recipe.import<{ Films: Type<FilmsService> }>('films.ts');
    const { CacheHits } = await recipe.import<{ CacheHits: Type }>('cache-hits.ts');
    await serve('Express', {
      imports: [WorkStealingTestingModule.forRoot(), CacheModule.register()],
      providers: [Films, CacheHits],
    });
    const films = app.get(Films);
    await expect(films.page('alien')).resolves.toEqual({ html: '<h1>alien</h1>', isHit: false });
    expect(enlistments()).toBe(0);
    await expect(films.page('alien')).resolves.toEqual({ html: '<h1>alien</h1>', isHit: true });
    expect(enlistments()).toBe(1);
  });

  it.each(platforms)('lets an interceptor go by the header of a hit, on %s', async (platform) => {
    const { PagesController } = await recipe.import<{ PagesController: Type }>('header.controller.ts');
    await serve(platform, {
      imports: [WorkStealingTestingModule.forRoot(), CacheModule.register()],
      controllers: [PagesController],
      providers: [globally(EnlistInterceptor)],
    });
    await get('/pages/home').expect('X-Cache', 'MISS');
    expect(enlistments()).toBe(0);
    await get('/pages/home').expect('X-Cache', 'HIT');
    expect(enlistments()).toBe(1);
  });
});

interface FilmsService {
  page(id: string): Promise<{ html: string; isHit: boolean }>;
}
