export { WorkStealingTerminusModule } from './terminus.module.js';
export {
  WORK_STEALING_TERMINUS_OPTIONS,
  type WorkStealingTerminusAsyncOptions,
  type WorkStealingTerminusOptions,
  type WorkStealingTerminusOptionsFactory,
} from './terminus.options.js';
export type { UnwellJob } from './unwell-jobs.js';
export { WorkStealingHealthIndicator, type WorkStealingHealth } from './work-stealing.health.js';
