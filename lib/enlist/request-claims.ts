import type { ExecutionContext } from '@nestjs/common';
import type { InjectedRecruiter } from './injected-recruiter.js';

const SPENT = Symbol('spent');

/**
 * Decides which interceptor enlists for a request. Several interceptors may handle one request, or one interceptor several
 * of its handlers: the last claim, which is the innermost and most specific, is valid until one of them has enlisted.
 */
export class RequestClaims {
  static readonly #byRecruiter = new WeakMap<InjectedRecruiter, RequestClaims>();
  readonly #holders = new WeakMap<object, symbol>();

  /** The claims for one recruiter: a request may enlist once with each recruiter. */
  static of(recruiter: InjectedRecruiter): RequestClaims {
    let claims = RequestClaims.#byRecruiter.get(recruiter);
    if (claims === undefined) {
      claims = new RequestClaims();
      RequestClaims.#byRecruiter.set(recruiter, claims);
    }
    return claims;
  }

  /**
   * Claims a request. The returned function calls `isWanted` if the claim is still valid, and returns whether to enlist; if
   * so, the request cannot be claimed again.
   */
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

/** Returns an object that identifies the whole request or message; undefined if the handler does only a part of it. */
export function requestOf(context: ExecutionContext): object | undefined {
  switch (context.getType<string>()) {
    case 'graphql':
      return graphqlRequestOf(context);
    case 'http': {
      const request: unknown = context.getArgByIndex(0);
      // Other libraries also run their handlers as 'http', with arguments that may outlive a call.
      return isObject(request) && 'headers' in request ? request : context;
    }
    default:
      // No argument is certain to be unique to a message; the context is, and all interceptors of a handler share it.
      return context;
  }
}

/** The part of GraphQL's resolve info that identifies the operation. */
type ResolveInfo = Partial<{ path: { prev?: unknown }; variableValues: unknown }>;

/**
 * A resolver of a field below the root does only a part of the request. The variables are a new object for each operation,
 * so they identify it; the application may share one GraphQL context between several.
 */
function graphqlRequestOf(context: ExecutionContext): object | undefined {
  // Resolvers receive parent, arguments, context and info; reference resolvers of a federation no arguments.
  const [, , request, last = request] = context.getArgs<unknown[]>();
  const { path, variableValues }: ResolveInfo = isObject(last) ? last : {};
  if (path?.prev !== undefined) return undefined;
  if (isObject(variableValues)) return variableValues;
  return isObject(request) ? request : context;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
