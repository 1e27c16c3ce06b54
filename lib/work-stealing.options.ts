import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from './nest/nest-module.js';
import type { RecruiterOptions } from './recruiter/options.js';

/** Options of {@link WorkStealingModule}: how its recruiters decide. */
export interface WorkStealingOptions extends RecruiterOptions {}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingOptions(): WorkStealingOptions | Promise<WorkStealingOptions>;
}

const definition = nestModule<WorkStealingOptions, 'WorkStealing'>('WorkStealing', {
  where: 'in the root module',
});

export const ConfigurableWorkStealingModule = definition.Base;

/** The token of the options given to `forRoot` or `forRootAsync`; tests override it. */
export const WORK_STEALING_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingOptions,
  'createWorkStealingOptions'
>;
