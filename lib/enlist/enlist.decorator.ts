import type { Subscribable } from 'rxjs';
import { problemsOf } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { injectRecruiterSlot } from './attach-recruiter.js';
import { ENLIST_OPTIONS, resolveEnlistOptions, type EnlistOptions } from './enlist-options.js';
import { markEnlisting, wrappedMethod } from './wrapped-method.js';
import { methodTarget } from './method-target.js';

export type { EnlistOptions } from './enlist-options.js';

/** What a method may return whose result is `R` for {@link EnlistOptions.when}. */
export type EnlistReturn<R> =
  R | PromiseLike<R> | Subscribable<R> | Iterator<unknown, R, never> | AsyncIterator<unknown, R, never>;

/** What `@Enlist()` may be put on: any method where `R` is not named, otherwise one with that result. */
// oxlint-disable-next-line typescript/no-explicit-any -- finds out whether R is any
export type EnlistDecorator<R = any> = 0 extends 1 & R ? MethodDecorator : EnlistDecoratorOf<R>;

/** `@Enlist()` with a `when` that names the type of the result. */
export interface EnlistDecoratorOf<R> {
  /** A method with that result. */
  <M extends (...args: never[]) => EnlistReturn<R>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void;
  /** For `applyDecorators()`, whose elements have to be assignable to one of the decorator types. */
  (target: object, key: string | symbol): OtherResult;
}

/** Shown by the compiler where the method has another result than `when` expects. */
export interface OtherResult {
  /** The message. */
  readonly 'what the method returns is not what `when` of @Enlist() expects': never;
}

/**
 * On any method of a provider or controller: offers this worker after the method has succeeded. Put it where work was
 * saved: a cache hit, an empty queue, no rows.
 *
 * It never changes what the method returns, throws or exposes, and may stand above or below other decorators. A
 * promise is continued after it has resolved, an Observable after it has completed, an iterator after it is done, all
 * as lazily as before; Subjects and thenables other than native promises are left alone and do not enlist. On an
 * instance without a recruiter (plain `new`, a unit test, a context without the module) it is a plain method.
 *
 * @throws WorkStealingConfigError for options that are wrong, and when put on anything but an instance's method.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- `r => r.cached` has to compile where nobody names the result
export function Enlist<R = any>(options: EnlistOptions<R> = {}): EnlistDecorator<R> {
  const decorate = (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    const { method, where } = methodTarget('Enlist', target, key, descriptor);
    refuse(`@Enlist() on ${where}`, problemsOf(ENLIST_OPTIONS, options));
    const slot = injectRecruiterSlot(target, options.recruiter);
    markEnlisting(target, key);
    descriptor.value = wrappedMethod(method, key, slot, resolveEnlistOptions(options, where));
  };
  return decorate as unknown as EnlistDecorator<R>;
}
