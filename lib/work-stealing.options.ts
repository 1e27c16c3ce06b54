import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { nestModule } from './nest/nest-module.js';
import type { RecruiterOptions } from './recruiter/options.js';

/** Options of {@link WorkStealingModule}: those of its recruiters. */
export interface WorkStealingOptions extends RecruiterOptions {}

/** Interface of a class for `useClass` or `useExisting` of {@link WorkStealingModule.forRootAsync}. */
export interface WorkStealingOptionsFactory {
  /** Returns the options. Called once, at bootstrap. */
  createWorkStealingOptions(): WorkStealingOptions | Promise<WorkStealingOptions>;
}

const definition = nestModule<WorkStealingOptions, 'WorkStealing'>('WorkStealing', {
  where: 'in the root module',
});

export const ConfigurableWorkStealingModule = definition.Base;

/** Injection token of the options of `forRoot` or `forRootAsync`, for example to override them in a test. */
export const WORK_STEALING_OPTIONS: string | symbol = definition.token;

/** Options of {@link WorkStealingModule.forRootAsync}: a factory, a class or an existing provider. */
export type WorkStealingAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingOptions,
  'createWorkStealingOptions'
>;
