import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Recruiters } from '../recruiters.js';
import { moduleOptions } from '../nest/module-options.js';
import { countedCaches } from '../telemetry/counted-caches.js';
import {
  clashesOf,
  ConfigurableStatsdModule,
  STATSD_OPTIONS,
  WORK_STEALING_STATSD_OPTIONS,
  type WorkStealingStatsdAsyncOptions,
  type WorkStealingStatsdOptions,
} from './statsd.options.js';
import { WorkStealingStatsd } from './work-stealing-statsd.js';

/** Sends metrics during the lifetime of the application, and once more after its last slice has ended. */
@Injectable()
class Lifetime implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(WorkStealingStatsd) private readonly statsd: WorkStealingStatsd) {}

  onModuleInit(): void {
    this.statsd.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.statsd.stop();
  }
}

/** Sends metrics of all recruiters and caches of the application to StatsD. Provides {@link WorkStealingStatsd}. */
@Module({})
export class WorkStealingStatsdModule extends ConfigurableStatsdModule {
  /** Imports the module with options. Invalid ones stop the bootstrap with a `WorkStealingConfigError` that lists all problems. */
  static override forRoot(options: WorkStealingStatsdOptions = {}): DynamicModule {
    return provided(super.forRoot(options));
  }

  /** Imports the module with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingStatsdAsyncOptions): DynamicModule {
    return provided(super.forRootAsync(options));
  }
}

function provided(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: WorkStealingStatsd,
        inject: [WORK_STEALING_STATSD_OPTIONS, DiscoveryService, { token: Recruiters, optional: true }],
        useFactory: connect,
      },
      Lifetime,
    ],
    exports: [WorkStealingStatsd],
  };
}

function connect(
  given: WorkStealingStatsdOptions,
  discovery: DiscoveryService,
  recruiters?: Recruiters,
): WorkStealingStatsd {
  const clashes = clashesOf(given);
  const options = moduleOptions('WorkStealingStatsdModule', STATSD_OPTIONS, given, recruiters, clashes);
  return new WorkStealingStatsd(recruiters!, () => countedCaches(discovery), options);
}
