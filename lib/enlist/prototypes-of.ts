import { tryRead } from '../recruiter/try-read.js';

/** Returns the prototypes that instances of a class inherit from: its own first, without `Object.prototype`. */
export function prototypesOf(type: Function): object[] {
  const prototypes: object[] = [];
  // A value that Nest did not construct may have anything as its constructor.
  let prototype = tryRead(() => type.prototype as object | null | undefined, undefined);
  while (prototype && prototype !== Object.prototype) {
    prototypes.push(prototype);
    const below = prototype;
    prototype = tryRead(() => Object.getPrototypeOf(below) as object | null, null);
  }
  return prototypes;
}
