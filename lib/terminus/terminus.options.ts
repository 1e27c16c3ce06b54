import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from '../options/nest-module.js';
import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';

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

const KNOWN = new Set<string>([
  'failures',
  'degradedIs',
  'errors',
] satisfies (keyof WorkStealingTerminusOptions)[]);
const STATUSES = new Set<unknown>(['degraded', 'up', 'down', undefined]);

/** Everything that is wrong with the options, one sentence each. */
export function terminusOptionProblems(options: WorkStealingTerminusOptions): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object`];
  }
  const { failures, degradedIs, errors } = options;
  const problems = unknownOptionProblems(options, KNOWN);
  if (failures !== undefined && !(Number.isSafeInteger(failures) && failures >= 1)) {
    problems.push(`failures is ${describeValue(failures)}; expected a whole number from 1`);
  }
  if (!STATUSES.has(degradedIs)) {
    problems.push(`degradedIs is ${describeValue(degradedIs)}; expected 'degraded', 'up' or 'down'`);
  }
  if (errors !== undefined && typeof errors !== 'boolean') {
    problems.push(`errors is ${describeValue(errors)}; expected true or false`);
  }
  return problems;
}
