import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import type { ClientOptions, StatsD } from 'hot-shots';
import { LONGEST_TIMER, methods, option, orFalse, range, text } from '../options/option.js';
import { isGroup, type OptionTable } from '../options/option-table.js';

/** Options of `WorkStealingStatsdModule`. */
export interface WorkStealingStatsdOptions {
  /** A client of hot-shots, which the module does not close. @default a new one with `options` */
  client?: StatsD | undefined;
  /**
   * Options for the client of hot-shots that the module creates if there is no `client`. The module closes it, and
   * replaces it after a failure. It buffers 1,432 bytes unless `maxBufferSize` is set.
   *
   * @default `{}`, which is UDP to localhost:8125
   */
  options?: ClientOptions | undefined;
  /** Prefix of all names, after that of the client: letters, digits and `_ . -`. @default work_stealing. */
  prefix?: string | undefined;
  /**
   * Tags to add to each metric, beside recruiter, job, outcome, reason, kind and cache. `false`: no tags; all labels are
   * in the names.
   *
   * @default `{}`
   */
  tags?: false | Readonly<Record<string, string>> | undefined;
  /** How often counts and gauges are sent: ms, 100 or more. @default 10_000 */
  interval?: number | undefined;
}

/** Interface of a class passed as `useClass` or `useExisting`. */
export interface WorkStealingStatsdOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingStatsdOptions(): WorkStealingStatsdOptions | Promise<WorkStealingStatsdOptions>;
}

const definition = nestModule<WorkStealingStatsdOptions, 'WorkStealingStatsd'>('WorkStealingStatsd');

export const ConfigurableStatsdModule = definition.Base;

/** Injection token of the options of `WorkStealingStatsdModule`. */
export const WORK_STEALING_STATSD_OPTIONS: string | symbol = definition.token;

/** Options from a factory, a class or an existing provider, for `forRootAsync`. */
export type WorkStealingStatsdAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingStatsdOptions,
  'createWorkStealingStatsdOptions'
>;

export const STATSD_OPTIONS = {
  client: methods(['increment', 'gauge', 'timing', 'flush'], undefined, 'a client of hot-shots 17 or later'),
  options: option('options of hot-shots', isGroup),
  prefix: text('letters, digits and _ . - only', (value) => /^[\w.-]*$/.test(value), 'work_stealing.'),
  tags: orFalse(option('an object of strings, or false', areTags, {})),
  interval: range(100, LONGEST_TIMER, 10_000, 'milliseconds'),
} satisfies OptionTable<WorkStealingStatsdOptions>;

/** Problems of options that are valid separately but not together. */
export function clashesOf(given: WorkStealingStatsdOptions): string[] {
  const { client, options } = Object(given) as WorkStealingStatsdOptions;
  if (client === undefined || options === undefined) return [];
  return ['client and options are both set; options are for the client that the module creates'];
}

function areTags(value: unknown): boolean {
  return isGroup(value) && Object.values(value).every((tag) => typeof tag === 'string');
}
