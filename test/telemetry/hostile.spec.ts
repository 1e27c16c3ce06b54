import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import fc from 'fast-check';
import { metrics, trace } from '@opentelemetry/api';
import { Registry } from 'prom-client';
import { WorkStealingConfigError, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingDashboardModule } from 'nestjs-work-stealing/dashboard';
import { WorkStealingOpenTelemetryModule } from 'nestjs-work-stealing/opentelemetry';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { WorkStealingStatsdModule } from 'nestjs-work-stealing/statsd';
import { WorkStealingTerminusModule } from 'nestjs-work-stealing/terminus';
import { deterministic } from 'nestjs-work-stealing/testing';
import { isFromTheValue, optionsOf, RUNS } from '../support/hostile.js';

const text = fc.stringMatching(/^[a-z_]{1,10}$/);
const bool = fc.boolean();
const buckets = fc.constantFrom([0.01, 0.05], [1], [0.5, 0.1]);
const attributes = fc.constantFrom({}, { service: 'films' });
const ms = fc.integer({ min: 250, max: 60_000 });

/** Where nobody listens: an application that starts must not mind. */
const NOWHERE = '127.0.0.1:1';

const modules: [string, (options: never) => DynamicModule, Record<string, fc.Arbitrary<unknown>>][] = [
  [
    'WorkStealingPrometheusModule',
    (options) => WorkStealingPrometheusModule.forRoot(options),
    { registry: fc.constant(null).map(() => new Registry()), prefix: text, buckets },
  ],
  [
    'WorkStealingOpenTelemetryModule',
    (options) => WorkStealingOpenTelemetryModule.forRoot(options),
    {
      meterProvider: fc.constant(metrics.getMeterProvider()),
      tracerProvider: fc.constant(trace.getTracerProvider()),
      metrics: bool,
      spans: bool,
      attributes,
      buckets,
    },
  ],
  [
    'WorkStealingStatsdModule',
    (options) => WorkStealingStatsdModule.forRoot(options),
    {
      options: fc.constant({ host: '127.0.0.1', port: 1, mock: true }),
      prefix: text,
      tags: fc.oneof(fc.constant(false), attributes),
      interval: ms,
    },
  ],
  [
    'WorkStealingTerminusModule',
    (options) => WorkStealingTerminusModule.forRoot(options),
    {
      failures: fc.integer({ min: 1, max: 10 }),
      degradedIs: fc.constantFrom('degraded', 'up', 'down'),
      errors: bool,
    },
  ],
  [
    'WorkStealingDashboardModule',
    (options) => WorkStealingDashboardModule.forRoot(options),
    {
      path: fc.constantFrom('/ops', 'ops/stealing'),
      guards: fc.constant([]),
      authorize: fc.constant(() => true),
      authorizeWrite: fc.constant(() => 'ann'),
      interval: ms,
      secret: fc.constant('a secret of all processes'),
    },
  ],
  [
    'WorkStealingRedisModule',
    (options) => WorkStealingRedisModule.forRoot(options),
    {
      url: fc.constant(`redis://${NOWHERE}`),
      prefix: text,
      fleet: fc.oneof(fc.constant(false), optionsOf({ interval: ms, version: text })),
    },
  ],
];

describe.each(modules)('%s with any options', (name, forRoot, valid) => {
  it('takes them, or says at bootstrap what is wrong in one readable message', async () => {
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(optionsOf(valid), async (options) => {
        try {
          const testing = await Test.createTestingModule({
            imports: [WorkStealingModule.forRoot(deterministic()), forRoot(options.make() as never)],
          })
            .setLogger(new ConsoleLogger({ logLevels: [] }))
            .compile();
          await testing.close();
          taken++;
        } catch (error) {
          if (!(error instanceof WorkStealingConfigError)) {
            if (isFromTheValue(error)) return;
            throw error;
          }
          refused++;
          expect(error.message).toMatch(new RegExp(`^${name}: `));
          expect(error.problems.length).toBeGreaterThan(0);
          expect(error.message.length).toBeLessThan(3000);
        }
      }),
      { numRuns: RUNS, seed: 1 },
    );
    expect(taken).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  }, 600_000);
});
