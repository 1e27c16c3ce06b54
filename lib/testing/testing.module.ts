import { Module, type DynamicModule } from '@nestjs/common';
import { WorkStealingModule } from '../work-stealing.module.js';
import type { WorkStealingOptions } from '../work-stealing.options.js';
import { deterministic } from './deterministic.js';

/** {@link WorkStealingModule} for unit tests: {@link deterministic} unless a test says otherwise. */
@Module({})
export class WorkStealingTestingModule {
  /**
   * The default recruiter of a test.
   *
   * @throws WorkStealingConfigError at bootstrap, as `WorkStealingModule.forRoot` does.
   */
  static forRoot(options: WorkStealingOptions = {}): DynamicModule {
    return {
      module: WorkStealingTestingModule,
      imports: [WorkStealingModule.forRoot(deterministic(options))],
    };
  }
}
