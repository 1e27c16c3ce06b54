import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, Scope, type DynamicModule, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { WorkStealingConfigError, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingCacheModule } from 'nestjs-work-stealing/cache';
import { WorkStealingDashboardModule } from 'nestjs-work-stealing/dashboard';
import { WorkStealingOpenTelemetryModule } from 'nestjs-work-stealing/opentelemetry';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { WorkStealingStatsdModule } from 'nestjs-work-stealing/statsd';
import { WorkStealingTerminusModule } from 'nestjs-work-stealing/terminus';

const withOptions = [
  WorkStealingDashboardModule,
  WorkStealingOpenTelemetryModule,
  WorkStealingPrometheusModule,
  WorkStealingStatsdModule,
];

/** These need a Redis, and so have no forRoot({}) here. */
const withRedis = [WorkStealingRedisModule, WorkStealingCacheModule];

const compile = (...modules: (Type | DynamicModule)[]) =>
  Test.createTestingModule({ imports: [WorkStealingModule.forRoot(), ...modules] }).compile();

describe.each(withOptions.map((module) => [module.name, module] as const))('%s', (name, module) => {
  it('refuses to be imported without forRoot: it would do nothing and say nothing', async () => {
    const error = await compile(module).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkStealingConfigError);
    expect(String(error)).toContain(`${name} is imported without options: import ${name}.forRoot() instead.`);
  });

  it('may be imported as a class beside', async () => {
    const started = await compile(module, module.forRoot({}));
    await expect(started.close()).resolves.toBeUndefined();
  });
});

describe.each(withRedis.map((module) => [module.name, module] as const))('%s', (name, module) => {
  it('refuses to be imported without forRoot', async () => {
    await expect(compile(module)).rejects.toThrow(
      `${name} is imported without options: import ${name}.forRoot() instead.`,
    );
  });
});

const all = [WorkStealingModule, ...withOptions, ...withRedis, WorkStealingTerminusModule];

describe.each(all.map((module) => [module.name, module] as const))('%s.forRootAsync()', (name, module) => {
  it('refuses options that depend on a request, and names what does', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {}
    @Module({ providers: [Tenant], exports: [Tenant] })
    class Tenants {}
    const useFactory = () => ({ client: {} as never });
    const options = { imports: [Tenants], inject: [Tenant], useFactory };
    const forRootAsync = module.forRootAsync.bind(module) as (given: unknown) => DynamicModule;
    const root = module === (WorkStealingModule as unknown) ? [] : [WorkStealingModule.forRoot()];
    const started = await Test.createTestingModule({ imports: [...root, forRootAsync(options)] }).compile();
    await expect(started.init()).rejects.toThrow(
      `${name}.forRootAsync(): its options depend on a request-scoped provider: Tenant.`,
    );
    await started.close();
  });

  it.each([undefined, null, {}, { useFactory: 5 }, { inject: [] }])('refuses %p, and says why', (options) => {
    const forRootAsync = module.forRootAsync.bind(module) as (given: unknown) => unknown;
    expect(() => forRootAsync(options)).toThrow(WorkStealingConfigError);
    expect(() => forRootAsync(options)).toThrow(
      new RegExp(
        `^${name}\\.forRootAsync\\(\\): options are .*; expected one of useFactory, useClass and useExisting$`,
      ),
    );
  });
});
