import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Redis } from 'ioredis';
import { getRecruiterToken, WORK_STEALING_OPTIONS, type Recruiter } from 'nestjs-work-stealing';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { deterministic, dismissAll, recruitNext } from 'nestjs-work-stealing/testing';
import request from 'supertest';
import { AppModule } from '../../sample-app/src/app.module.js';
import { PageCache } from '../../sample-app/src/films/page-cache.js';
import { useRedis } from '../support/redis.js';

const redis = useRedis();

let app: NestExpressApplication;
let recruiter: Recruiter;
let cache: PageCache;

beforeAll(async () => {
  process.env['REDIS_URL'] = redis.url;
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(WORK_STEALING_OPTIONS)
    // A machine that stalls cuts no slice short.
    .useValue(deterministic({ budget: 60_000 }))
    .compile();
  app = module.createNestApplication<NestExpressApplication>({ logger: false, forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  recruiter = app.get<Recruiter>(getRecruiterToken());
  cache = app.get(PageCache);
  commandTimeout(60_000);
}, 120_000);

beforeEach(async () => {
  await app.get(WorkStealingRedis).client.flushall();
});

afterAll(async () => {
  await app?.close();
  delete process.env['REDIS_URL'];
});

const get = (path: string) => request(app.getHttpServer()).get(path);

/** What a command may take from now on: ms. The sample's quarter of a second is less than a machine may stall for. */
function commandTimeout(ms: number): void {
  (app.get(WorkStealingRedis).client as Redis).options.commandTimeout = ms;
}

/** The page once it is cached: a miss answers before its fields are written. */
async function cachedPage(film: number) {
  for (;;) {
    const { body } = await get(`/films/${film}`).expect(200);
    if (body.cached) return body;
  }
}

describe('GET /films/:id', () => {
  it('recomputes the page at a miss, and serves the same from the cache at a hit', async () => {
    const { body: missed } = await get('/films/1').expect(200);
    expect(missed).toMatchObject({ metadata: { id: 1, title: 'The Land Girls' }, likes: 653, cached: false });
    expect(await cachedPage(1)).toEqual({ ...missed, cached: true });
  });

  it('recomputes only the field that is missing', async () => {
    await cachedPage(1);
    await cache.set('1', 'metadata', JSON.stringify({ title: 'from the cache' }), { ttl: 60_000 });
    await cache.delete('1', 'likes');
    await request(app.getHttpServer()).post('/films/1/likes').expect(201);
    const { body } = await get('/films/1').expect(200);
    expect(body).toMatchObject({ metadata: { title: 'from the cache' }, likes: 654, cached: false });
  });

  it('enlists at a hit and not at a miss', async () => {
    const restore = dismissAll(recruiter);
    const before = recruiter.enlistments;
    await get('/films/2').expect(200);
    expect(recruiter.enlistments).toBe(before);
    await cachedPage(2);
    expect(recruiter.enlistments).toBe(before + 1);
    restore();
  });

  it('lets a hit carry a slice that deletes what has expired', async () => {
    await cachedPage(3);
    await cache.set('4', 'likes', '1', { ttl: 1 });
    while ((await cache.oldestOverdue()) === 0);
    const report = recruitNext(recruiter, 'expiry');
    await cachedPage(3);
    expect(await report).toMatchObject({ jobId: 'expiry', outcome: 'partial', done: 1 });
    expect(await cache.oldestOverdue()).toBe(0);
  });

  it('serves the page while Redis does not answer', async () => {
    await cachedPage(5);
    redis.kill('SIGSTOP');
    commandTimeout(250);
    const { body } = await get('/films/5').expect(200);
    commandTimeout(60_000);
    redis.kill('SIGCONT');
    expect(body).toMatchObject({ metadata: { id: 5 }, cached: false });
  });

  it('shows a film of which hardly anything is known', async () => {
    const { body: found } = await get('/films?q=untitled&limit=1').expect(200);
    const { body } = await get(`/films/${found[0].id}`).expect(200);
    expect(body.metadata).toMatchObject({ title: 'Untitled', director: null });
  });

  it.each([
    ['/films/0', 404, 'There is no film 0: ids go from 1 to 3201'],
    ['/films/3202', 404, 'There is no film 3202'],
    ['/films/one', 400, 'numeric string is expected'],
    ['/films?limit=0', 400, 'limit is "0"; expected a whole number from 1 to 100'],
    ['/films?limit=ten', 400, 'limit is "ten"'],
    ['/films/popular?limit=', 400, 'limit is ""'],
  ])('answers %s with %d and what was expected', async (path, status, message) => {
    const { body } = await get(path).expect(status);
    expect(body.message).toContain(message);
  });
});

describe('The job roll-up', () => {
  const popular = async () =>
    (await get('/films/popular').expect(200)).body as { id: number; views: number }[];

  it('folds the views of every film into the ranking, each once', async () => {
    for (const film of [7, 8, 7]) await get(`/films/${film}`).expect(200);
    expect(await popular()).toEqual([]);
    expect(await recruiter.recruit('roll-up')).toMatchObject({ outcome: 'partial', done: 2 });
    expect(await popular()).toMatchObject([
      { id: 7, views: 2 },
      { id: 8, views: 1 },
    ]);
    expect(await recruiter.recruit('roll-up')).toMatchObject({ outcome: 'idle' });
    expect(await popular()).toMatchObject([{ views: 2 }, { views: 1 }]);
  });

  it('loses and doubles no view that is counted while slices run', async () => {
    const restore = dismissAll(recruiter);
    const visits = Array.from({ length: 60 }, (_, index) => get(`/films/${(index % 3) + 1}`).expect(200));
    let waiting = true;
    const visited = Promise.all(visits).then(() => (waiting = false));
    while (waiting) await recruiter.recruit('roll-up');
    await visited;
    await recruiter.recruit('roll-up');
    expect((await popular()).map(({ views }) => views)).toEqual([20, 20, 20]);
    restore();
  });
});

describe('GET /health', () => {
  it('is well, and names no job that is unwell', async () => {
    const { body } = await get('/health').expect(200);
    expect(body.details['work-stealing']).toMatchObject({ status: 'up', state: 'up', jobs: 6, unwell: [] });
  });
});
