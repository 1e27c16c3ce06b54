import { tryRead } from '../recruiter/try-read.js';

/** The prototypes from which instances of a class have their methods: its own first, without `Object.prototype`. */
export function prototypesOf(type: Function): object[] {
  const prototypes: object[] = [];
  // The class of a value that Nest did not construct is only what the value says.
  let prototype = tryRead(() => type.prototype as object | null | undefined, undefined);
  while (prototype && prototype !== Object.prototype) {
    prototypes.push(prototype);
    const below = prototype;
    prototype = tryRead(() => Object.getPrototypeOf(below) as object | null, null);
  }
  return prototypes;
}
