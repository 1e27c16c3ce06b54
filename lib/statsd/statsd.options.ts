import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import type { ClientOptions, StatsD } from 'hot-shots';
import { LONGEST_TIMER, methods, option, orFalse, range, text } from '../options/option.js';
import { isGroup, type OptionTable } from '../options/option-table.js';

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

export const STATSD_OPTIONS = {
  client: methods(['increment', 'gauge', 'timing', 'flush'], undefined, 'a client of hot-shots 17 or later'),
  options: option('options of hot-shots', isGroup),
  prefix: text('letters, digits and _ . - only', (value) => /^[\w.-]*$/.test(value), 'work_stealing.'),
  tags: orFalse(option('an object of texts, or false', areTags, {})),
  interval: range(100, LONGEST_TIMER, 10_000, 'milliseconds'),
} satisfies OptionTable<WorkStealingStatsdOptions>;

/** What is wrong with options that are right each by itself. */
export function clashesOf(given: WorkStealingStatsdOptions): string[] {
  const { client, options } = Object(given) as WorkStealingStatsdOptions;
  if (client === undefined || options === undefined) return [];
  return ['client and options are both given; options are for a client that the module makes'];
}

function areTags(value: unknown): boolean {
  return isGroup(value) && Object.values(value).every((tag) => typeof tag === 'string');
}
