/**
 * Reads something of an object that the application brought, or returns the fallback where the object throws: values
 * of providers may be anything, proxies with hostile traps and getters that fail included, and none of them may end
 * the bootstrap. Every walk over the application's instances reads through this.
 */
export function tryRead<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}

/** `instanceof` for a value that may be anything. */
export function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  return tryRead(() => value instanceof type, false);
}
