import { describe, expect, it } from '@jest/globals';
import type { DynamicModule, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { WorkStealingConfigError, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingDashboardModule } from 'nestjs-work-stealing/dashboard';
import { WorkStealingOpenTelemetryModule } from 'nestjs-work-stealing/opentelemetry';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingStatsdModule } from 'nestjs-work-stealing/statsd';
import { WorkStealingTerminusModule } from 'nestjs-work-stealing/terminus';

const withOptions = [
  WorkStealingDashboardModule,
  WorkStealingOpenTelemetryModule,
  WorkStealingPrometheusModule,
  WorkStealingStatsdModule,
];

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

describe.each([...withOptions, WorkStealingTerminusModule].map((module) => [module.name, module] as const))(
  '%s.forRootAsync()',
  (name, module) => {
    it.each([undefined, null, {}, { useFactory: 5 }, { inject: [] }])(
      'refuses %p, and says why',
      (options) => {
        const forRootAsync = module.forRootAsync.bind(module) as (given: unknown) => unknown;
        expect(() => forRootAsync(options)).toThrow(WorkStealingConfigError);
        expect(() => forRootAsync(options)).toThrow(
          new RegExp(
            `^${name}\\.forRootAsync\\(\\): options are .*; expected one of useFactory, useClass and useExisting$`,
          ),
        );
      },
    );
  },
);
