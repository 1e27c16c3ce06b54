import { hasHalfAPair } from '../options/cut.js';
import { anything, check, group, inTurn, integer, number, option, text } from '../options/option.js';
import type { Option } from '../options/option-table.js';

/** What Redis takes, but misunderstands, is refused. */
export const TEXT: Option = inTurn(
  text('a string', () => true),
  text('a string that is not empty', (value) => value !== ''),
  text(
    'a string without half a surrogate pair, which Redis could not tell from another: it was cut inside a ' +
      'character. Cut it between characters, as by Array.from(text)',
    (value) => !hasHalfAPair(value),
  ),
);

/** Longer than any name that somebody reads: what all keys begin with is sent with each command. */
const LONGEST_KEY_PART = 512;

/** What becomes part of a key before its hash tag. */
export const KEY_PART: Option = inTurn(
  TEXT,
  text(
    'a string that is not blank and has no braces, which would be taken for a hash tag',
    (value) => value.trim() !== '' && !/[{}]/.test(value),
  ),
  text(`at most ${LONGEST_KEY_PART} characters`, ({ length }) => length <= LONGEST_KEY_PART),
);

/** The longest time to live: ms, 1,115 years. HPEXPIRE of Redis 8 takes no due time from 2^46 on. */
const LONGEST_TTL = 2 ** 45;

/** A time to live: ms, whole or a fraction. */
export const TTL: Option = number(
  'milliseconds, above 0, at most 2^45',
  (value) => value > 0 && value <= LONGEST_TTL,
);

const LIFETIME = group({ ttl: anything }, 'an object such as { ttl: 60_000 }');
const LIST = option('an array', Array.isArray);

// The checks of arguments: all throw a TypeError or RangeError that quotes the value.

export function checkText(name: string, value: unknown): asserts value is string {
  check(name, value, TEXT);
}

export function checkKeyPart(name: string, value: unknown): asserts value is string {
  check(name, value, KEY_PART);
}

/** A whole number within bounds. */
export function checkInteger(
  name: string,
  value: unknown,
  least: number,
  most: number,
): asserts value is number {
  check(name, value, integer(least, most));
}

export function checkTtl(value: unknown): asserts value is number {
  check('ttl', value, TTL);
}

export function checkList(name: string, value: unknown): asserts value is readonly unknown[] {
  check(`${name} are`, value, LIST);
}

/**
 * A list of 1 to `most` texts.
 *
 * @param name - of all together: `members`.
 */
export function checkTexts(name: string, value: unknown, most: number): asserts value is readonly string[] {
  checkList(name, value);
  checkInteger(`number of ${name}`, value.length, 1, most);
  for (const each of value) checkText(name.slice(0, -1), each);
}

/** When something shall be gone, as whole ms; undefined for never. A bare number of ms would let it stay for ever. */
export function lifetimeOf(lifetime: { ttl?: number }): number | undefined {
  check('lifetime', lifetime, LIFETIME);
  if (lifetime.ttl === undefined) return undefined;
  checkTtl(lifetime.ttl);
  return Math.ceil(lifetime.ttl);
}
