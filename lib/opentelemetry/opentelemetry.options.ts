import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../options/nest-module.js';
import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';

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

/** Fine where slices are meant to end: 20 to 50 ms. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 5,
];

const KNOWN = new Set(['meterProvider', 'tracerProvider', 'metrics', 'spans', 'attributes', 'buckets']);

/** Everything that is wrong with the options, one sentence each. */
export function openTelemetryOptionProblems(options: WorkStealingOpenTelemetryOptions): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object`];
  }
  const { meterProvider, tracerProvider, metrics, spans, attributes, buckets } = options;
  return [
    ...unknownOptionProblems(options, KNOWN),
    ...unless(isProvider(meterProvider, 'getMeter'), { meterProvider }, 'a MeterProvider with getMeter()'),
    ...unless(
      isProvider(tracerProvider, 'getTracer'),
      { tracerProvider },
      'a TracerProvider with getTracer()',
    ),
    ...unless(isBoolean(metrics), { metrics }, 'true or false'),
    ...unless(isBoolean(spans), { spans }, 'true or false'),
    ...unless(
      isAttributes(attributes),
      { attributes },
      'an object of texts, numbers and booleans, or arrays of one of these',
    ),
    ...unless(areBuckets(buckets), { buckets }, 'ascending numbers of seconds above 0'),
  ];
}

function unless(isRight: boolean, option: Record<string, unknown>, expected: string): string[] {
  if (isRight) return [];
  return Object.entries(option).map(
    ([name, value]) => `${name} is ${describeValue(value)}; expected ${expected}`,
  );
}

function isProvider(value: unknown, method: 'getMeter' | 'getTracer'): boolean {
  return value === undefined || typeof (value as Record<string, unknown> | null)?.[method] === 'function';
}

function isBoolean(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function isAttributes(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => isPrimitive(each) || isArrayOfOneType(each));
}

function isPrimitive(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isArrayOfOneType(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => isPrimitive(each) && typeof each === typeof value[0]);
}

function areBuckets(value: unknown): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value) || value.length === 0) return false;
  const above = (bound: unknown, i: number) =>
    typeof bound === 'number' && bound < Infinity && bound > (i === 0 ? 0 : (value[i - 1] as number));
  return value.every(above);
}
