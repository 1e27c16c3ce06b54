import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { bounds, flag, methods, option } from '../options/option.js';
import { isGroup, type OptionTable } from '../options/option-table.js';

/** What `WorkStealingOpenTelemetryModule` measures and traces, and with what. */
export interface WorkStealingOpenTelemetryOptions {
  /** Makes the metrics. @default the global one, also if it is registered after the application has started */
  meterProvider?: MeterProvider | undefined;
  /** Makes the spans. @default the global one, also if it is registered after the application has started */
  tracerProvider?: TracerProvider | undefined;
  /** Whether there are metrics. @default true */
  metrics?: boolean | undefined;
  /** Whether each slice has a span. @default true */
  spans?: boolean | undefined;
  /** Added to every metric and span: what tells two applications in one process apart, say. @default none */
  attributes?: Attributes | undefined;
  /**
   * Upper bounds of the histogram of durations: seconds, ascending. A view of the SDK's takes precedence.
   *
   * @default [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5]
   */
  buckets?: readonly number[] | undefined;
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingOpenTelemetryOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingOpenTelemetryOptions():
    WorkStealingOpenTelemetryOptions | Promise<WorkStealingOpenTelemetryOptions>;
}

const definition = nestModule<WorkStealingOpenTelemetryOptions, 'WorkStealingOpenTelemetry'>(
  'WorkStealingOpenTelemetry',
);

export const ConfigurableOpenTelemetryModule = definition.Base;

/** The token of the options of `WorkStealingOpenTelemetryModule`. */
export const WORK_STEALING_OPENTELEMETRY_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider. */
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
    'an object of texts, numbers and booleans, or arrays of one of these',
    areAttributes,
    {},
  ),
  // Fine where slices are meant to end: 20 to 50 ms.
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
