import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import { register, type OpenMetricsContentType, type Registry } from 'prom-client';
import { bounds, methods, text } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';

/** A registry of prom-client, of either format. */
export type PrometheusRegistry = Registry | Registry<OpenMetricsContentType>;

/** Options of `WorkStealingPrometheusModule`. */
export interface WorkStealingPrometheusOptions {
  /** Registry for the metrics. @default the default registry of prom-client, which `@willsoto/nestjs-prometheus` serves too */
  registry?: PrometheusRegistry | undefined;
  /**
   * Prefix of all names, before `work_stealing_`: `shop_` gives `shop_work_stealing_slices_total`. Letters, digits and
   * underscores, not beginning with a digit. @default none
   */
  prefix?: string | undefined;
  /**
   * Upper bounds of the histogram of slice durations: seconds, above 0, ascending.
   *
   * @default [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1]
   */
  buckets?: readonly number[] | undefined;
}

/** Interface of a class passed as `useClass` or `useExisting`. */
export interface WorkStealingPrometheusOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingPrometheusOptions():
    WorkStealingPrometheusOptions | Promise<WorkStealingPrometheusOptions>;
}

const definition = nestModule<WorkStealingPrometheusOptions, 'WorkStealingPrometheus'>(
  'WorkStealingPrometheus',
);

export const ConfigurablePrometheusModule = definition.Base;

/** Injection token of the options of `WorkStealingPrometheusModule`. */
export const WORK_STEALING_PROMETHEUS_OPTIONS: string | symbol = definition.token;

/** Options from a factory, a class or an existing provider, for `forRootAsync`. */
export type WorkStealingPrometheusAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingPrometheusOptions,
  'createWorkStealingPrometheusOptions'
>;

export const PROMETHEUS_OPTIONS = {
  registry: methods(['getSingleMetric', 'registerMetric', 'metrics'], register, 'a Registry of prom-client'),
  // Prometheus allows colons too, but reserves them for recording rules.
  prefix: text(
    'letters, digits and underscores, with no digit first, such as "shop_"',
    (value) => /^(?:[a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value),
    '',
  ),
  // Fine around the usual budgets of 20 to 50 ms; few, since each adds a series to each job.
  buckets: bounds(
    'seconds above 0, ascending, such as [0.01, 0.05]',
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1],
  ),
} satisfies OptionTable<WorkStealingPrometheusOptions>;
