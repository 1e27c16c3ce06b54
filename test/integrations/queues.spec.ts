import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { BullModule, getQueueToken, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import {
  Logger,
  type DynamicModule,
  type INestApplication,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import type { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import {
  Enlist,
  getRecruiterToken,
  Recruiter,
  WORK_STEALING_OPTIONS,
  WorkStealingModule,
} from 'nestjs-work-stealing';
import { WORK_STEALING_REDIS_OPTIONS } from 'nestjs-work-stealing/redis';
import request from 'supertest';
import { useRecipe } from '../support/recipe.js';
import { useRedis } from '../support/redis.js';

// Waits for what comes by chance, and under a load gate, which may look again only after 25 s. A slice of 5 ms in which the
// machine stalled for 3 s is followed by a rest of a minute.
jest.setTimeout(240_000);

const redis = useRedis();
const closers: (() => unknown)[] = [];

beforeAll(() => {
  process.env.REDIS_URL = redis.url;
  Logger.overrideLogger(false);
});

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  const client = new Redis(redis.url);
  await client.flushall();
  await client.quit();
});

function closing<T extends { close(): unknown }>(closable: T): T {
  closers.push(() => closable.close());
  return closable;
}

async function start(module: Type | DynamicModule): Promise<INestApplicationContext> {
  return closing(await NestFactory.createApplicationContext(module));
}

function thumbnails(app: INestApplicationContext): Queue {
  return app.get<Queue>(getQueueToken('thumbnails'));
}

/** Resolves when so many slices have been carried through from now on: on a busy machine some may be cut short. */
function slices(recruiter: Recruiter, count: number): Promise<void> {
  let ended = 0;
  return new Promise((resolve) => {
    const end = recruiter.on('slice', ({ outcome }) => {
      if (outcome === 'full' || outcome === 'partial') ended++;
      if (ended < count) return;
      end();
      resolve();
    });
  });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}

describe('Workers of a queue', () => {
  const recipe = useRecipe('queues.md');
  const films = (count: number) =>
    Array.from({ length: count }, () => ({ name: 'thumbnail', data: { film: 'alien' } }));

  it('do slices as long as the queue is empty, all of an idle pool of four', async () => {
    const { WorkerModule } = await recipe.import<{ WorkerModule: Type }>('worker.module.ts');
    const pool = await Promise.all(Array.from({ length: 4 }, () => start(WorkerModule)));
    await Promise.all(pool.map((app) => slices(app.get(Recruiter), 3)));
    for (const app of pool) expect(app.get(Recruiter).jobs[0]!.counts.full).toBeGreaterThanOrEqual(3);
  });

  it('enlist nobody while jobs wait, and go on when they are done', async () => {
    const enlistments: number[] = [];
    const jobs = 12;
    let allDone!: () => void;
    const done = new Promise<void>((resolve) => (allDone = resolve));
    const { WorkerModule } = await recipe.import<{ WorkerModule: Type }>('worker.module.ts');
    const { ThumbnailsProcessor } = await recipe.import<{ ThumbnailsProcessor: Type<WorkerHost> }>(
      'thumbnails.processor.ts',
    );
    class SlowProcessor extends ThumbnailsProcessor {
      override async process() {
        enlistments.push(recruiter.enlistments);
        // All jobs together take longer than the interval at which an idle worker enlists.
        await new Promise((resolve) => setTimeout(resolve, 30));
        if (enlistments.push(recruiter.enlistments) === 2 * jobs) allDone();
      }
    }
    const module = await Test.createTestingModule({ imports: [WorkerModule] })
      .overrideProvider(ThumbnailsProcessor)
      .useClass(SlowProcessor)
      .compile();
    const recruiter = module.get(Recruiter);
    const isIdle = slices(recruiter, 2);
    closing(await module.init());
    await isIdle;
    await thumbnails(module).addBulk(films(jobs));
    await done;
    expect(new Set(enlistments).size).toBe(1);
    await slices(recruiter, 2);
  });

  it('enlist once after each run of jobs by drained alone, however long the queue stays empty', async () => {
    let processed = 0;
    @Processor('thumbnails', { drainDelay: 0.05 })
    class Plain extends WorkerHost {
      async process() {
        processed++;
      }

      @OnWorkerEvent('drained')
      @Enlist()
      drained(): void {}
    }
    class Root {}
    const app = await start({
      module: Root,
      imports: [
        WorkStealingModule.forRoot(),
        BullModule.forRoot({ connection: { url: redis.url } }),
        BullModule.registerQueue({ name: 'thumbnails' }),
      ],
      providers: [Plain],
    });
    const recruiter = app.get(Recruiter);
    await looks(3);
    const before = recruiter.enlistments;
    await thumbnails(app).addBulk(films(5));
    await until(() => processed === 5);
    await looks(3);
    expect(recruiter.enlistments).toBe(before + 1);
  });

  /** Waits until idle workers have so many times waited for a job in vain. */
  async function looks(count: number): Promise<void> {
    const client = new Redis(redis.url);
    const waits = async () => {
      const statistics = await client.info('commandstats');
      return Number(/cmdstat_bzpopmin:calls=(\d+)/.exec(statistics)?.[1] ?? 0);
    };
    const first = await waits();
    while ((await waits()) < first + count);
    await client.quit();
  }

  it('have a recruiter of their own in a process that serves requests too', async () => {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('both.module.ts');
    const app: INestApplication = closing(await NestFactory.create(AppModule));
    await app.listen(0);
    const ofQueue = app.get<Recruiter>(getRecruiterToken('queue'));
    const ofRequests = app.get(Recruiter);
    // Its worker has found the queue empty, and will not say so again.
    await until(() => ofQueue.enlistments > 0);
    const before = ofQueue.enlistments;
    await request(app.getHttpServer() as Server)
      .get('/pages/home')
      .expect(200);
    expect([ofRequests.enlistments, ofQueue.enlistments]).toEqual([1, before]);

    const isDone = slices(ofQueue, 1).then(() => true);
    // The load gate may hold back the slices of the first runs of jobs, where the application was slow to start.
    do await thumbnails(app).add('thumbnail', {});
    while (!(await Promise.race([isDone, sleep(100, false)])));
    expect(ofRequests.enlistments).toBe(1);
    expect(ofQueue.jobs.map(({ id }) => id)).toEqual(['CompactThumbnails']);
  });
});

describe('A cron', () => {
  const recipe = useRecipe('schedule.md');

  it('runs on every instance', async () => {
    const { ExpireProfiles, runs } = await recipe.import<{ ExpireProfiles: Type; runs: string[] }>(
      'before.ts',
    );
    class Root {}
    const instances = await Promise.all(
      Array.from({ length: 3 }, () =>
        start({ module: Root, imports: [ScheduleModule.forRoot()], providers: [ExpireProfiles] }),
      ),
    );
    const crons = instances.map((app) => app.get(SchedulerRegistry).getCronJob('expire-profiles'));
    // Their own five minutes may be over just now.
    for (const cron of crons) await cron.stop();
    runs.length = 0;
    for (const cron of crons) await cron.fireOnTick();
    expect(runs).toHaveLength(3);
  });

  it('is one pass in the whole fleet as a stealable job with a period', async () => {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('app.module.ts');
    const { expired } = await recipe.import<{ expired: string[] }>('after.ts');
    // One that waits for its answer: on a busy machine 50 ms may be too short, for it and for a slice.
    const client = new Redis(redis.url);
    const recruiters: Recruiter[] = [];
    for (let index = 0; index < 3; index++) {
      const module = await Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(WORK_STEALING_REDIS_OPTIONS)
        .useValue({ client })
        .overrideProvider(WORK_STEALING_OPTIONS)
        .useValue({ budget: 20_000 })
        .compile();
      recruiters.push(closing(await module.init()).get(Recruiter));
    }
    closers.unshift(() => client.quit());
    const passes = () => recruiters.reduce((sum, { jobs }) => sum + jobs[0]!.counts.partial, 0);
    await until(() => passes() > 0);
    // Whatever enlists now: the pass has been done, by one of them.
    for (const recruiter of recruiters) for (let time = 0; time < 1000; time++) await recruiter.enlist();
    expect(passes()).toBe(1);
    expect(recruiters.map(({ jobs }) => jobs[0]!.counts.idle)).toEqual([0, 0, 0]);
    expect(expired.sort()).toEqual(['ada', 'bob']);
  });

  it('leaves an interval that enlists, in a process that nobody calls', async () => {
    const { AppModule } = await recipe.import<{ AppModule: Type }>('app.module.ts');
    const app = await start(AppModule);
    await until(() => app.get(Recruiter).enlistments > 0);
    expect(app.get(SchedulerRegistry).getIntervals()).toHaveLength(1);
  });
});
