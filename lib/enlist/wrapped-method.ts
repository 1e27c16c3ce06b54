/**
 * What `@Enlist()` makes of a method, from call to enlistment:
 *
 * 1. The wrapper takes the recruiter that Nest injected into `this` (attach-recruiter.ts). Without one it is the plain
 *    method.
 * 2. It calls the method. A throw ends the call at once.
 * 3. What was returned decides when the call has ended: a value now, a promise when it settles, an Observable when it
 *    completes, an iterator when it is done (results/). What nobody can follow unnoticed (thenables, Subjects) is left
 *    alone.
 * 4. The call's completion (completion.ts) asks `when`, and enlists.
 */
import 'reflect-metadata';
import { isObservable, type Observable } from 'rxjs';
import type { RecruiterSlots } from './attach-recruiter.js';
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
 * A method that does as the given one, and enlists when a call of it has ended.
 *
 * @param slot - under which an instance has its recruiter.
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

/** Records that a method of a prototype enlists, beside the method: another decorator may replace it. */
export function markEnlisting(prototype: object, key: string | symbol): void {
  Reflect.defineMetadata(ENLISTS, true, prototype, key);
}

/**
 * Whether the handler of a request enlists by itself: whether `@Enlist()` stands on it. Other decorators may have put
 * a function of their own in the method's place, so it is known by its class and key as well as by the function.
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
  // The instance has a function of its own, made in its constructor, say, around the method.
  return handler.name !== '' && Reflect.hasMetadata(ENLISTS, type.prototype as object, handler.name);
}

type Wrap = typeof wrappedMethod;

/**
 * The hot path. All calls without a `when` end alike, so one completion serves them. `args` is mentioned only where it
 * is handed on, which spares making the array.
 */
const wrapWithoutArguments: Wrap = (method, key, slot, options) => {
  // Of the recruiter that was seen last: nearly always there is one.
  let completion: Completion | undefined;
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: RecruiterSlots | undefined, ...args: unknown[]): unknown {
      const recruiter = this?.[slot];
      if (recruiter === undefined) return Reflect.apply(method, this, args);
      if (completion?.recruiter !== recruiter) completion = new Completion(recruiter, options, []);
      const ending = completion;
      let result: unknown;
      try {
        result = Reflect.apply(method, this, args);
      } catch (error) {
        ending.failed();
        throw error;
      }
      return complete(result, ending, seen);
    },
  });
};

const wrapWithArguments: Wrap = (method, key, slot, options) => {
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: RecruiterSlots | undefined, ...args: unknown[]): unknown {
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

/** @param seen - iterators that the method has returned before: one that it keeps returning is followed once. */
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

/** `opaque`: nobody can know how it ends without starting, consuming or changing it. */
type Kind = 'observable' | 'iterator' | 'opaque' | 'value';

function kindOf(result: unknown): Kind {
  if ((typeof result !== 'object' || result === null) && typeof result !== 'function') return 'value';
  try {
    if (typeof (result as { then?: unknown }).then === 'function') return 'opaque';
    if (isObservable(result)) return isPlainObservable(result) ? 'observable' : 'opaque';
    return isIterator(result) ? 'iterator' : 'value';
  } catch {
    // A getter or a proxy that throws: the caller may never look at it.
    return 'opaque';
  }
}
