import { Module, type DynamicModule } from '@nestjs/common';
import {
  ConfigurableTerminusModule,
  type WorkStealingTerminusAsyncOptions,
  type WorkStealingTerminusOptions,
} from './terminus.options.js';
import { WorkStealingHealthIndicator } from './work-stealing.health.js';

/**
 * Provides {@link WorkStealingHealthIndicator} to the module that imports it: with the defaults as it stands, or by
 * `forRoot(options)`. `WorkStealingModule.forRoot()` has to be there too.
 */
@Module({ providers: [WorkStealingHealthIndicator], exports: [WorkStealingHealthIndicator] })
export class WorkStealingTerminusModule extends ConfigurableTerminusModule {
  /** Wrong options stop the bootstrap with a {@link WorkStealingConfigError} that lists all that is wrong. */
  static override forRoot(options: WorkStealingTerminusOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** The same with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: WorkStealingTerminusAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}
