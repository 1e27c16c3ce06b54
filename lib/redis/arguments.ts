import { refuseUnknownOptions } from '../options/known-options.js';
import { describeValue } from '../recruiter/describe-value.js';

/**
 * Whether a text was cut in the midst of a character, such as an emoji: UTF-8 writes each half as the same replacement
 * character, so that two names would be one in Redis.
 */
export function hasHalfAPair(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/**
 * The checks of arguments that Redis would take, but misunderstand.
 *
 * @throws TypeError for another type than text, RangeError when it is empty or has half a surrogate pair; they quote the
 * value.
 */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`${name} is ${describeValue(value)}; expected a text`);
  if (value === '') throw new RangeError(`${name} is ''; expected a text that is not empty`);
  if (hasHalfAPair(value)) {
    throw new RangeError(
      `${name} is ${describeValue(value)}, which has half a surrogate pair: a text cut in the midst of a character, which ` +
        `Redis could not tell from another. Cut it between characters, as by Array.from(text)`,
    );
  }
}

/** Longer than any name that somebody reads: what all keys begin with is sent with each command. */
const LONGEST_KEY_PART = 512;

/**
 * What becomes part of a key before its hash tag.
 *
 * @throws TypeError or RangeError that quotes the value.
 */
export function checkKeyPart(name: string, value: unknown): asserts value is string {
  checkText(name, value);
  if (value.trim() === '' || /[{}]/.test(value)) {
    throw new RangeError(
      `${name} is ${describeValue(value)}; expected a text that is not blank and has no braces, which would be taken for a hash tag`,
    );
  }
  if (value.length > LONGEST_KEY_PART) {
    throw new RangeError(`${name} has ${value.length} characters; expected at most ${LONGEST_KEY_PART}`);
  }
}

/**
 * A whole number within bounds.
 *
 * @throws TypeError or RangeError that quotes the value.
 */
export function checkInteger(
  name: string,
  value: unknown,
  least: number,
  most: number,
): asserts value is number {
  if (typeof value !== 'number') {
    throw new TypeError(
      `${name} is ${describeValue(value)}; expected a whole number from ${least} to ${most}`,
    );
  }
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} is ${value}; expected a whole number from ${least} to ${most}`);
  }
}

/** The longest time to live: ms, 1,115 years. HPEXPIRE of Redis 8 takes no due time from 2^46 on. */
const LONGEST_TTL = 2 ** 45;

/**
 * A time to live: whole ms, or a fraction that is rounded up.
 *
 * @throws TypeError or RangeError that quotes the value.
 */
export function checkTtl(value: unknown): asserts value is number {
  if (typeof value !== 'number') {
    throw new TypeError(`ttl is ${describeValue(value)}; expected milliseconds, above 0`);
  }
  if (!(value > 0 && value <= LONGEST_TTL)) {
    throw new RangeError(`ttl is ${value}; expected milliseconds, above 0, at most 2^45`);
  }
}

/**
 * A list: a text has a length and can be gone through as well, letter by letter.
 *
 * @throws TypeError that quotes the value.
 */
export function checkList(name: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} are ${describeValue(value)}; expected an array`);
}

/**
 * Options, or what a call may be told besides: of anything else every option would be its default.
 *
 * @throws TypeError that quotes the value.
 */
export function checkOptions(name: string, value: unknown, expected: string): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new TypeError(`${name} ${describeValue(value)}; expected ${expected}`);
}

/**
 * When something shall be gone, as whole ms; undefined for never.
 *
 * @throws TypeError or RangeError that quotes what is wrong: a bare number of ms would let it stay for ever.
 */
export function lifetimeOf(lifetime: { ttl?: number }): number | undefined {
  checkOptions('lifetime is', lifetime, 'an object such as { ttl: 60_000 }');
  refuseUnknownOptions('lifetime', lifetime, { ttl: true });
  if (lifetime.ttl === undefined) return undefined;
  checkTtl(lifetime.ttl);
  return Math.ceil(lifetime.ttl);
}
