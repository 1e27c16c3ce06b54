import {
  Inject,
  Injectable,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Recruiters } from '../recruiters.js';
import { moduleOptions } from '../nest/module-options.js';
import { refusal } from '../options/errors.js';
import { countedCaches } from '../telemetry/counted-caches.js';
import type { Exposition } from './exposition.js';
import { expositionIn } from './expositions.js';
import {
  ConfigurablePrometheusModule,
  PROMETHEUS_OPTIONS,
  WORK_STEALING_PROMETHEUS_OPTIONS,
  type WorkStealingPrometheusAsyncOptions,
  type WorkStealingPrometheusOptions,
} from './prometheus.options.js';

const MODULE = 'WorkStealingPrometheusModule';

/** Exports the metrics of one application during its lifetime. */
@Injectable()
class Exporter implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #exposition: Exposition;
  #undo: (() => void)[] = [];

  constructor(
    @Inject(WORK_STEALING_PROMETHEUS_OPTIONS) options: WorkStealingPrometheusOptions,
    private readonly discovery: DiscoveryService,
    @Optional() private readonly recruiters?: Recruiters,
  ) {
    const resolved = moduleOptions(MODULE, PROMETHEUS_OPTIONS, options, recruiters);
    const exposition = expositionIn(resolved.registry, resolved.prefix, resolved.buckets);
    if (Array.isArray(exposition)) throw refusal(MODULE, exposition);
    this.#exposition = exposition;
  }

  /** Runs before the recruiters open. */
  onApplicationBootstrap(): void {
    this.#undo = [
      ...[...this.recruiters!].map((recruiter) => this.#exposition.show(recruiter)),
      this.#exposition.showCaches(() => countedCaches(this.discovery)),
    ];
  }

  /** Runs after the recruiters have closed. */
  onApplicationShutdown(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }
}

/** Exports metrics of all recruiters and caches of the application to a registry of prom-client. */
@Module({})
export class WorkStealingPrometheusModule extends ConfigurablePrometheusModule {
  /** Imports the module with options. Invalid ones stop the bootstrap with a `WorkStealingConfigError` that lists all problems. */
  static override forRoot(options: WorkStealingPrometheusOptions = {}): DynamicModule {
    return provided(super.forRoot(options));
  }

  /** Imports the module with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingPrometheusAsyncOptions): DynamicModule {
    return provided(super.forRootAsync(options));
  }
}

function provided(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), Exporter],
  };
}
