export { WorkStealingOpenTelemetryModule } from './opentelemetry.module.js';
export {
  WORK_STEALING_OPENTELEMETRY_OPTIONS,
  type WorkStealingOpenTelemetryAsyncOptions,
  type WorkStealingOpenTelemetryOptions,
  type WorkStealingOpenTelemetryOptionsFactory,
} from './opentelemetry.options.js';
