import {
  Inject,
  Injectable,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Recruiters } from '../recruiters.js';
import { moduleOptions } from '../nest/module-options.js';
import type { Resolved } from '../options/option-table.js';
import { countedCaches } from '../telemetry/counted-caches.js';
import {
  ConfigurableOpenTelemetryModule,
  OPENTELEMETRY_OPTIONS,
  WORK_STEALING_OPENTELEMETRY_OPTIONS,
  type WorkStealingOpenTelemetryAsyncOptions,
  type WorkStealingOpenTelemetryOptions,
} from './opentelemetry.options.js';
import { SliceMetrics } from './slice-metrics.js';
import { sliceSpans } from './slice-spans.js';

/** Measures and traces the recruiters of one application during its lifetime. */
@Injectable()
class Telemetry implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly #options: Resolved<WorkStealingOpenTelemetryOptions, typeof OPENTELEMETRY_OPTIONS>;
  #metrics: SliceMetrics | undefined;
  #undo: (() => void)[] = [];

  constructor(
    @Inject(WORK_STEALING_OPENTELEMETRY_OPTIONS) options: WorkStealingOpenTelemetryOptions,
    private readonly discovery: DiscoveryService,
    @Optional() private readonly recruiters?: Recruiters,
  ) {
    this.#options = moduleOptions(
      'WorkStealingOpenTelemetryModule',
      OPENTELEMETRY_OPTIONS,
      options,
      recruiters,
    );
  }

  onModuleInit(): void {
    const { meterProvider, tracerProvider, metrics, spans, attributes, buckets } = this.#options;
    const recruiters = [...this.recruiters!];
    const caches = () => countedCaches(this.discovery);
    if (metrics) this.#metrics = new SliceMetrics(meterProvider, { recruiters, caches, attributes, buckets });
    if (!spans) return;
    const instrument = sliceSpans(tracerProvider, attributes);
    this.#undo = recruiters.map((recruiter) => recruiter.instrument(instrument));
  }

  /** Another module may have registered an SDK meanwhile. */
  onApplicationBootstrap(): void {
    this.#metrics?.bind();
  }

  onApplicationShutdown(): void {
    for (const undo of this.#undo) undo();
    this.#metrics?.close();
  }
}

/**
 * Exports metrics of all recruiters and caches of the application to OpenTelemetry, and a span for each slice. It never
 * shuts down a provider.
 */
@Module({})
export class WorkStealingOpenTelemetryModule extends ConfigurableOpenTelemetryModule {
  /** Imports the module with options. Invalid ones stop the bootstrap with a `WorkStealingConfigError` that lists all problems. */
  static override forRoot(options: WorkStealingOpenTelemetryOptions = {}): DynamicModule {
    return provided(super.forRoot(options));
  }

  /** Imports the module with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingOpenTelemetryAsyncOptions): DynamicModule {
    return provided(super.forRootAsync(options));
  }
}

function provided(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), Telemetry],
  };
}
