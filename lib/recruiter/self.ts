import { tryRead } from './try-read.js';

/** Key under which an instance refers to itself. */
export const SELF = Symbol('nestjs-work-stealing:self');

/**
 * Returns the instance that a proxy wraps, or the value itself; undefined for a value that is not an object.
 * `NestFactory.create(…, { instrument })` wraps every provider in a proxy, as NestJS Observe does, and a proxy has no private
 * fields.
 */
export function selfOf(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const self: unknown = tryRead(() => (value as { readonly [SELF]?: unknown })[SELF], undefined);
  return typeof self === 'object' && self !== null ? self : value;
}
