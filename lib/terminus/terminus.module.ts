import { Module, type DynamicModule } from '@nestjs/common';
import {
  ConfigurableTerminusModule,
  type WorkStealingTerminusAsyncOptions,
  type WorkStealingTerminusOptions,
} from './terminus.options.js';
import { WorkStealingHealthIndicator } from './work-stealing.health.js';

/**
 * Provides {@link WorkStealingHealthIndicator} to the module that imports it. Import the class itself for the default
 * options, or `forRoot(options)`. Needs `WorkStealingModule.forRoot()`.
 */
@Module({ providers: [WorkStealingHealthIndicator], exports: [WorkStealingHealthIndicator] })
export class WorkStealingTerminusModule extends ConfigurableTerminusModule {
  /** Imports the module with options. Invalid ones stop the bootstrap with a {@link WorkStealingConfigError} that lists all problems. */
  static override forRoot(options: WorkStealingTerminusOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Imports the module with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingTerminusAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}
