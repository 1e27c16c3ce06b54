import 'reflect-metadata';
import { keyOfCall, type KeyOfCall } from './key-of-call.js';

/** Which keys of which cache a method's results have. */
export interface CachedAs {
  /** Where an instance keeps that cache. */
  readonly slot: symbol;
  readonly keyOf: KeyOfCall;
}

const CACHED_AS = Symbol('nestjs-work-stealing:cached-as');

/** Notes it of a prototype's method, beside it: what the world reads of the method itself stays as it is. */
export function markCached(prototype: object, name: string | symbol, as: CachedAs): void {
  Reflect.defineMetadata(CACHED_AS, as, prototype, name);
}

/**
 * Whether a key belongs to a method that overrides one of a prototype: then that one is called by its override, and what
 * it returns is only a part of what the key is for. It would wait for the very call that it is part of, too.
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
    const as = Reflect.getOwnMetadata(CACHED_AS, below, name) as CachedAs | undefined;
    if (as?.slot === call.slot && keyOrNone(as.keyOf, call.args) === call.key) return true;
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
