/**
 * The wrapper that `@Enlist()` puts around a method, from call to enlistment:
 *
 * 1. The wrapper reads the recruiter that Nest has injected into `this` (recruiter-slots.ts). Without one it only calls
 *    the method.
 * 2. It calls the method. A throw ends the call at once.
 * 3. The result decides when the call ends: a value now, a promise when it settles, an Observable when it completes, an
 *    iterator when it is done (results/). A result that cannot be followed without changing it (thenables, Subjects) is
 *    returned as it is, and the call does not enlist.
 * 4. The completion of the call (completion.ts) calls `when`, and enlists.
 */
import 'reflect-metadata';
import { isObservable, type Observable } from 'rxjs';
import type { RecruiterHolder } from './recruiter-slots.js';
import { Completion } from './completion.js';
import type { ResolvedEnlistOptions } from './enlist-options.js';
import { copyIdentity, named, type Method } from './method-identity.js';
import { prototypesOf } from './prototypes-of.js';
import { completeIterator, isIterator } from './results/iterator.js';
import { completeObservable, isPlainObservable } from './results/observable.js';
import { completePromise, isPlainPromise } from './results/promise.js';

const ENLISTS = Symbol('nestjs-work-stealing:enlists');
const verdicts = new WeakMap<Function, boolean>();

/**
 * Returns a method that does the same as the given one, and enlists when a call has ended.
 *
 * @param slot - slot of the recruiter in an instance.
 */
export function wrappedMethod(
  method: Method,
  key: string | symbol,
  slot: symbol,
  options: ResolvedEnlistOptions,
): Method {
  const wrap = options.when === undefined ? wrapWithoutArguments : wrapWithArguments;
  const wrapper = copyIdentity(method, wrap(method, key, slot, options));
  Reflect.defineMetadata(ENLISTS, true, wrapper);
  return wrapper;
}

/** Records that a method enlists as metadata of its prototype, since another decorator may replace the method. */
export function markEnlisting(prototype: object, key: string | symbol): void {
  Reflect.defineMetadata(ENLISTS, true, prototype, key);
}

/**
 * Whether the handler of a request has `@Enlist()`. Other decorators may have replaced the method by another function, so
 * it is also looked up by class and key.
 */
export function enlistsItself(type: Function, handler: Function): boolean {
  let verdict = verdicts.get(handler);
  if (verdict === undefined) {
    verdict = Reflect.hasMetadata(ENLISTS, handler) || hasEnlistingKey(type, handler);
    verdicts.set(handler, verdict);
  }
  return verdict;
}

function hasEnlistingKey(type: Function, handler: Function): boolean {
  for (const prototype of prototypesOf(type)) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (Object.getOwnPropertyDescriptor(prototype, key)?.value === handler) {
        return Reflect.hasOwnMetadata(ENLISTS, prototype, key);
      }
    }
  }
  // The instance may have its own function around the method, created in its constructor.
  return handler.name !== '' && Reflect.hasMetadata(ENLISTS, type.prototype as object, handler.name);
}

type Wrap = typeof wrappedMethod;

/**
 * The hot path. All calls without `when` complete in the same way, so one completion serves them. `args` is only passed on,
 * which saves the creation of the array.
 */
const wrapWithoutArguments: Wrap = (method, key, slot, options) => {
  // For the recruiter of the last call: nearly always there is only one.
  let completion: Completion | undefined;
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: RecruiterHolder | undefined, ...args: unknown[]): unknown {
      const recruiter = this?.[slot];
      if (recruiter === undefined) return Reflect.apply(method, this, args);
      if (completion?.recruiter !== recruiter) completion = new Completion(recruiter, options, []);
      const current = completion;
      let result: unknown;
      try {
        result = Reflect.apply(method, this, args);
      } catch (error) {
        current.failed();
        throw error;
      }
      return complete(result, current, seen);
    },
  });
};

const wrapWithArguments: Wrap = (method, key, slot, options) => {
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: RecruiterHolder | undefined, ...args: unknown[]): unknown {
      const recruiter = this?.[slot];
      if (recruiter === undefined) return Reflect.apply(method, this, args);
      const completion = new Completion(recruiter, options, args);
      let result: unknown;
      try {
        result = Reflect.apply(method, this, args);
      } catch (error) {
        completion.failed();
        throw error;
      }
      return complete(result, completion, seen);
    },
  });
};

function complete(result: unknown, completion: Completion, seen: WeakSet<object>): unknown {
  return isPlainPromise(result)
    ? completePromise(result, completion)
    : completeOther(result, completion, seen);
}

/** @param seen - iterators that the method has returned before, so that each is followed only once. */
function completeOther(result: unknown, completion: Completion, seen: WeakSet<object>): unknown {
  switch (kindOf(result)) {
    case 'observable':
      return completeObservable(result as Observable<unknown>, completion);
    case 'iterator':
      if (!seen.has(result as object)) completeIterator(result as object, completion);
      seen.add(result as object);
      return result;
    case 'opaque':
      return result;
    case 'value':
      completion.succeeded(result);
      return result;
  }
}

/** `opaque`: its end cannot be observed without starting, consuming or changing it. */
type Kind = 'observable' | 'iterator' | 'opaque' | 'value';

function kindOf(result: unknown): Kind {
  if ((typeof result !== 'object' || result === null) && typeof result !== 'function') return 'value';
  try {
    if (typeof (result as { then?: unknown }).then === 'function') return 'opaque';
    if (isObservable(result)) return isPlainObservable(result) ? 'observable' : 'opaque';
    return isIterator(result) ? 'iterator' : 'value';
  } catch {
    // A getter or a proxy has thrown, which must not reach the caller.
    return 'opaque';
  }
}
