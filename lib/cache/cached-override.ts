import 'reflect-metadata';
import { keyOfCall, type KeyOfCall } from './key-of-call.js';

/** How the results of a method are cached. */
export interface CachedAs {
  /** Slot of the cache in an instance. */
  readonly slot: symbol;
  readonly keyOf: KeyOfCall;
}

const CACHED_AS = Symbol('nestjs-work-stealing:cached-as');

/** Records how a method is cached, as metadata of its prototype, so that the method itself stays unchanged. */
export function markCached(prototype: object, name: string | symbol, as: CachedAs): void {
  Reflect.defineMetadata(CACHED_AS, as, prototype, name);
}

/**
 * Whether a key belongs to a method that overrides the one of `prototype`. In that case the latter is called by its
 * override and returns only a part of the value of the key; it would also wait for the call that it is part of.
 */
export function isKeyOfOverride(
  instance: object,
  name: string | symbol,
  prototype: object,
  call: { slot: symbol; key: string; args: readonly unknown[] },
): boolean {
  for (
    let below = Object.getPrototypeOf(instance) as object | null;
    below !== null && below !== prototype;
    below = Object.getPrototypeOf(below) as object | null
  ) {
    const cachedAs = Reflect.getOwnMetadata(CACHED_AS, below, name) as CachedAs | undefined;
    if (cachedAs?.slot === call.slot && keyOrNone(cachedAs.keyOf, call.args) === call.key) return true;
  }
  return false;
}

function keyOrNone(keyOf: KeyOfCall, args: readonly unknown[]): string | undefined {
  try {
    return keyOfCall(keyOf, args);
  } catch {
    return undefined;
  }
}
