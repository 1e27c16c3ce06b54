import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import request from 'supertest';
import { COUNTERS, FILMS } from '../peers/plan/world.js';
import { checkResults } from '../peers/run/check.js';
import { WAYS, type WayName } from '../peers/ways/index.js';
import { Chores } from '../peers/work/chores.js';
import { SEARCH_KEYS } from '../peers/work/films.js';
import { Shop } from '../peers/instance/shop.js';
import { TransactionalChores } from '../peers/work/transactional-chores.js';
import { pendingKey } from '../peers/work/keys.js';
import { useRedis } from '../../test/support/redis.js';

// Crons fire each second, and the machine may be busy.
jest.setTimeout(180_000);

const redis = useRedis();
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  const client = new Redis(redis.url);
  await client.flushall();
  await client.quit();
});

function connect(): Redis {
  const client = new Redis(redis.url);
  closers.push(() => client.disconnect());
  return client;
}

/** Tells which chores have been asked for. */
class Asked extends Chores {
  readonly names = new Set<string>();

  expire = () => this.#ask('expire');
  fold = () => this.#ask('fold');
  backfill = () => this.#ask('backfill');

  async #ask(name: string) {
    this.names.add(name);
    return { done: 1, limit: 50 };
  }
}

@Controller()
class Page {
  @Get()
  page() {
    return 'page';
  }
}

async function start(way: WayName, chores: Chores): Promise<INestApplication> {
  process.env.REDIS_URL = redis.url;
  @Module({
    providers: [
      { provide: Redis, useValue: connect() },
      { provide: Chores, useValue: chores },
    ],
    exports: [Redis, Chores],
  })
  class Foundation {}
  @Module({ imports: [{ module: Foundation, global: true }, await WAYS[way].load()], controllers: [Page] })
  class App {}
  const app = await NestFactory.create(App, { logger: false });
  closers.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app;
}

const ways = (Object.keys(WAYS) as WayName[]).filter((way) => !WAYS[way].title.startsWith('nothing'));

describe('Each way of the side by side', () => {
  it.each(ways)('has every chore done beside requests: %s', async (way) => {
    const chores = new Asked();
    const app = await start(way, chores);
    while (chores.names.size < 3) {
      // In turns: slices are held back while the event loop is busy, which is that of the visitors as well.
      const begun = performance.now();
      for (let visit = 0; visit < 20; visit++) await request(app.getHttpServer()).get('/').expect(200);
      await pause(2 * (performance.now() - begun));
    }
    expect([...chores.names].toSorted()).toEqual(['backfill', 'expire', 'fold']);
  });
});

describe.each(['work-stealing', 'original'] as const)('The data access of %s', (way) => {
  async function set() {
    const client = connect();
    const shop = new Shop(client);
    for (let view = 0; view < 120; view++) await shop.view(String(view % 60));
    for (let field = 0; field < 80; field++) await shop.note(String(field % 30), `f${field}`, 1);
    const chores = await WAYS[way].chores(client);
    if (chores instanceof TransactionalChores) closers.push(() => chores.redis.disconnect());
    return { client, chores };
  }

  async function finish(chores: Chores) {
    const done = { expire: 0, fold: 0, backfill: 0 };
    const work = async (chore: keyof typeof done) => {
      const batch = await chores[chore]();
      expect(batch.done).toBeLessThanOrEqual(50);
      done[chore] += batch.done;
      return batch.done;
    };
    // The last field may not be due yet.
    while (done.expire < 80) await work('expire');
    for (const chore of ['expire', 'fold', 'backfill'] as const) while ((await work(chore)) > 0);
    return done;
  }

  it('does all of it, each item once, and passes the check', async () => {
    const { client, chores } = await set();
    const { expire, backfill } = await finish(chores);
    expect({ expire, backfill }).toEqual({ expire: 80, backfill: FILMS });
    await expect(checkResults(client, { sure: 120, unsure: 0 })).resolves.toBeUndefined();
  });

  it('fails the check when a view, a field or a film is missing', async () => {
    const { client, chores } = await set();
    await finish(chores);
    await expect(checkResults(client, { sure: 121, unsure: 0 })).rejects.toThrow('120 views are counted');
    await new Shop(client).note('1', 'left', 60_000);
    await client.hset(SEARCH_KEYS, '7', 'wrong');
    await client.hset(pendingKey(COUNTERS, 0), '1000:film', 1);
    const problems = checkResults(client, { sure: 120, unsure: 0 });
    await expect(problems).rejects.toThrow(
      /1 counts .* still have fields .* are left; 1 films have no search key/,
    );
  });
});
