import 'reflect-metadata';

/** A method of a prototype. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Returns the method of an object literal with a computed name, which is like a method of a class: named, and not a constructor. */
export function named(key: string | symbol, holder: object): Method {
  return (holder as Record<string | symbol, Method>)[key]!;
}

/**
 * Copies to the wrapper everything that can be read from the method: its name, length and other properties, its prototype,
 * and its metadata (routes, guards, pipes, API descriptions). Decorators that are applied later add theirs to the wrapper.
 */
export function copyIdentity(method: Method, wrapper: Method): Method {
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(method) as object | null);
  for (const key of Reflect.ownKeys(method)) {
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(method, key)!);
  }
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  return wrapper;
}
