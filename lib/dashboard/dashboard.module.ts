import { Module, type DynamicModule } from '@nestjs/common';
import { FleetService } from '../fleet/fleet.service.js';
import { refuse } from '../options/errors.js';
import { omitUndefined, problemsOf } from '../options/option-table.js';
import { Access } from './access.js';
import { controllerAt } from './dashboard.controller.js';
import {
  ConfigurableDashboardModule,
  DASHBOARD_OPTIONS,
  dashboardOptionProblems,
  MOUNT_OPTIONS,
  WORK_STEALING_DASHBOARD_OPTIONS,
  type DashboardMount,
  type WorkStealingDashboardAsyncOptions,
  type WorkStealingDashboardOptions,
} from './dashboard.options.js';
import { FleetMonitor } from './fleet-monitor.js';
import { OpenResponses } from './open-responses.js';

/**
 * Mounts a page that shows and controls the fleet. Needs `WorkStealingModule.forRoot()`; with `WorkStealingRedisModule` the
 * page of each process shows the whole fleet.
 */
@Module({})
export class WorkStealingDashboardModule extends ConfigurableDashboardModule {
  /** Imports the module with options. Invalid ones stop the bootstrap with a `WorkStealingConfigError` that lists all problems. */
  static override forRoot(options: WorkStealingDashboardOptions & DashboardMount = {}): DynamicModule {
    const { path, guards, decorators, imports, ...rest } = Object(options) as WorkStealingDashboardOptions &
      DashboardMount;
    // A value that is not an object is rejected at bootstrap, with all other problems.
    const isObject = typeof options === 'object' && options !== null;
    return mounted(super.forRoot(isObject ? rest : options), { path, guards, decorators, imports });
  }

  /** Imports the module with options from a factory, a class or an existing provider; the mount options are beside them. */
  static override forRootAsync(options: WorkStealingDashboardAsyncOptions): DynamicModule {
    const { path, guards, decorators, ...rest } = Object(options) as WorkStealingDashboardAsyncOptions;
    return mounted(super.forRootAsync(rest), { path, guards, decorators });
  }
}

type MountOptions = { readonly [Key in keyof DashboardMount]: DashboardMount[Key] | undefined };

function mounted(definition: DynamicModule, mountOptions: MountOptions): DynamicModule {
  const mount: DashboardMount = omitUndefined(mountOptions);
  // Problems of the mount options are reported at bootstrap, with all others.
  const controller = controllerAt(problemsOf(MOUNT_OPTIONS, mount).length === 0 ? mount : {});
  return {
    ...definition,
    imports: [...(definition.imports ?? []), ...(Array.isArray(mount.imports) ? mount.imports : [])],
    controllers: [controller],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: Access,
        inject: [WORK_STEALING_DASHBOARD_OPTIONS, { token: FleetService, optional: true }],
        useFactory: (options: WorkStealingDashboardOptions, fleet?: FleetService) =>
          new Access(checked(options, mount, fleet)),
      },
      { provide: OpenResponses, useFactory: () => new OpenResponses() },
      {
        provide: FleetMonitor,
        // If the fleet is missing, Access has already thrown.
        inject: [WORK_STEALING_DASHBOARD_OPTIONS, { token: FleetService, optional: true }],
        useFactory: (options: WorkStealingDashboardOptions, fleet: FleetService) =>
          new FleetMonitor(fleet, options?.interval ?? DASHBOARD_OPTIONS.interval.fallback),
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
