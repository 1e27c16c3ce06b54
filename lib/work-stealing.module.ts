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

/** Finds the application's jobs, and recruits its workers for slices of them. */
@Module({})
export class WorkStealingModule extends ConfigurableWorkStealingModule {
  constructor(modules: ModulesContainer) {
    super(modules);
    runHooksOutermost(modules);
  }

  /**
   * The one default recruiter, for the whole application. Import it once, in the root module.
   *
   * Wrong options stop the bootstrap with a {@link WorkStealingConfigError} that lists all that is wrong.
   */
  static override forRoot(options: WorkStealingOptions = {}): DynamicModule {
    return asRoot(super.forRoot(options));
  }

  /**
   * The same with options from a factory, a class or an existing provider.
   *
   * @throws WorkStealingConfigError when `options` names none of them.
   */
  static override forRootAsync(options: WorkStealingAsyncOptions): DynamicModule {
    return asRoot(super.forRootAsync(options));
  }

  /**
   * One more recruiter, with a lottery, gates and limits of its own: for work that must not share rates or places in
   * flight with the rest. What `options` leaves open is as in `forRoot`, which must be imported too.
   *
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
 * Nest runs the hooks of global modules first at the start and last at the end. Recruiting has to be the other way
 * round: it opens when everything else is ready, and ends before anything that a slice may need is taken away. A
 * module's distance from the root decides the order, and is read after modules are constructed.
 */
function runHooksOutermost(modules: ModulesContainer): void {
  for (const module of modules.values()) {
    if (module.metatype === WorkStealingModule) module.distance = -1;
  }
}
