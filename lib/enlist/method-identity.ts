import 'reflect-metadata';

/** A method as it stands on a prototype. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A method of an object with a computed name is what a class's method is: named, no constructor, without prototype. */
export function named(key: string | symbol, holder: object): Method {
  return (holder as Record<string | symbol, Method>)[key]!;
}

/**
 * Gives the wrapper whatever the world reads from the method: its name, length and other properties, what kind of
 * function it is, and its metadata (routes, guards, pipes, API descriptions). Decorators that come after add theirs to
 * the wrapper.
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
