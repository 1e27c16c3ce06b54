import { inspect, types } from 'node:util';
import { shortened } from './cut.js';

const MAX_LENGTH = 120;

/** Formats a value for an error message, short and on one line. Never throws. */
export function describeValue(value: unknown): string {
  try {
    const line = inspected(value).replace(/\s+/g, ' ');
    return shortened(line, MAX_LENGTH);
  } catch {
    return `(${typeof value} that cannot be inspected)`;
  }
}

/** Formats an error without its stack, which would fill the line with paths. */
function inspected(value: unknown): string {
  const text = inspect(value, {
    depth: 1,
    breakLength: Infinity,
    maxStringLength: MAX_LENGTH,
    maxArrayLength: 10,
  });
  return types.isNativeError(value) ? text.replace(/\n\s+at .*/s, '') : text;
}
