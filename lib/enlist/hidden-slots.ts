import 'reflect-metadata';
import { Inject, Optional, type InjectionToken } from '@nestjs/common';

/** Values of instances that are frozen and cannot have a property. */
const ofFrozen = new WeakMap<object, Record<symbol, unknown>>();

/**
 * Properties under symbols, one for each key, that Nest injects into the instances of a class. Each instance so has what
 * its own application provides, without a registry.
 *
 * Nest assigns what it injects. A setter on the prototype hides the property from spread, deep equality and inspection,
 * and accepts the assignment to an instance that is frozen, which would otherwise end the bootstrap.
 */
export class HiddenSlots<Key extends InjectionToken> {
  readonly #slots = new Map<Key, symbol>();
  readonly #keys: symbol;

  /**
   * @param kind - what the slots hold, for the descriptions of their symbols.
   * @param tokenOf - returns the injection token of a key.
   * @param toKeep - returns the value to keep for the one that is assigned.
   */
  constructor(
    private readonly kind: string,
    private readonly tokenOf: (key: Key) => InjectionToken,
    private readonly toKeep: (assigned: unknown) => unknown,
  ) {
    this.#keys = Symbol(`nestjs-work-stealing:${kind}s`);
  }

  /** Has Nest inject the provider of a key, if there is one, into each instance of a class. Returns the slot. */
  inject(prototype: object, key: Key): symbol {
    const slot = this.#slotOf(key);
    const keys = this.keysOf(prototype);
    if (keys.includes(key)) return slot;
    Reflect.defineMetadata(this.#keys, [...keys, key], prototype);
    this.#hide(prototype, slot);
    Inject(this.tokenOf(key))(prototype, slot);
    Optional()(prototype, slot);
    return slot;
  }

  /** The keys that an instance, or the prototype of a class, has slots for. */
  keysOf(instanceOrPrototype: object): readonly Key[] {
    return (Reflect.getMetadata(this.#keys, instanceOrPrototype) as Key[] | undefined) ?? [];
  }

  /** Fills the slot of an instance that Nest did not construct (`useValue`, `useFactory`). */
  fill(instance: object, key: Key, value: unknown): void {
    fill(instance, this.#slotOf(key), value);
  }

  #hide(prototype: object, slot: symbol): void {
    const { toKeep } = this;
    Object.defineProperty(prototype, slot, {
      configurable: true,
      get(this: object): unknown {
        return ofFrozen.get(this)?.[slot];
      },
      set(this: object, assigned: unknown) {
        fill(this, slot, toKeep(assigned));
      },
    });
  }

  #slotOf(key: Key): symbol {
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, (slot = Symbol(`nestjs-work-stealing:${this.kind}`)));
    return slot;
  }
}

function fill(instance: object, slot: symbol, value: unknown): void {
  const property = { value, writable: true, configurable: true, enumerable: false };
  if (!Reflect.defineProperty(instance, slot, property)) {
    ofFrozen.set(instance, { ...ofFrozen.get(instance), [slot]: value });
  }
}
