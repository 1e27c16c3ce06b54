import type { CanActivate, ConfigurableModuleAsyncOptions, ModuleMetadata, Type } from '@nestjs/common';
import { nestModule } from '../nest/nest-module.js';
import type { DashboardRequest } from './request.js';

/** Where the dashboard is, and who may see and steer the fleet by it. */
export interface WorkStealingDashboardOptions {
  /**
   * Whether a visitor may look. Without it the dashboard is shut to everybody, and the application refuses to start where
   * `NODE_ENV` is `production`.
   */
  authorize?(request: DashboardRequest): boolean | Promise<boolean>;
  /**
   * Who it is, for the audit list, where a visitor may change rates, pause jobs and run them: 1 to 200 characters.
   * Anything else, such as `undefined`, refuses. Asked beside `authorize`, which must allow too. Without it nobody may.
   */
  authorizeWrite?(
    request: DashboardRequest,
  ): string | false | null | undefined | Promise<string | false | null | undefined>;
  /** How often the fleet is looked at while somebody watches: 250 to 60000 ms. @default 1000 */
  interval?: number | undefined;
  /**
   * Shared by all processes of the fleet, 16 characters or more: writes then need a token as well, signed by it, that the
   * page was given for this visitor. Without it they need what no other site's page can send: see the documentation.
   */
  secret?: string | undefined;
}

/** Where the dashboard is put into the application: known before any factory runs. */
export interface DashboardMount {
  /** Path of the page, behind the application's global prefix. @default /work-stealing */
  path?: string;
  /** Guards that run before `authorize`, as of `@UseGuards()`: they may find out who it is. */
  guards?: readonly (CanActivate | Type<CanActivate>)[];
  /**
   * Class decorators for the dashboard's controller, such as `Public()` or `SkipThrottle()`: what guards of the whole
   * application look for on a controller.
   */
  decorators?: readonly ClassDecorator[];
  /** Modules whose exports the guards need. */
  imports?: ModuleMetadata['imports'];
}

/** What a class given as `useClass` or `useExisting` has to bring. */
export interface WorkStealingDashboardOptionsFactory {
  /** Called once, at bootstrap. */
  createWorkStealingDashboardOptions(): WorkStealingDashboardOptions | Promise<WorkStealingDashboardOptions>;
}

const definition = nestModule<WorkStealingDashboardOptions, 'WorkStealingDashboard'>('WorkStealingDashboard');

export const ConfigurableDashboardModule = definition.Base;

/** The token of the options of `WorkStealingDashboardModule`. */
export const WORK_STEALING_DASHBOARD_OPTIONS: string | symbol = definition.token;

/** Options that are made by a factory, a class or an existing provider; where it is mounted is said beside them. */
export type WorkStealingDashboardAsyncOptions = ConfigurableModuleAsyncOptions<
  WorkStealingDashboardOptions,
  'createWorkStealingDashboardOptions'
> &
  Omit<DashboardMount, 'imports'>;
