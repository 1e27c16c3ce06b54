import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../options/nest-module.js';
import type { OpenMetricsContentType, Registry } from 'prom-client';
import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';

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

/** Fine where slices are meant to end, at 20 to 50 ms; few, as each is one more series of each job. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1,
];

const KNOWN = new Set(['registry', 'prefix', 'buckets']);

/** Everything that is wrong with the options, one sentence each. */
export function prometheusOptionProblems(options: WorkStealingPrometheusOptions): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object`];
  }
  const { registry, prefix, buckets } = options;
  const problems = unknownOptionProblems(options, KNOWN);
  if (registry !== undefined && !isRegistry(registry)) {
    problems.push(`registry is ${describeValue(registry)}; expected a Registry of prom-client`);
  }
  if (prefix !== undefined && !isPrefix(prefix)) {
    // Prometheus allows colons too, but leaves them to recording rules.
    problems.push(
      `prefix is ${describeValue(prefix)}; expected letters, digits and underscores, with no digit first, such as "shop_"`,
    );
  }
  if (buckets !== undefined && !areBuckets(buckets)) {
    problems.push(
      `buckets is ${describeValue(buckets)}; expected seconds above 0, ascending, such as [0.01, 0.05]`,
    );
  }
  return problems;
}

function isRegistry(value: unknown): boolean {
  const { getSingleMetric, registerMetric, metrics } = Object(value) as Record<string, unknown>;
  return [getSingleMetric, registerMetric, metrics].every((method) => typeof method === 'function');
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^(?:[a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value);
}

function areBuckets(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((bound: unknown, i) => {
    const before = i === 0 ? 0 : (value[i - 1] as number);
    return typeof bound === 'number' && Number.isFinite(bound) && bound > before;
  });
}
