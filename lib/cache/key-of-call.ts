import { createHash } from 'node:crypto';
import { describeValue } from '../options/describe-value.js';

/** Longer arguments are replaced by their hash: bytes. */
const LONGEST = 200;

/** How a call's key comes from its arguments. */
// oxlint-disable-next-line typescript/no-explicit-any -- nothing ties it to the method that is decorated, and `([id]) => id` has to compile
export type KeyOfCall = string | ((args: any[]) => string);

/**
 * The key of one call. A text gets the arguments appended, so that calls that differ never share a value.
 *
 * @throws TypeError for arguments of which a string cannot be made without loss, and for a key that is no string; what a
 * function throws.
 */
export function keyOfCall(key: KeyOfCall, args: readonly unknown[]): string {
  if (typeof key === 'string') return args.length === 0 ? key : `${key}:${argumentsPart(args)}`;
  const made: unknown = key([...args]);
  if (typeof made === 'string' && made !== '') return made;
  throw new TypeError(`key returned ${describeValue(made)}; expected a string that is not empty`);
}

function argumentsPart(args: readonly unknown[]): string {
  const text = args.map((argument) => argumentText(argument)).join(',');
  if (text.length <= LONGEST) return text;
  return createHash('sha256').update(text).digest('base64url');
}

function argumentText(argument: unknown): string {
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
        `an argument is ${describeValue(argument)}, which a key cannot be made of without loss; let key be a function`,
      );
  }
}
