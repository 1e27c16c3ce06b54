const ofFrozen = new WeakMap<object, Record<symbol, unknown>>();

/**
 * Prepares a class for a property that Nest is to inject under a symbol.
 *
 * Nest sets what it injects by plain assignment. This setter keeps the slot out of sight (spread, deep equality,
 * inspection), and takes an assignment to an instance that has frozen itself, which would end the bootstrap otherwise.
 */
export function hideSlot(prototype: object, slot: symbol): void {
  Object.defineProperty(prototype, slot, {
    configurable: true,
    get(this: object): unknown {
      return ofFrozen.get(this)?.[slot];
    },
    set(this: object, value: unknown) {
      const property = { value, writable: true, configurable: true, enumerable: false };
      if (!Reflect.defineProperty(this, slot, property)) {
        ofFrozen.set(this, { ...ofFrozen.get(this), [slot]: value });
      }
    },
  });
}
