import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, type INestApplication } from '@nestjs/common';
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import {
  Enlist,
  EnlistInterceptor,
  Recruiter,
  StealableJob,
  WorkStealingModule,
  type Progress,
} from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { EarlyRefresh, EarlyRefreshCache, WorkStealingCacheModule } from 'nestjs-work-stealing/cache';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import request from 'supertest';
import { useRedis } from '../support/redis.js';

const server = useRedis();
let app: INestApplication | undefined;

afterEach(() => app?.close());

const usesPrivateFields = (instance: object) =>
  /(^|[^\w$])#[\w$]/.test(Function.prototype.toString.call(instance.constructor));

/** A proxy before every provider, made as @nestjs/observe 0.3 makes it. */
function instanceDecorator(instance: unknown): unknown {
  if (typeof instance !== 'object' || instance === null) return instance;
  const isBranded = instance instanceof Map || usesPrivateFields(instance);
  return new Proxy(instance, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function' || property === 'constructor') return value;
      const wrapper = (...args: unknown[]): unknown =>
        Reflect.apply(value, isBranded ? target : receiver, args);
      return Object.defineProperty(wrapper, 'name', { value: value.name, configurable: true });
    },
  });
}

@Controller('films')
class Films {
  computed = 0;

  // A busy machine may take its time to answer.
  @StealableJob({
    rate: 0.001,
    id: 'prune',
    budget: 20_000,
    lease: { ttl: 60_000 },
    pace: { perSecond: 1000 },
  })
  prune(): Progress {
    return { done: 1, more: false };
  }

  @Get()
  @Enlist()
  async list(): Promise<string> {
    return 'films';
  }

  @Get('top')
  top(): string {
    return 'top';
  }
}

@Injectable()
class Pages {
  computed = 0;

  @EarlyRefresh({ key: 'page', ttl: 60_000 })
  async page(_id: string): Promise<number> {
    return ++this.computed;
  }
}

async function start(registry = new Registry()) {
  class Root {}
  const module = {
    module: Root,
    imports: [
      WorkStealingModule.forRoot({ load: false, idle: false }),
      WorkStealingRedisModule.forRoot({ url: server.url, fleet: {}, commandTimeout: 20_000 }),
      WorkStealingCacheModule.forRoot({ patience: 20_000 }),
      WorkStealingPrometheusModule.forRoot({ registry }),
    ],
    controllers: [Films],
    providers: [Pages, { provide: APP_INTERCEPTOR, useClass: EnlistInterceptor }],
  };
  app = await NestFactory.create(module, {
    logger: false,
    abortOnError: false,
    instrument: { instanceDecorator },
  });
  await app.init();
  return app;
}

describe('An application whose providers stand behind proxies (instrument, as NestJS Observe has it)', () => {
  it('caches, and shows what it has cached', async () => {
    const registry = new Registry();
    const started = await start(registry);
    const pages = started.get(Pages);
    expect([await pages.page('a'), await pages.page('a')]).toEqual([1, 1]);
    expect(started.get(EarlyRefreshCache).stats).toMatchObject({ hits: 1, misses: 1 });
    const hits = await registry.getSingleMetric('work_stealing_cache_hits_total')!.get();
    expect(hits.values).toEqual([{ labels: { cache: 'cache' }, value: 1 }]);
  });

  it('enlists once a request, and once a hit', async () => {
    const started = await start();
    const recruiter = started.get(Recruiter);
    for (const path of ['/films', '/films/top']) await request(started.getHttpServer()).get(path).expect(200);
    await new Promise(setImmediate);
    expect(recruiter.enlistments).toBe(2);
    const pages = started.get(Pages);
    await pages.page('b');
    await pages.page('b');
    expect(recruiter.enlistments).toBe(3);
  });

  it('has leases and paces of the fleet', async () => {
    const started = await start();
    expect(await started.get(Recruiter).recruit('prune')).toMatchObject({ outcome: 'partial' });
    expect(await started.get(FleetService).jobs()).toMatchObject([{ id: 'prune', processes: 1 }]);
  });
});
