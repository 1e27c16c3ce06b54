import { isPromise } from 'node:util/types';
import type { Completion } from '../completion.js';

/**
 * Whether a value is a promise whose `then` has no side effects: a native one with the native `then`. A subclass with its own
 * `then` may do more when that is called, such as start its work.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  // `instanceof` is first since it is cheap, while `isPromise` costs about as much as a whole dismissed enlistment; the
  // latter recognizes promises of other realms (node:vm, and so Jest), whose `then` is another function.
  if (value instanceof Promise) return value.then === Promise.prototype.then;
  return (
    isPromise(value) && !Object.hasOwn(value, 'then') && isRootClass(Object.getPrototypeOf(value) as object)
  );
}

function isRootClass(prototype: object): boolean {
  return Object.getPrototypeOf(Object.getPrototypeOf(prototype)) === null;
}

/**
 * Returns a promise that settles like the given one, after the completion, and replaces it: an unhandled rejection is reported
 * once, as without it.
 */
export function completePromise(promise: Promise<unknown>, completion: Completion): Promise<unknown> {
  const { fulfilled, rejected } = completion.promiseHandlers;
  try {
    return keepProperties(promise, promise.then(fulfilled, rejected));
  } catch {
    // A promise without a usable constructor.
    return promise;
  }
}

/** Copies own properties: the promise of `promisify(exec)` has the child process in `promise.child`. */
function keepProperties<T extends object>(from: T, to: T): T {
  // Nearly always there are none, where this is faster than Object.keys().
  for (const key in from) {
    if (Object.hasOwn(from, key)) {
      Object.defineProperty(to, key, Object.getOwnPropertyDescriptor(from, key)!);
    }
  }
  return to;
}
