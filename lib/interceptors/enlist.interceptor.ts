import {
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { offerAfterCompletion } from '../decorators/enlist-observable.js';
import { Offer } from '../decorators/enlist-offer.js';
import {
  enlistOptionProblems,
  enlistTerms,
  type EnlistOptions,
  type EnlistTerms,
} from '../decorators/enlist-options.js';
import { enlistsItself } from '../decorators/enlist-wrapper.js';
import { InjectRecruiter } from '../decorators/inject-recruiter.js';
import { WorkStealingConfigError } from '../recruiter/errors.js';
import { Recruiter } from '../recruiter/recruiter.js';
import { RequestClaims, requestOf } from './request-claims.js';

/**
 * Enlists once after each handled request or message: HTTP, RPC, WebSocket, GraphQL. Use it as `APP_INTERCEPTOR` or
 * with `@UseInterceptors()`. Of several on one request the innermost decides; a handler with `@Enlist()` decides by
 * itself. Without the module it does nothing.
 */
@Injectable()
export class EnlistInterceptor implements NestInterceptor {
  /** What {@link EnlistInterceptor.for} was given. */
  protected readonly options: EnlistOptions = {};

  constructor(@Optional() @InjectRecruiter() private readonly recruiter?: Recruiter) {}

  /**
   * An interceptor with options. `when` gets the last value that the handler gave and the arguments of the request
   * as the platform has them (HTTP: request and response), not those of the handler.
   *
   * @throws WorkStealingConfigError for options that are wrong.
   */
  static for(options: EnlistOptions): Type<NestInterceptor> {
    const problems = enlistOptionProblems(options);
    if (problems.length > 0) {
      throw new WorkStealingConfigError(`EnlistInterceptor.for(): ${problems.join('; ')}`, problems);
    }
    @Injectable()
    class ConfiguredEnlistInterceptor extends EnlistInterceptor {
      protected override readonly options = options;

      constructor(@Optional() @InjectRecruiter(options.recruiter) recruiter?: Recruiter) {
        super(recruiter);
      }
    }
    return ConfiguredEnlistInterceptor;
  }

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const { recruiter } = this;
    if (recruiter === undefined || enlistsItself(context.getHandler())) return next.handle();
    const request = requestOf(context);
    if (request === undefined) return next.handle();
    const claim = RequestClaims.of(recruiter).claim(request);
    const { when, ...terms } = this.#terms(context);
    const claimed = (result: unknown, args: unknown[]) =>
      claim(() => when === undefined || Boolean(when(result, args)));
    const offer = new Offer(recruiter, { ...terms, when: claimed }, context.getArgs());
    return offerAfterCompletion(next.handle(), offer);
  }

  #terms(context: ExecutionContext): EnlistTerms {
    const where = `${this.constructor.name} at ${context.getClass().name}.${context.getHandler().name}()`;
    return enlistTerms(this.options, where);
  }
}
