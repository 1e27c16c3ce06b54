export { WorkStealingStatsdModule } from './statsd.module.js';
export {
  WORK_STEALING_STATSD_OPTIONS,
  type WorkStealingStatsdAsyncOptions,
  type WorkStealingStatsdOptions,
  type WorkStealingStatsdOptionsFactory,
} from './statsd.options.js';
export { WorkStealingStatsd } from './work-stealing-statsd.js';
