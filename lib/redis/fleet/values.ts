/** Readers of values in Redis that another process may have written: each value is either valid or a TypeError. */

/** @throws TypeError unless it is a string of at most `longest` characters. */
export function stringOf(value: unknown, longest = 512): string {
  if (typeof value === 'string' && value.length <= longest) return value;
  throw new TypeError('a string is missing');
}

/** @throws TypeError unless it is a finite number of 0 or more. */
export function countOf(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new TypeError('a number of 0 or more is missing');
}

/** The latest time that a Date can hold: ms since the epoch. */
const MAX_TIME = 8.64e15;

/** @throws TypeError unless it is a time in ms since the epoch; undefined for 0. */
export function timeOf(value: unknown): Date | undefined {
  const time = countOf(value);
  if (time > MAX_TIME) throw new TypeError('a time is missing');
  return time === 0 ? undefined : new Date(time);
}

/** @throws TypeError unless it is a number from 0 to 1. */
export function shareOf(value: unknown): number {
  const share = countOf(value);
  if (share <= 1) return share;
  throw new TypeError('a number from 0 to 1 is missing');
}

/** @throws TypeError unless it is an array. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('a list is missing');
}

/** @throws TypeError unless it is an object. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError('an object is missing');
}

/** A value with its time, which Redis holds as `<ms since the epoch>:<JSON>`. */
export interface Stamped {
  readonly at: number;
  readonly value: unknown;
}

/** @throws SyntaxError for any other format. */
export function readStamped(written: string): Stamped {
  const [, at, json] = /^(\d{1,16}):([^]*)$/.exec(written) ?? [];
  if (at === undefined || json === undefined) throw new SyntaxError('no time before the value');
  return { at: Number(at), value: JSON.parse(json) };
}

/** The reverse of {@link readStamped}. */
export function writeStamped(at: number, value: unknown): string {
  return `${at}:${JSON.stringify(value)}`;
}
