export { WorkStealingPrometheusModule } from './prometheus.module.js';
export {
  WORK_STEALING_PROMETHEUS_OPTIONS,
  type PrometheusRegistry,
  type WorkStealingPrometheusAsyncOptions,
  type WorkStealingPrometheusOptions,
  type WorkStealingPrometheusOptionsFactory,
} from './prometheus.options.js';
