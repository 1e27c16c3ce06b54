import { inspect, types } from 'node:util';
import { shortened } from './cut.js';

const LONGEST = 120;

/** A value as an error message quotes it: short, on one line, and never throwing, whatever the value does. */
export function describeValue(value: unknown): string {
  try {
    const line = textOf(value).replace(/\s+/g, ' ');
    return shortened(line, LONGEST);
  } catch {
    return `(${typeof value} that cannot be inspected)`;
  }
}

/** Of an error without its stack, which would fill the line with paths. */
function textOf(value: unknown): string {
  const text = inspect(value, {
    depth: 1,
    breakLength: Infinity,
    maxStringLength: LONGEST,
    maxArrayLength: 10,
  });
  return types.isNativeError(value) ? text.replace(/\n\s+at .*/s, '') : text;
}
