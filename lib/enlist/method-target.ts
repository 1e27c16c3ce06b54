import { WorkStealingConfigError } from '../options/errors.js';
import type { Method } from './method-identity.js';

/** An instance method that a decorator is on. */
export interface MethodTarget {
  readonly method: Method;
  /** Name of the method in messages: `Films.page()`. */
  readonly where: string;
}

/**
 * Returns the method that a decorator is on.
 *
 * @param decorator - name of the decorator in the error message: `Enlist`.
 * @throws WorkStealingConfigError unless it is an instance method.
 */
export function methodTarget(
  decorator: string,
  target: object,
  key?: unknown,
  descriptor?: unknown,
): MethodTarget {
  refuseStandardDecorator(decorator, key);
  const objection = objectionTo(target, key, descriptor);
  if (objection === undefined) {
    const { value } = descriptor as { value: Method };
    return { method: value, where: `${placeOf(target, key)}()` };
  }
  const { place, remedy } = objection;
  throw new WorkStealingConfigError(`@${decorator}() on ${place}: it goes on methods only. ${remedy}.`);
}

/**
 * Rejects the use as a standard (stage 3) decorator, which receives a context object as its second argument and has neither
 * the parameters nor the types that Nest injects by.
 *
 * @throws WorkStealingConfigError if `key` is a context object.
 */
export function refuseStandardDecorator(decorator: string, key: unknown): void {
  if (typeof key !== 'object' || key === null || !('kind' in key)) return;
  throw new WorkStealingConfigError(
    `@${decorator}() was called as a standard (stage 3) decorator; Nest uses legacy ones. ` +
      'Set "experimentalDecorators": true in tsconfig.json.',
  );
}

interface Objection {
  readonly place: string;
  readonly remedy: string;
}

function objectionTo(target: object, key: unknown, descriptor: unknown): Objection | undefined {
  if (key === undefined) {
    return { place: `class ${nameOf(target)}`, remedy: 'Put it on the methods themselves' };
  }
  const place = placeOf(target, key);
  if (typeof descriptor === 'number') {
    return { place: `a parameter of ${place}()`, remedy: 'Put it on the method' };
  }
  if (typeof target === 'function') {
    const remedy = 'It has no instance that belongs to an application. Put it on an instance method';
    return { place: `the static method ${place}()`, remedy };
  }
  if (isAccessor(descriptor as PropertyDescriptor | undefined)) {
    return { place: `the accessor ${place}`, remedy: 'Make it a method' };
  }
  if (typeof (descriptor as PropertyDescriptor | undefined)?.value !== 'function') {
    const remedy = 'Make it a method: each instance creates the value of its property itself';
    return { place: `the property ${place}`, remedy };
  }
  return undefined;
}

function placeOf(target: object, key: unknown): string {
  return `${nameOf(target)}${nameOfKey(key as string | symbol)}`;
}

function isAccessor(descriptor: PropertyDescriptor | undefined): boolean {
  return descriptor?.get !== undefined || descriptor?.set !== undefined;
}

function nameOf(target: object): string {
  const type = typeof target === 'function' ? target : target.constructor;
  return type.name || 'an anonymous class';
}

function nameOfKey(key: string | symbol): string {
  return typeof key === 'symbol' ? `[${String(key)}]` : `.${key}`;
}
