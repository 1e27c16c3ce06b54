import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Module, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { WorkStealingModule } from 'nestjs-work-stealing';
import { EarlyRefreshCache, WorkStealingCacheModule, type CacheStats } from 'nestjs-work-stealing/cache';
import { WorkStealingOpenTelemetryModule } from 'nestjs-work-stealing/opentelemetry';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingRedis, WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { WorkStealingStatsd, WorkStealingStatsdModule } from 'nestjs-work-stealing/statsd';
import { deterministic } from 'nestjs-work-stealing/testing';
import { promtool } from '../support/prometheus.js';
import { useRedis } from '../support/redis.js';

const MINUTE = { ttl: 60_000 };
const server = useRedis();
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each();
});

async function application({ imports = [], providers = [] }: ModuleMetadata) {
  const app = await Test.createTestingModule({
    imports: [
      WorkStealingModule.forRoot(deterministic()),
      // A busy machine may take its time.
      WorkStealingRedisModule.forRoot({ factory: () => new Redis(server.url) }),
      ...imports,
    ],
    providers,
  }).compile();
  app.useLogger(false);
  await app.init();
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await app.close();
  };
  undo.push(close);
  return { app, close, cache: app.get(EarlyRefreshCache) };
}

const cacheModule = (name: string) => WorkStealingCacheModule.forRoot({ name, patience: 20_000 });

/** Three hits, a miss, and a recompute that fails. */
async function use(cache: EarlyRefreshCache, key = 'film'): Promise<void> {
  for (let call = 0; call < 4; call++) await cache.get(key, async () => 'a film', MINUTE);
  await cache.get(`${key} gone`, () => Promise.reject(new Error('gone')), MINUTE).catch(() => undefined);
}

/** What one counter of all caches is in a registry, by their names. */
async function shown(registry: Registry, name: string): Promise<Record<string, number>> {
  const metric = await registry.getSingleMetric(`work_stealing_cache_${name}_total`)!.get();
  return Object.fromEntries(metric.values.map(({ labels, value }) => [String(labels['cache']), value]));
}

const isHits = (line: string) => /[a-z_]\.hits:/.test(line);
const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('The numbers of a cache', () => {
  it('are shown by Prometheus, each as a counter of its own', async () => {
    const registry = new Registry();
    const { cache } = await application({
      imports: [cacheModule('films'), WorkStealingPrometheusModule.forRoot({ registry })],
    });
    await use(cache);
    const { stats } = cache;
    expect(stats).toMatchObject({ hits: 3, misses: 2, recomputes: 2, failures: 1 });
    for (const [stat, count] of Object.entries(stats) as [keyof CacheStats, number][]) {
      expect([stat, await shown(registry, snakeCase(stat))]).toEqual([stat, { films: count }]);
    }
    expect(await promtool(['check', 'metrics'], await registry.metrics())).toEqual({ code: 0, output: '' });
  });

  it('are collected by OpenTelemetry, with the application’s attributes', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    undo.push(() => meterProvider.shutdown());
    const { cache, close } = await application({
      imports: [
        cacheModule('films'),
        WorkStealingOpenTelemetryModule.forRoot({ meterProvider, attributes: { app: 'a' } }),
      ],
    });
    await use(cache);
    // The collection of the SDK's own shutdown comes when the application has closed.
    await close();
    await meterProvider.forceFlush();
    const collected = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics[0]!.metrics);
    const caches = collected.filter(({ descriptor }) => descriptor.name.startsWith('work_stealing.cache.'));
    expect(caches).toHaveLength(Object.keys(cache.stats).length);
    for (const [stat, count] of Object.entries(cache.stats)) {
      const metric = caches.find(({ descriptor }) => descriptor.name.endsWith(`cache.${snakeCase(stat)}`));
      expect([stat, metric?.dataPoints.map(({ attributes, value }) => [attributes, value])]).toEqual([
        stat,
        [[{ app: 'a', 'work_stealing.cache.name': 'films' }, count]],
      ]);
    }
  });

  it.each([
    ['a tag', {}, 'work_stealing.cache.hits:3|c|#cache:films_of_the_day'],
    ['a part of the name', { tags: false as const }, 'work_stealing.caches.films_of_the_day.hits:3|c'],
  ])('are sent to StatsD as what was added, with the name of the cache as %s', async (what, naming, line) => {
    const socket = createSocket('udp4');
    const lines: string[] = [];
    socket.on('message', (message) => lines.push(...message.toString().split('\n')));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    undo.push(async () => socket.close());
    const options = { host: '127.0.0.1', port: socket.address().port };
    const statsd = WorkStealingStatsdModule.forRoot({ options, interval: 3_600_000, ...naming });
    const { app, cache } = await application({ imports: [cacheModule('films|of,the day'), statsd] });
    const hits = async () => {
      lines.length = 0;
      await use(cache, `${what} ${cache.stats.hits}`);
      await app.get(WorkStealingStatsd).flush();
      while (!lines.some(isHits)) await once(socket, 'message');
      return lines.filter(isHits).map((each) => each.replace(' ', '_'));
    };
    expect(await hits()).toEqual([line]);
    expect(await hits()).toEqual([line]);
  });
});

describe('Which caches exporters show', () => {
  const provided = (token: string, name: string) => ({
    provide: token,
    inject: [WorkStealingRedis],
    useFactory: (redis: WorkStealingRedis) => new EarlyRefreshCache(redis, name, { patience: 20_000 }),
  });

  it('is all that the application provides, each once, those of one name as one', async () => {
    const registry = new Registry();
    const { app, cache } = await application({
      // Imported twice, nothing counts twice.
      imports: [
        cacheModule('films of all'),
        WorkStealingPrometheusModule.forRoot({ registry }),
        WorkStealingPrometheusModule.forRoot({ registry }),
      ],
      providers: [
        provided('people', 'people'),
        provided('people too', 'people'),
        { provide: 'alias', useExisting: 'people' },
        {
          provide: 'double',
          useFactory: () =>
            new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : () => 7), has: () => true }),
        },
      ],
    });
    await use(cache);
    for (const token of ['people', 'people too']) await use(app.get<EarlyRefreshCache>(token), token);
    expect(await shown(registry, 'hits')).toEqual({ 'films of all': 3, people: 6 });
    expect(await shown(registry, 'hits')).toEqual({ 'films of all': 3, people: 6 });
  });

  it('goes on counting from a closed application to the next', async () => {
    const registry = new Registry();
    const imports = [cacheModule('films'), WorkStealingPrometheusModule.forRoot({ registry })];
    const first = await application({ imports });
    await use(first.cache, 'first');
    await first.close();
    expect(await shown(registry, 'hits')).toEqual({ films: 3 });
    const second = await application({ imports });
    await use(second.cache, 'second');
    expect(await shown(registry, 'hits')).toEqual({ films: 6 });
  });

  it('is none where there is none, and one that a lazy module provides later', async () => {
    const registry = new Registry();
    @Module({ providers: [provided('late', 'late')], exports: ['late'] })
    class Late {}
    const { app } = await application({
      imports: [cacheModule('films'), WorkStealingPrometheusModule.forRoot({ registry })],
    });
    const { LazyModuleLoader } = await import('@nestjs/core');
    expect(await shown(registry, 'hits')).toEqual({ films: 0 });
    const loaded = await app.get(LazyModuleLoader).load(() => Late);
    await use(loaded.get<EarlyRefreshCache>('late'), 'late');
    expect(await shown(registry, 'hits')).toEqual({ films: 0, late: 3 });
  });

  it('is a hundred by name, and the rest together, in all applications of a registry', async () => {
    const registry = new Registry();
    for (const round of ['a', 'b']) {
      const providers = Array.from({ length: 80 }, (_, index) => provided(`${index}`, `${round}${index}`));
      const { app, close } = await application({
        imports: [cacheModule(round), WorkStealingPrometheusModule.forRoot({ registry })],
        providers,
      });
      for (const { provide } of providers) {
        await app.get<EarlyRefreshCache>(provide).get(round, async () => 1, MINUTE);
      }
      await close();
    }
    const misses = await shown(registry, 'misses');
    expect(Object.keys(misses)).toHaveLength(101);
    expect(misses['(others)']).toBe(61);
  });
});
