import { tryRead } from './try-read.js';

/** Under this, an instance gives itself. */
export const SELF = Symbol('nestjs-work-stealing:self');

/**
 * The instance that a proxy stands before, or the value itself. `NestFactory.create(…, { instrument })` puts a proxy
 * before every provider, as NestJS Observe does, and a private field is found in no proxy.
 */
export function selfOf(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const self: unknown = tryRead(() => (value as { readonly [SELF]?: unknown })[SELF], undefined);
  return typeof self === 'object' && self !== null ? self : value;
}
