import { Module, type DynamicModule } from '@nestjs/common';
import { FleetService } from '../fleet/fleet.service.js';
import { problemsOf } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { Access } from './access.js';
import { Answers } from './answers.js';
import { controllerAt } from './dashboard.controller.js';
import {
  ConfigurableDashboardModule,
  WORK_STEALING_DASHBOARD_OPTIONS,
  type DashboardMount,
  type WorkStealingDashboardAsyncOptions,
  type WorkStealingDashboardOptions,
} from './dashboard.options.js';
import { FleetWatch } from './fleet-watch.js';
import { DASHBOARD_OPTIONS, dashboardOptionProblems, MOUNT_OPTIONS } from './settings.js';

/**
 * Mounts a page on which the fleet is seen and steered. `WorkStealingModule.forRoot()` must be imported too; with
 * `WorkStealingRedisModule` the page is about the whole fleet, whichever process shows it.
 */
@Module({})
export class WorkStealingDashboardModule extends ConfigurableDashboardModule {
  /** Wrong options stop the bootstrap with a `WorkStealingConfigError` that lists all that is wrong. */
  static override forRoot(options: WorkStealingDashboardOptions & DashboardMount = {}): DynamicModule {
    const { path, guards, decorators, imports, ...rest } = Object(options) as WorkStealingDashboardOptions &
      DashboardMount;
    // What is no object is refused at bootstrap, with all else that is wrong.
    const isObject = typeof options === 'object' && options !== null;
    return mounted(super.forRoot(isObject ? rest : options), { path, guards, decorators, imports });
  }

  /** The same with options from a factory, a class or an existing provider;
   * `path`, `guards` and `decorators` stand beside them. */
  static override forRootAsync(options: WorkStealingDashboardAsyncOptions): DynamicModule {
    const { path, guards, decorators, ...rest } = Object(options) as WorkStealingDashboardAsyncOptions;
    return mounted(super.forRootAsync(rest), { path, guards, decorators });
  }
}

type Given = { readonly [Key in keyof DashboardMount]: DashboardMount[Key] | undefined };

function mounted(definition: DynamicModule, { path, guards, decorators, imports }: Given): DynamicModule {
  const mount: DashboardMount = {
    ...(path === undefined ? {} : { path }),
    ...(guards === undefined ? {} : { guards }),
    ...(decorators === undefined ? {} : { decorators }),
    ...(imports === undefined ? {} : { imports }),
  };
  // What is wrong with it is said at bootstrap, with all else that is.
  const controller = controllerAt(problemsOf(MOUNT_OPTIONS, mount).length === 0 ? mount : {});
  return {
    ...definition,
    imports: [...(definition.imports ?? []), ...(Array.isArray(imports) ? imports : [])],
    controllers: [controller],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: Access,
        inject: [WORK_STEALING_DASHBOARD_OPTIONS, { token: FleetService, optional: true }],
        useFactory: (options: WorkStealingDashboardOptions, fleet?: FleetService) =>
          new Access(checked(options, mount, fleet)),
      },
      { provide: Answers, useFactory: () => new Answers() },
      {
        provide: FleetWatch,
        // It is there wherever Access is, which says so if it is not.
        inject: [WORK_STEALING_DASHBOARD_OPTIONS, { token: FleetService, optional: true }],
        useFactory: (options: WorkStealingDashboardOptions, fleet: FleetService) =>
          new FleetWatch(fleet, options?.interval ?? DASHBOARD_OPTIONS.interval.fallback),
      },
    ],
  };
}

function checked(
  options: WorkStealingDashboardOptions,
  mount: DashboardMount,
  fleet: FleetService | undefined,
): WorkStealingDashboardOptions {
  const problems = dashboardOptionProblems(options, mount, process.env['NODE_ENV']);
  if (fleet === undefined) problems.push('WorkStealingModule.forRoot() is not imported');
  refuse('WorkStealingDashboardModule', problems);
  return options;
}
