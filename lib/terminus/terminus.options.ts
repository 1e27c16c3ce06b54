import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import { flag, integer, oneOf } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';

/** Options of {@link WorkStealingHealthIndicator}: when a job is unwell, and which status that is. */
export interface WorkStealingTerminusOptions {
  /** Number of consecutive slices that failed or were cut short from which a job is unwell: 1 or more. @default 3 */
  failures?: number | undefined;
  /**
   * Status for terminus while a job is unwell: with `degraded` and `up` the response is 200, with `down` 503. Terminus
   * before 12 has no `degraded` and gets `up`; the details have `state: 'degraded'` in any case.
   * @default degraded
   */
  degradedIs?: 'degraded' | 'up' | 'down' | undefined;
  /** Whether the details contain the message of a job's last error; set `false` if the public can read them. @default true */
  errors?: boolean | undefined;
}

/** Interface of a class passed as `useClass` or `useExisting`. */
export interface WorkStealingTerminusOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingTerminusOptions(): WorkStealingTerminusOptions | Promise<WorkStealingTerminusOptions>;
}

const definition = nestModule<WorkStealingTerminusOptions, 'WorkStealingTerminus'>('WorkStealingTerminus', {
  mayBeBare: true,
});

export const ConfigurableTerminusModule = definition.Base;

/** Injection token of the options of `WorkStealingTerminusModule`. */
export const WORK_STEALING_TERMINUS_OPTIONS: string | symbol = definition.token;

/** Options from a factory, a class or an existing provider, for `forRootAsync`. */
export type WorkStealingTerminusAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingTerminusOptions,
  'createWorkStealingTerminusOptions'
>;

export const TERMINUS_OPTIONS = {
  failures: integer(1, undefined, 3),
  degradedIs: oneOf(['degraded', 'up', 'down'], 'degraded'),
  errors: flag(true),
} satisfies OptionTable<WorkStealingTerminusOptions>;
