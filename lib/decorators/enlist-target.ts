import { WorkStealingConfigError } from '../recruiter/errors.js';

/** A method as it stands on a prototype. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What `@Enlist()` may be put on. */
export interface EnlistTarget {
  readonly method: Method;
  /** For a reader: `Films.page()`. */
  readonly where: string;
}

/** @throws WorkStealingConfigError when the target is anything but an instance's method. */
export function enlistTarget(target: object, key?: unknown, descriptor?: unknown): EnlistTarget {
  if (typeof key === 'object' && key !== null && 'kind' in key) {
    throw refused(
      'a standard (stage 3) decorator',
      'Nest uses legacy ones: set "experimentalDecorators": true in tsconfig.json',
    );
  }
  if (key === undefined) throw refused(`class ${nameOf(target)}`, 'Put it on the methods that enlist');
  const place = `${nameOf(target)}${nameOfKey(key as string | symbol)}`;
  if (typeof descriptor === 'number') {
    throw refused(`a parameter of ${place}()`, 'Put it on the method');
  }
  if (typeof target === 'function') {
    throw refused(
      `the static method ${place}()`,
      'It has no instance that belongs to an application. Put it on an instance method',
    );
  }
  if (isAccessor(descriptor as PropertyDescriptor | undefined)) {
    throw refused(`the accessor ${place}`, 'Make it a method');
  }
  const method: unknown = (descriptor as PropertyDescriptor | undefined)?.value;
  if (typeof method !== 'function') {
    throw refused(
      `the property ${place}`,
      'Make it a method: what a property holds is made by each instance anew',
    );
  }
  return { method: method as Method, where: `${place}()` };
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

function refused(place: string, remedy: string): WorkStealingConfigError {
  return new WorkStealingConfigError(`@Enlist() on ${place}: it goes on methods only. ${remedy}.`);
}
