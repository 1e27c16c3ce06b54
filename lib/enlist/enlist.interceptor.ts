import {
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { Log } from '../logging/log.js';
import { Completion } from './completion.js';
import {
  ENLIST_OPTIONS,
  resolveEnlistOptions,
  type EnlistOptions,
  type ResolvedEnlistOptions,
} from './enlist-options.js';
import { completeObservable } from './results/observable.js';
import { enlistsItself } from './wrapped-method.js';
import { InjectRecruiter } from './inject-recruiter.js';
import { injectedRecruiter, type InjectedRecruiter } from './injected-recruiter.js';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { describeValue } from '../options/describe-value.js';
import { problemsOf } from '../options/option-table.js';
import { refuse, WorkStealingConfigError } from '../options/errors.js';
import { Recruiter } from '../recruiter/recruiter.js';
import { RequestClaims, requestOf } from './request-claims.js';

/**
 * Enlists once after each handled request or message: HTTP, RPC, WebSocket, GraphQL. Use it as `APP_INTERCEPTOR` or
 * with `@UseInterceptors()`. If several apply to one request, the innermost enlists; a handler with `@Enlist()` enlists by
 * itself. Without a recruiter (no module, an instance created by `new`) it does nothing but log one warning.
 */
@Injectable()
export class EnlistInterceptor implements NestInterceptor {
  /** Options passed to {@link EnlistInterceptor.for}. */
  protected readonly options: EnlistOptions = {};
  #isWarned = false;
  readonly #recruiter: InjectedRecruiter | undefined;

  constructor(@Optional() @InjectRecruiter() recruiter?: Recruiter) {
    this.#recruiter = injectedRecruiter(recruiter);
  }

  /**
   * Returns an interceptor class with options. `when` receives the last value of the handler and the arguments that the
   * platform has for the request (HTTP: request and response), not those of the handler.
   *
   * @throws WorkStealingConfigError for invalid options; at bootstrap, if the recruiter is not registered.
   */
  static for(options: EnlistOptions): Type<NestInterceptor> {
    refuse('EnlistInterceptor.for()', problemsOf(ENLIST_OPTIONS, options));
    @Injectable()
    class ConfiguredEnlistInterceptor extends EnlistInterceptor {
      protected override readonly options = options;

      constructor(
        @Optional() @InjectRecruiter(options.recruiter) recruiter?: Recruiter,
        @Optional() @InjectRecruiter() standard?: Recruiter,
      ) {
        super(recruiter);
        // With the module imported, it would silently never enlist.
        if (recruiter === undefined && Recruiter.from(standard) !== undefined)
          throw unregistered(options.recruiter);
      }
    }
    return ConfiguredEnlistInterceptor;
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const recruiter = this.#recruiter;
    if (recruiter === undefined) this.#warnOnce();
    if (recruiter === undefined || enlistsItself(context.getClass(), context.getHandler())) {
      return next.handle();
    }
    const request = requestOf(context);
    if (request === undefined) return next.handle();
    const claim = RequestClaims.of(recruiter).claim(request);
    const { when, ...options } = this.#options(context);
    const claimed = (result: unknown, args: unknown[]) =>
      claim(() => when === undefined || Boolean(when(result, args)));
    const completion = new Completion(recruiter, { ...options, when: claimed }, context.getArgs());
    return completeObservable(next.handle(), completion);
  }

  #warnOnce(): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    const { recruiter = DEFAULT_RECRUITER } = this.options;
    new Log('WorkStealing').warn(
      `EnlistInterceptor does not enlist: recruiter '${recruiter}' was not injected. Import WorkStealingModule.forRoot(), ` +
        'or registerRecruiter() for a named recruiter, and pass Nest the class of the interceptor (APP_INTERCEPTOR, ' +
        '@UseInterceptors), not an instance created by new.',
    );
  }

  #options(context: ExecutionContext): ResolvedEnlistOptions {
    const where = `${this.constructor.name} at ${context.getClass().name}.${context.getHandler().name}()`;
    return resolveEnlistOptions(this.options, where);
  }
}

function unregistered(name: string | undefined): WorkStealingConfigError {
  const quoted = describeValue(name);
  return new WorkStealingConfigError(
    `EnlistInterceptor.for(): recruiter ${quoted} is not registered. ` +
      `Import WorkStealingModule.registerRecruiter(${quoted}).`,
  );
}
