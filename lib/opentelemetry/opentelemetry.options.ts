import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { bounds, flag, methods, option } from '../options/option.js';
import { isGroup, type OptionTable } from '../options/option-table.js';

/** Options of `WorkStealingOpenTelemetryModule`. */
export interface WorkStealingOpenTelemetryOptions {
  /** Provider of the meter. @default the global one, even if it is registered after the start of the application */
  meterProvider?: MeterProvider | undefined;
  /** Provider of the tracer. @default the global one, even if it is registered after the start of the application */
  tracerProvider?: TracerProvider | undefined;
  /** Whether to export metrics. @default true */
  metrics?: boolean | undefined;
  /** Whether to create a span for each slice. @default true */
  spans?: boolean | undefined;
  /** Attributes of every metric and span, for example to distinguish two applications of one process. @default none */
  attributes?: Attributes | undefined;
  /**
   * Upper bounds of the histogram of slice durations: seconds, above 0, ascending. A view of the SDK takes precedence.
   *
   * @default [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5]
   */
  buckets?: readonly number[] | undefined;
}

/** Interface of a class passed as `useClass` or `useExisting`. */
export interface WorkStealingOpenTelemetryOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingOpenTelemetryOptions():
    WorkStealingOpenTelemetryOptions | Promise<WorkStealingOpenTelemetryOptions>;
}

const definition = nestModule<WorkStealingOpenTelemetryOptions, 'WorkStealingOpenTelemetry'>(
  'WorkStealingOpenTelemetry',
);

export const ConfigurableOpenTelemetryModule = definition.Base;

/** Injection token of the options of `WorkStealingOpenTelemetryModule`. */
export const WORK_STEALING_OPENTELEMETRY_OPTIONS: string | symbol = definition.token;

/** Options from a factory, a class or an existing provider, for `forRootAsync`. */
export type WorkStealingOpenTelemetryAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingOpenTelemetryOptions,
  'createWorkStealingOpenTelemetryOptions'
>;

export const OPENTELEMETRY_OPTIONS = {
  meterProvider: methods(['getMeter'], undefined, 'a MeterProvider with getMeter()'),
  tracerProvider: methods(['getTracer'], undefined, 'a TracerProvider with getTracer()'),
  metrics: flag(true),
  spans: flag(true),
  attributes: option(
    'an object of strings, numbers and booleans, or arrays of one of these',
    areAttributes,
    {},
  ),
  // Fine around the usual budgets of 20 to 50 ms.
  buckets: bounds(
    'ascending numbers of seconds above 0',
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5],
  ),
} satisfies OptionTable<WorkStealingOpenTelemetryOptions>;

function areAttributes(value: unknown): boolean {
  return isGroup(value) && Object.values(value).every((each) => isPrimitive(each) || isArrayOfOneType(each));
}

function isPrimitive(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isArrayOfOneType(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => isPrimitive(each) && typeof each === typeof value[0]);
}
