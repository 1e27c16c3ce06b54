/**
 * Reads from an object of the application, and returns the fallback if the object throws: values of providers may be
 * anything, such as proxies with hostile traps or objects with failing getters, and none of them may stop the bootstrap.
 * All code that inspects instances of the application reads through this function.
 */
export function tryRead<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}

/** `instanceof` for any value; false if the value throws. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  return tryRead(() => value instanceof type, false);
}
