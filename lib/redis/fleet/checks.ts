/** What others wrote into Redis is read with these: whatever it is, it is either right or a TypeError. */

/** @throws TypeError when it is none, or longer than `longest` characters. */
export function textOf(value: unknown, longest = 512): string {
  if (typeof value === 'string' && value.length <= longest) return value;
  throw new TypeError('a string is missing');
}

/** @throws TypeError when it is no number of 0 or more. */
export function countOf(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new TypeError('a number of 0 or more is missing');
}

/** @throws TypeError when it is no number from 0 to 1. */
export function shareOf(value: unknown): number {
  const share = countOf(value);
  if (share <= 1) return share;
  throw new TypeError('a number from 0 to 1 is missing');
}

/** @throws TypeError when it is no list. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('a list is missing');
}

/** @throws TypeError when it is no object. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError('an object is missing');
}
