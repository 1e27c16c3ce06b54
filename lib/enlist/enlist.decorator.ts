import type { Subscribable } from 'rxjs';
import { problemsOf } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { RECRUITER_SLOTS } from './recruiter-slots.js';
import { ENLIST_OPTIONS, resolveEnlistOptions, type EnlistOptions } from './enlist-options.js';
import { markEnlisting, wrappedMethod } from './wrapped-method.js';
import { methodTarget } from './method-target.js';

export type { EnlistOptions } from './enlist-options.js';

/** Return types of a method whose result is `R` for {@link EnlistOptions.when}. */
export type EnlistReturn<R> =
  R | PromiseLike<R> | Subscribable<R> | Iterator<unknown, R, never> | AsyncIterator<unknown, R, never>;

/** Type of `@Enlist()`: allowed on any method if `R` is not named, otherwise on a method with that result. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests whether R is any
export type EnlistDecorator<R = any> = 0 extends 1 & R ? MethodDecorator : EnlistDecoratorOf<R>;

/** Type of `@Enlist()` with a `when` that names the type of the result. */
export interface EnlistDecoratorOf<R> {
  /** Applies to a method with that result. */
  <M extends (...args: never[]) => EnlistReturn<R>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void;
  /** For `applyDecorators()`, whose elements have to be assignable to one of the decorator types. */
  (target: object, key: string | symbol): OtherResult;
}

/** Shown by the compiler if the method has another result than `when` expects. */
export interface OtherResult {
  /** The message. */
  readonly 'what the method returns is not what `when` of @Enlist() expects': never;
}

/**
 * Enlists this worker after a method of a provider or controller has succeeded. Use it where work was saved: a cache hit,
 * an empty queue, no rows.
 *
 * It never changes what the method returns, throws or exposes, and may be above or below other decorators. The call
 * enlists after a promise has resolved, an Observable has completed or an iterator is done, each as lazy as without it.
 * Subjects, and thenables other than native promises, do not enlist. On an instance without a recruiter (plain `new`, a
 * unit test, a context without the module) the method is unchanged.
 *
 * @throws WorkStealingConfigError for invalid options, and on anything but an instance method.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `r => r.cached` has to compile without a type for the result
export function Enlist<R = any>(options: EnlistOptions<R> = {}): EnlistDecorator<R> {
  const decorate = (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    const { method, where } = methodTarget('Enlist', target, key, descriptor);
    refuse(`@Enlist() on ${where}`, problemsOf(ENLIST_OPTIONS, options));
    const slot = RECRUITER_SLOTS.inject(target, options.recruiter ?? DEFAULT_RECRUITER);
    markEnlisting(target, key);
    descriptor.value = wrappedMethod(method, key, slot, resolveEnlistOptions(options, where));
  };
  return decorate as unknown as EnlistDecorator<R>;
}
