import { createHash } from 'node:crypto';
import { describeValue } from '../options/describe-value.js';

/** Longer arguments are replaced by their hash: characters. */
const MAX_ARGUMENTS_LENGTH = 200;

/** How the key of a call is made: a string to which the arguments are appended, or a function of the array of arguments. */
// oxlint-disable-next-line typescript/no-explicit-any -- nothing ties it to the method that is decorated, and `([id]) => id` has to compile
export type KeyOfCall = string | ((args: any[]) => string);

/**
 * Returns the key of one call. The arguments are appended to a string, so that calls that differ never share a value.
 *
 * @throws TypeError for an argument that cannot be appended without loss, and for a key that is not a non-empty string;
 * the error of the function.
 */
export function keyOfCall(key: KeyOfCall, args: readonly unknown[]): string {
  if (typeof key === 'string') return args.length === 0 ? key : `${key}:${argumentsPart(args)}`;
  const made: unknown = key([...args]);
  if (typeof made === 'string' && made !== '') return made;
  throw new TypeError(`key returned ${describeValue(made)}; expected a string that is not empty`);
}

function argumentsPart(args: readonly unknown[]): string {
  const joined = args.map((argument) => argumentPart(argument)).join(',');
  if (joined.length <= MAX_ARGUMENTS_LENGTH) return joined;
  return createHash('sha256').update(joined).digest('base64url');
}

function argumentPart(argument: unknown): string {
  switch (typeof argument) {
    case 'string':
      return JSON.stringify(argument);
    case 'bigint':
      return `${argument}n`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(argument);
    default:
      if (argument === null) return 'null';
      throw new TypeError(
        `an argument is ${describeValue(argument)}, which cannot be part of a key without loss; use a function as key`,
      );
  }
}
