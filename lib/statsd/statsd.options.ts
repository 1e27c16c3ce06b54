import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../options/nest-module.js';
import type { ClientOptions, StatsD } from 'hot-shots';
import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';

/** Where `WorkStealingStatsdModule` sends what, and how often. */
export interface WorkStealingStatsdOptions {
  /** A client of yours, of hot-shots. The module does not close it. */
  client?: StatsD | undefined;
  /**
   * What hot-shots is to be constructed with, where no client is given: the module closes this one, and connects it
   * anew when it fails. It buffers 1,432 bytes unless `maxBufferSize` says otherwise.
   *
   * @default `{}`, which is UDP to localhost:8125
   */
  options?: ClientOptions | undefined;
  /** What all names begin with, after the prefix of the client. @default work_stealing. */
  prefix?: string | undefined;
  /**
   * Tags to add to each metric, beside those of recruiter, job, outcome, reason and kind. `false`: no tags at all, all
   * of that is in the names.
   *
   * @default `{}`
   */
  tags?: false | Readonly<Record<string, string>> | undefined;
  /** Time from one sending of counts and gauges to the next: ms, from 100. @default 10_000 */
  interval?: number | undefined;
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingStatsdOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingStatsdOptions(): WorkStealingStatsdOptions | Promise<WorkStealingStatsdOptions>;
}

const definition = nestModule<WorkStealingStatsdOptions, 'WorkStealingStatsd'>('WorkStealingStatsd');

export const ConfigurableStatsdModule = definition.Base;

/** The token of the options of `WorkStealingStatsdModule`. */
export const WORK_STEALING_STATSD_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingStatsdAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingStatsdOptions,
  'createWorkStealingStatsdOptions'
>;

const KNOWN = new Set(['client', 'options', 'prefix', 'tags', 'interval']);
const SHORTEST_INTERVAL = 100;
/** The longest that a timer can be set to. */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/** Everything that is wrong with the options, one sentence each. */
export function statsdOptionProblems(given: WorkStealingStatsdOptions): string[] {
  if (typeof given !== 'object' || given === null) {
    return [`options are ${describeValue(given)}; expected an object`];
  }
  const { client, options, prefix, tags, interval } = given;
  const problems = unknownOptionProblems(given, KNOWN);
  if (client !== undefined && options !== undefined) {
    problems.push('client and options are both given; options are for a client that the module makes');
  }
  if (client !== undefined && !isClient(client)) {
    problems.push(`client is ${describeValue(client)}; expected a client of hot-shots 17 or later`);
  }
  if (options !== undefined && !isPlain(options)) {
    problems.push(`options.options is ${describeValue(options)}; expected options of hot-shots`);
  }
  if (prefix !== undefined && !(typeof prefix === 'string' && /^[\w.-]*$/.test(prefix))) {
    problems.push(`prefix is ${describeValue(prefix)}; expected letters, digits and _ . - only`);
  }
  if (tags !== undefined && tags !== false && !areTags(tags)) {
    problems.push(`tags is ${describeValue(tags)}; expected an object of texts, or false`);
  }
  if (interval !== undefined && !isInterval(interval)) {
    problems.push(`interval is ${describeValue(interval)}; expected ms, ${SHORTEST_INTERVAL} or more`);
  }
  return problems;
}

function isClient(value: unknown): boolean {
  const methods = ['increment', 'gauge', 'timing', 'flush'] as const;
  return methods.every((name) => typeof (value as Partial<StatsD> | null)?.[name] === 'function');
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areTags(value: unknown): boolean {
  return isPlain(value) && Object.values(value).every((tag) => typeof tag === 'string');
}

function isInterval(value: unknown): boolean {
  return typeof value === 'number' && value >= SHORTEST_INTERVAL && value <= LONGEST_INTERVAL;
}
