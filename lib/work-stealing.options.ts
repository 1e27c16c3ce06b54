import { ConfigurableModuleBuilder, type ConfigurableModuleAsyncOptions } from '@nestjs/common';
import type { RecruiterOptions } from './recruiter/options.js';

/** Options of {@link WorkStealingModule}: how its recruiters decide. */
export interface WorkStealingOptions extends RecruiterOptions {}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingOptions(): WorkStealingOptions | Promise<WorkStealingOptions>;
}

const definition = new ConfigurableModuleBuilder<WorkStealingOptions>({ moduleName: 'WorkStealing' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createWorkStealingOptions')
  .build();

export const { ConfigurableModuleClass } = definition;

/** The token of the options given to `forRoot` or `forRootAsync`; tests override it. */
export const WORK_STEALING_OPTIONS: string | symbol = definition.MODULE_OPTIONS_TOKEN;

/** Options that are made by a factory, a class or an existing provider. */
export type WorkStealingAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingOptions,
  'createWorkStealingOptions'
>;
