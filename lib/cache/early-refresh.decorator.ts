import type { InjectionToken } from '@nestjs/common';
import { methodTarget } from '../enlist/method-target.js';
import { copyIdentity, named, type Method } from '../enlist/method-identity.js';
import { anything, option, required } from '../options/option.js';
import { problemsOf, type OptionTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { injectCacheSlot, type CacheSlots } from './cache-slot.js';
import { isKeyOfOverride, markCached } from './cached-override.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';
import { ENTRY_OPTIONS, type EntryOptions } from './entry.options.js';
import { keyOfCall, type KeyOfCall } from './key-of-call.js';

/** Under which key a method's results are cached, and for how long. */
export interface EarlyRefreshOptions extends EntryOptions {
  /**
   * A text, to which the arguments are appended (texts, numbers, booleans, bigints, null and undefined; a call with any
   * other is not cached), or a function of the array of arguments.
   */
  key: KeyOfCall;
  /** The token of the cache. @default EarlyRefreshCache, which `WorkStealingCacheModule` provides */
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
 * On a method that returns a promise, of a provider or controller: caches what it resolves to, as
 * {@link EarlyRefreshCache.get} does, with the method as its recompute. So it may run after its caller has gone.
 *
 * The method keeps its name, length, prototype and metadata, and the decorator may stand above or below others. Without
 * a cache (plain `new`, a unit test, a context without the module) it is the plain method. A call whose key cannot be
 * made is not cached, and logged. Where an override has the same key, the key is the override's, and what it calls by
 * `super` is the plain method.
 *
 * @throws WorkStealingConfigError for options that are wrong, and when put on anything but an instance's method.
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
    const slot = injectCacheSlot(target, cache);
    markCached(target, key, { slot, keyOf });
    const cached = cachedMethod(method, key, { keyOf, entry, where, slot, target });
    descriptor.value = copyIdentity(method, cached) as unknown as T;
  };
}

interface CachedMethod {
  readonly keyOf: KeyOfCall;
  readonly entry: EntryOptions;
  /** For a reader: `Films.page()`. */
  readonly where: string;
  /** Where an instance keeps the cache. */
  readonly slot: symbol;
  /** The prototype that has the method. */
  readonly target: object;
}

function cachedMethod(
  method: Method,
  name: string | symbol,
  { keyOf, entry, where, slot, target }: CachedMethod,
): Method {
  return named(name, {
    [name](this: CacheSlots | undefined, ...args: unknown[]): unknown {
      const cache = this?.[slot];
      const compute = () => Reflect.apply(method, this, args);
      if (cache === undefined) return compute();
      let key: string;
      try {
        key = keyOfCall(keyOf, args);
      } catch (error) {
        cache.complain(`a call of ${where} has no key, and is not cached`, error);
        return compute();
      }
      if (isKeyOfOverride(this as object, name, target, { slot, key, args })) return compute();
      return cache.get(key, compute, entry);
    },
  });
}
