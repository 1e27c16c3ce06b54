const ofFrozen = new WeakMap<object, Record<symbol, unknown>>();

/**
 * Prepares a class for a property that Nest is to inject under a symbol.
 *
 * Nest sets what it injects by plain assignment. This setter keeps the slot out of sight (spread, deep equality,
 * inspection), and takes an assignment to an instance that has frozen itself, which would end the bootstrap otherwise.
 *
 * @param toKeep - makes what the slot keeps from what is assigned. Default: keeps that.
 */
export function hideSlot(
  prototype: object,
  slot: symbol,
  toKeep: (assigned: unknown) => unknown = (assigned) => assigned,
): void {
  Object.defineProperty(prototype, slot, {
    configurable: true,
    get(this: object): unknown {
      return ofFrozen.get(this)?.[slot];
    },
    set(this: object, assigned: unknown) {
      fillSlot(this, slot, toKeep(assigned));
    },
  });
}

/** Keeps a value in an instance's slot, in place of what it had there. */
export function fillSlot(instance: object, slot: symbol, value: unknown): void {
  const property = { value, writable: true, configurable: true, enumerable: false };
  if (!Reflect.defineProperty(instance, slot, property)) {
    ofFrozen.set(instance, { ...ofFrozen.get(instance), [slot]: value });
  }
}
