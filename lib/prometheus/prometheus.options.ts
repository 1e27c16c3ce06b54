import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import { register, type OpenMetricsContentType, type Registry } from 'prom-client';
import { bounds, methods, text } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';

/** A registry of prom-client, of either format. */
export type PrometheusRegistry = Registry | Registry<OpenMetricsContentType>;

/** Where `WorkStealingPrometheusModule` shows its metrics, and how. */
export interface WorkStealingPrometheusOptions {
  /** Holds the metrics. @default the default one of prom-client, which `@willsoto/nestjs-prometheus` shows too */
  registry?: PrometheusRegistry | undefined;
  /**
   * What all names begin with, ahead of `work_stealing_`: `shop_` gives `shop_work_stealing_slices_total`. Letters,
   * digits and underscores, no digit first. @default none
   */
  prefix?: string | undefined;
  /**
   * Upper bounds of the histogram of durations: seconds, above 0, ascending.
   *
   * @default [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1]
   */
  buckets?: readonly number[] | undefined;
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingPrometheusOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingPrometheusOptions():
    WorkStealingPrometheusOptions | Promise<WorkStealingPrometheusOptions>;
}

const definition = nestModule<WorkStealingPrometheusOptions, 'WorkStealingPrometheus'>(
  'WorkStealingPrometheus',
);

export const ConfigurablePrometheusModule = definition.Base;

/** The token of the options of `WorkStealingPrometheusModule`. */
export const WORK_STEALING_PROMETHEUS_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingPrometheusAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingPrometheusOptions,
  'createWorkStealingPrometheusOptions'
>;

export const PROMETHEUS_OPTIONS = {
  registry: methods(['getSingleMetric', 'registerMetric', 'metrics'], register, 'a Registry of prom-client'),
  // Prometheus allows colons too, but leaves them to recording rules.
  prefix: text(
    'letters, digits and underscores, with no digit first, such as "shop_"',
    (value) => /^(?:[a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value),
    '',
  ),
  // Fine where slices are meant to end, at 20 to 50 ms; few, as each is one more series of each job.
  buckets: bounds(
    'seconds above 0, ascending, such as [0.01, 0.05]',
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1],
  ),
} satisfies OptionTable<WorkStealingPrometheusOptions>;
