import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import { flag, integer, oneOf } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';

/** When {@link WorkStealingHealthIndicator} calls a job unwell, and what it makes of it. */
export interface WorkStealingTerminusOptions {
  /** A job is unwell when so many of its last slices, without a break, failed or were cut short: from 1. @default 3 */
  failures?: number | undefined;
  /**
   * What is said to terminus while a job is unwell: `degraded` and `up` leave the answer at 200, `down` makes it 503.
   * Terminus before 12 knows no `degraded` and hears `up`; the details have `state: 'degraded'` in each case.
   * @default degraded
   */
  degradedIs?: 'degraded' | 'up' | 'down' | undefined;
  /** Whether the details quote the message of a job's last error: `false` where strangers can read them. @default true */
  errors?: boolean | undefined;
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingTerminusOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingTerminusOptions(): WorkStealingTerminusOptions | Promise<WorkStealingTerminusOptions>;
}

const definition = nestModule<WorkStealingTerminusOptions, 'WorkStealingTerminus'>('WorkStealingTerminus', {
  mayBeBare: true,
});

export const ConfigurableTerminusModule = definition.Base;

/** The token of the options of `WorkStealingTerminusModule`. */
export const WORK_STEALING_TERMINUS_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingTerminusAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingTerminusOptions,
  'createWorkStealingTerminusOptions'
>;

export const TERMINUS_OPTIONS = {
  failures: integer(1, undefined, 3),
  degradedIs: oneOf(['degraded', 'up', 'down'], 'degraded'),
  errors: flag(true),
} satisfies OptionTable<WorkStealingTerminusOptions>;
