import type { InjectionToken } from '@nestjs/common';
import { methodTarget } from '../enlist/method-target.js';
import { copyIdentity, named, type Method } from '../enlist/method-identity.js';
import { anything, option, required } from '../options/option.js';
import { problemsOf, type OptionTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { CACHE_SLOTS, type CacheHolder } from './cache-slots.js';
import { isKeyOfOverride, markCached } from './cached-override.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';
import { ENTRY_OPTIONS, type EntryOptions } from './entry.options.js';
import { keyOfCall, type KeyOfCall } from './key-of-call.js';

/** Options of `@EarlyRefresh()`: the key of the method's results, and their lifetime. */
export interface EarlyRefreshOptions extends EntryOptions {
  /**
   * A string, to which the arguments are appended, or a function of the array of arguments that returns the key. Only
   * strings, numbers, booleans, bigints, null and undefined can be appended; a call with any other argument is not cached.
   */
  key: KeyOfCall;
  /** Injection token of the cache. @default EarlyRefreshCache, which `WorkStealingCacheModule` provides */
  cache?: InjectionToken<EarlyRefreshCache> | undefined;
}

const OPTIONS = {
  key: required(
    option(
      'a string that is not empty, or a function of the arguments',
      (key) => typeof key === 'function' || (typeof key === 'string' && key !== ''),
    ),
  ),
  cache: anything,
  ...ENTRY_OPTIONS,
} satisfies OptionTable<EarlyRefreshOptions>;

/**
 * Caches the results of a method of a provider or controller that returns a promise, as {@link EarlyRefreshCache.get}
 * does, with the method as `recompute`. The method may therefore run after its caller has received a result.
 *
 * The method keeps its name, length, prototype and metadata, and the decorator may be above or below others. Without a
 * cache (plain `new`, a unit test, a context without the module) it is the plain method. A call without a valid key is not
 * cached, and is logged. If an override in a subclass has the same key, only the override is cached: the method that it
 * calls by `super` is the plain one.
 *
 * @throws WorkStealingConfigError for invalid options, and on anything but an instance method.
 */
export function EarlyRefresh(options: EarlyRefreshOptions) {
  return <T extends (...args: never[]) => Promise<unknown>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    const { method, where } = methodTarget('EarlyRefresh', target, key, descriptor);
    refuse(`@EarlyRefresh() on ${where}`, problemsOf(OPTIONS, options));
    const { cache = EarlyRefreshCache, key: keyOf, ...entry } = options;
    const slot = CACHE_SLOTS.inject(target, cache);
    markCached(target, key, { slot, keyOf });
    const cached = cachedMethod(method, key, { keyOf, entry, where, slot, target });
    descriptor.value = copyIdentity(method, cached) as unknown as T;
  };
}

interface CachedMethod {
  readonly keyOf: KeyOfCall;
  readonly entry: EntryOptions;
  /** Name of the method in messages: `Films.page()`. */
  readonly where: string;
  /** Slot of the cache in an instance. */
  readonly slot: symbol;
  /** Prototype of the method. */
  readonly target: object;
}

function cachedMethod(
  method: Method,
  name: string | symbol,
  { keyOf, entry, where, slot, target }: CachedMethod,
): Method {
  return named(name, {
    [name](this: CacheHolder | undefined, ...args: unknown[]): unknown {
      const cache = this?.[slot];
      const compute = () => Reflect.apply(method, this, args);
      if (cache === undefined) return compute();
      let key: string;
      try {
        key = keyOfCall(keyOf, args);
      } catch (error) {
        cache.reportError(`a call of ${where} has no key, and is not cached`, error);
        return compute();
      }
      if (isKeyOfOverride(this as object, name, target, { slot, key, args })) return compute();
      return cache.get(key, compute, entry);
    },
  });
}
