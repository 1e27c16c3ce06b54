import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { getRecruiterToken, WorkStealingModule, type Recruiter } from 'nestjs-work-stealing';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { deterministic, dismissAll } from 'nestjs-work-stealing/testing';
import { useRedis } from '../../../test/support/redis.js';
import { FilmsController } from './films.controller.js';
import { FilmsModule } from './films.module.js';
import { PageCache } from './page-cache.js';
import { PendingPages } from './pending-pages.js';
import type { Film } from './film.js';
import { RecentViews } from './recent-views.js';
import { SearchKeys } from './search-keys.js';
import { StalePages } from './stale-pages.js';

const redis = useRedis();
let client: Redis;
let app: TestingModule;
let films: FilmsController;
let recruiter: Recruiter;
const recruit = (id: string) => recruiter.recruit(id);

beforeAll(() => {
  client = new Redis(redis.port);
});
beforeEach(async () => {
  await client.flushall();
  app = await Test.createTestingModule({
    imports: [
      WorkStealingModule.forRoot(deterministic()),
      WorkStealingRedisModule.forRoot({ client, prefix: 'test' }),
      FilmsModule,
    ],
  }).compile();
  await app.init();
  films = app.get(FilmsController);
  recruiter = app.get<Recruiter>(getRecruiterToken());
  dismissAll(recruiter);
});
afterEach(() => app?.close());
afterAll(() => client.disconnect());

describe('the job search-keys', () => {
  it('writes the keys of all films, from which a query is answered', async () => {
    const keys = app.get(SearchKeys);
    expect(await keys.find('godfather')).toBeUndefined();
    const slowly = await films.search('godfather', undefined, 2);
    while (!(await keys.progress()).ended) await recruit('search-keys');
    expect(await keys.progress()).toMatchObject({ done: 3201, total: 3201, dead: 0 });
    expect(await keys.find('GODFATHER')).toContain(slowly[0]!.id);
    expect(await films.search('godfather', undefined, 2)).toEqual(slowly);
    expect((await films.search('part the GODFATHER', undefined, 5)).map(({ title }) => title)).toEqual([
      'The Godfather: Part II',
      'The Godfather: Part III',
    ]);
    expect(await films.search('xyzzy', undefined, 5)).toEqual([]);
    expect(await films.search(' ', undefined, 5)).toEqual([]);
  }, 120_000);
});

describe('the job recent-views', () => {
  it('deletes once a period what was viewed more than a minute before the pass fell due', async () => {
    const views = app.get(RecentViews);
    await views.add({ id: 7 } as Film);
    const key = 'test:recent-views';
    await client.zadd(key, Date.now() - 61_000, '8', Date.now() - 3_600_000, '9');
    expect(await views.latest(10)).toEqual([7]);
    expect(await client.zcard(key)).toBe(3);
    expect(await recruit('recent-views')).toMatchObject({ outcome: 'partial', done: 2 });
    expect(await client.zrange(key, '0', '-1')).toEqual(['7']);
    const job = recruiter.jobs.find(({ id }) => id === 'recent-views');
    expect(job!.period).toMatchObject({ every: 5000, lastPass: { slices: 1, done: 2 } });
  });
});

describe('the job roll-up', () => {
  it('folds views, from which the popular films are told', async () => {
    for (const id of [2, 1, 2]) await films.page(id);
    await recruit('roll-up');
    expect(await films.popular(5)).toMatchObject([
      { id: 2, views: 2 },
      { id: 1, views: 1 },
    ]);
  });
});

describe('the jobs recompute and pending', () => {
  it('show a liked film as pending until its page was recomputed, and then its likes', async () => {
    const { likes, pending } = await films.page(7);
    expect(pending).toBe(false);
    await films.like(7);
    expect(await films.page(7)).toMatchObject({ likes, pending: true });
    await recruit('recompute');
    expect(await films.page(7)).toMatchObject({ likes: likes + 1, cached: true });
    for (let slice = 0; slice < 2; slice++) await recruit('pending');
    expect(await films.page(7)).toMatchObject({ pending: false });
  });

  it('find a page that is queued because a part of it has expired', async () => {
    await app.get(PageCache).set('9', 'likes', '1', { ttl: 60_000 });
    expect(await films.page(9)).toMatchObject({ cached: false, pending: false });
    expect(await app.get(StalePages).queuedOf(['8', '9'])).toEqual(['9']);
    for (let slice = 0; slice < 2; slice++) await recruit('pending');
    expect(await app.get(PendingPages).areQueued(['8', '9'])).toEqual([false, true]);
  });
});

describe('StalePages', () => {
  it('keeps a page that was queued again while it was recomputed, at the end', async () => {
    const stale = app.get(StalePages);
    for (const film of [5, 3]) await stale.add(film);
    const [first, second] = await stale.after(null, 10);
    expect([first!.film, second!.film].toSorted((a, b) => a - b)).toEqual([3, 5]);
    await client.zadd('test:stale-pages', 'INCR', 4096, String(first!.film));
    await stale.done(first!);
    await stale.done(second!);
    expect((await stale.after(null, 10)).map(({ film }) => film)).toEqual([first!.film]);
  });

  it('reads on after any place, and misses none that share a millisecond', async () => {
    const stale = app.get(StalePages);
    await Promise.all([1, 2, 3, 4, 5].map((film) => stale.add(film)));
    const read: number[] = [];
    for (
      let page = await stale.after(null, 2);
      page.length > 0;
      page = await stale.after(page.at(-1)!.place, 2)
    ) {
      read.push(...page.map(({ film }) => film));
    }
    expect(read.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });
});
