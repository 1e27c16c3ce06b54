import { isPromise } from 'node:util/types';
import type { Completion } from '../completion.js';

/**
 * Whether a value is a promise that may be continued without anybody noticing: a native one whose `then` is the
 * native one. A class of promises with a `then` of its own may do more when it is called, as start its work.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  // `instanceof` comes first as it costs next to nothing, `isPromise` about as much as a whole dismissed enlistment;
  // the latter finds promises of other realms (node:vm, and so Jest), whose `then` is another function.
  if (value instanceof Promise) return value.then === Promise.prototype.then;
  return (
    isPromise(value) && !Object.hasOwn(value, 'then') && isRootClass(Object.getPrototypeOf(value) as object)
  );
}

function isRootClass(prototype: object): boolean {
  return Object.getPrototypeOf(Object.getPrototypeOf(prototype)) === null;
}

/**
 * A promise that settles as the given one does, after the completion. It takes the other's place: it is this one whose
 * rejection the caller handles or ignores, so an ignored rejection is reported once, as before.
 */
export function completePromise(promise: Promise<unknown>, completion: Completion): Promise<unknown> {
  const { fulfilled, rejected } = completion.promiseHandlers;
  try {
    return keepProperties(promise, promise.then(fulfilled, rejected));
  } catch {
    // Not made by a promise constructor, or one of a subclass that cannot be constructed.
    return promise;
  }
}

/** Some promises carry something: `promisify(exec)` has the child process in `promise.child`. */
function keepProperties<T extends object>(from: T, to: T): T {
  // Where there is nothing to find, as nearly always, this takes less time than Object.keys().
  for (const key in from) {
    if (Object.hasOwn(from, key)) {
      Object.defineProperty(to, key, Object.getOwnPropertyDescriptor(from, key)!);
    }
  }
  return to;
}
