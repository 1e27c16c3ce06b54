import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { Bootstrap } from './bootstrap.js';
import { getRecruiterToken } from './enlist/inject-recruiter.js';
import { FleetService } from './fleet/fleet.service.js';
import { hostToken, RecruiterHost } from './recruiter-host.js';
import { Recruiters } from './recruiters.js';
import { DEFAULT_RECRUITER } from './recruiter/default-recruiter.js';
import { describeValue } from './options/describe-value.js';
import { WorkStealingConfigError } from './options/errors.js';
import {
  ConfigurableWorkStealingModule,
  WORK_STEALING_OPTIONS,
  type WorkStealingAsyncOptions,
  type WorkStealingOptions,
} from './work-stealing.options.js';

/** Finds the jobs of the application, installs them, and opens and closes its recruiters. */
@Module({})
export class WorkStealingModule extends ConfigurableWorkStealingModule {
  constructor(modules: ModulesContainer) {
    super(modules);
    runHooksOutermost(modules);
  }

  /**
   * Provides the default recruiter for the whole application. Import it once, in the root module.
   *
   * Invalid options stop the bootstrap with a {@link WorkStealingConfigError} that lists all problems.
   */
  static override forRoot(options: WorkStealingOptions = {}): DynamicModule {
    return asRoot(super.forRoot(options));
  }

  /**
   * Provides the default recruiter, with options from a factory, a class or an existing provider; see {@link forRoot}.
   *
   * @throws WorkStealingConfigError when `options` has none of `useFactory`, `useClass` and `useExisting`.
   */
  static override forRootAsync(options: WorkStealingAsyncOptions): DynamicModule {
    return asRoot(super.forRootAsync(options));
  }

  /**
   * Provides another recruiter with its own lottery, gates and limits: for jobs that must not share rates or concurrency slots
   * with the others. `forRoot` must be imported too.
   *
   * @param name - name of the recruiter, not blank and not `default`.
   * @param options - options that differ from those of `forRoot`.
   * @throws WorkStealingConfigError when `name` is blank, or the name of the default recruiter.
   */
  static registerRecruiter(name: string, options: Partial<WorkStealingOptions> = {}): DynamicModule {
    if (typeof name !== 'string' || name.trim() === '' || name === DEFAULT_RECRUITER) {
      throw new WorkStealingConfigError(
        `registerRecruiter(): name is ${describeValue(name)}; expected a string that is not blank and not "${DEFAULT_RECRUITER}"`,
      );
    }
    return {
      module: NamedRecruiterModule,
      global: true,
      ...recruiterOf(name, {
        provide: hostToken(name),
        inject: [
          { token: WORK_STEALING_OPTIONS, optional: true },
          { token: Bootstrap, optional: true },
        ],
        useFactory: (root?: WorkStealingOptions, bootstrap?: Bootstrap) => {
          if (bootstrap === undefined) throw withoutRoot(name);
          const host = new RecruiterHost(name, options, root);
          bootstrap.admit(host);
          return host;
        },
      }),
    };
  }
}

/** Holds one recruiter of {@link WorkStealingModule.registerRecruiter}. */
@Module({})
class NamedRecruiterModule {}

function asRoot(definition: DynamicModule): DynamicModule {
  const { providers, exports } = recruiterOf(DEFAULT_RECRUITER, {
    provide: hostToken(DEFAULT_RECRUITER),
    inject: [WORK_STEALING_OPTIONS],
    useFactory: (options: WorkStealingOptions = {}) => new RecruiterHost(DEFAULT_RECRUITER, options),
  });
  return {
    ...definition,
    global: true,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [
      ...(definition.providers ?? []),
      Bootstrap,
      Recruiters,
      {
        provide: FleetService,
        inject: [Recruiters, hostToken(DEFAULT_RECRUITER)],
        // The host's options, since they have been checked.
        useFactory: (recruiters: Recruiters, { options }: RecruiterHost) =>
          new FleetService(recruiters, options),
      },
      ...providers,
    ],
    exports: [WORK_STEALING_OPTIONS, Bootstrap, Recruiters, FleetService, ...exports],
  };
}

function recruiterOf(name: string, host: Provider & { provide: string }) {
  const token = getRecruiterToken(name);
  const recruiter: Provider = {
    provide: token,
    inject: [host.provide],
    useFactory: ({ recruiter: made }: RecruiterHost) => made,
  };
  return { providers: [host, recruiter], exports: [token] };
}

function withoutRoot(name: string): WorkStealingConfigError {
  return new WorkStealingConfigError(
    `registerRecruiter("${name}") needs WorkStealingModule.forRoot(), which finds the jobs and opens and closes all ` +
      `recruiters. Import it in the root module.`,
  );
}

/**
 * Reverses the order of hooks for this module. Nest runs the hooks of global modules first at the start and last at the end,
 * but recruiters must open when everything else is ready, and close before anything that a slice may need is closed. The
 * distance of a module from the root decides the order, and is read after modules are constructed.
 */
function runHooksOutermost(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    if (module.metatype === WorkStealingModule) module.distance = -1;
  }
}
