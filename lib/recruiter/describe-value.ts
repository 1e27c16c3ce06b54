import { inspect } from 'node:util';

const LONGEST = 120;

/** A value as an error message quotes it: short, on one line, and never throwing, whatever the value does. */
export function describeValue(value: unknown): string {
  try {
    const text = inspect(value, {
      depth: 1,
      breakLength: Infinity,
      maxStringLength: LONGEST,
      maxArrayLength: 10,
    });
    const line = text.replace(/\s+/g, ' ');
    return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
  } catch {
    return `(${typeof value} that cannot be inspected)`;
  }
}
