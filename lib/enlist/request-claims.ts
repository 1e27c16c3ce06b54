import type { ExecutionContext } from '@nestjs/common';
import type { InjectedRecruiter } from './injected-recruiter.js';

const SPENT = Symbol('spent');

/**
 * Who enlists for which request. Several interceptors may see one request, or one interceptor several handlers of it:
 * the last to claim it, so the innermost and most specific, has it, until one of them has enlisted.
 */
export class RequestClaims {
  static readonly #byRecruiter = new WeakMap<InjectedRecruiter, RequestClaims>();
  readonly #holders = new WeakMap<object, symbol>();

  /** The claims on the workers of one recruiter: recruiters are offered a request each by itself. */
  static of(recruiter: InjectedRecruiter): RequestClaims {
    let claims = RequestClaims.#byRecruiter.get(recruiter);
    if (claims === undefined) {
      claims = new RequestClaims();
      RequestClaims.#byRecruiter.set(recruiter, claims);
    }
    return claims;
  }

  /** Claims a request; the function returned asks, if the claim still stands, whether to enlist, and spends it. */
  claim(request: object): (isWanted: () => boolean) => boolean {
    const claim = Symbol('claim');
    if (this.#holders.get(request) !== SPENT) this.#holders.set(request, claim);
    return (isWanted) => {
      const isSpent = this.#holders.get(request) === claim && isWanted();
      if (isSpent) this.#holders.set(request, SPENT);
      return isSpent;
    };
  }
}

/** The object that stands for the whole request or message; undefined when the handler does only a part of it. */
export function requestOf(context: ExecutionContext): object | undefined {
  switch (context.getType<string>()) {
    case 'graphql':
      return graphqlRequestOf(context);
    case 'http': {
      const request: unknown = context.getArgByIndex(0);
      // Other libraries run handlers of theirs as 'http' too, with arguments that may outlive a call.
      return isObject(request) && 'headers' in request ? request : context;
    }
    default:
      // A message has no object that is surely its own; its context is, and all interceptors of a handler share it.
      return context;
  }
}

/** What graphql-js tells a resolver about its place in the operation. */
type ResolveInfo = Partial<{ path: { prev?: unknown }; variableValues: unknown }>;

/**
 * Those of fields below the root do a part of the request. The variables are coerced anew for each operation, so they
 * stand for it; a context is what the application gives, and may be shared by several.
 */
function graphqlRequestOf(context: ExecutionContext): object | undefined {
  // Resolvers get parent, arguments, context and info; those of references in a federation no arguments.
  const [, , request, last = request] = context.getArgs<unknown[]>();
  const { path, variableValues }: ResolveInfo = isObject(last) ? last : {};
  if (path?.prev !== undefined) return undefined;
  if (isObject(variableValues)) return variableValues;
  return isObject(request) ? request : context;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
