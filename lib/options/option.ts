import { describeValue } from './describe-value.js';
import { isGroup, mistakesIn, type AnyTable, type Mistake, type Option } from './option-table.js';

/** An option with a test of its own. */
export function option<D = undefined>(
  expected: string,
  isRight: (value: unknown) => boolean,
  fallback?: D,
): Option<D> {
  const mistakes = (name: string, value: unknown) => (isRight(value) ? [] : [mistake(name, value, expected)]);
  return { fallback: fallback as D, mistakes };
}

/** An option that is checked where it is used. */
export const anything: Option = option('anything', () => true);

/** A number that passes a test. */
export function number<D = undefined>(
  expected: string,
  isRight: (value: number) => boolean,
  fallback?: D,
): Option<D> {
  return ofType('number', expected, isRight, fallback);
}

/** A string that passes a test. */
export function text<D = undefined>(
  expected: string,
  isRight: (value: string) => boolean,
  fallback?: D,
): Option<D> {
  return ofType('string', expected, isRight, fallback);
}

/** A number within bounds. */
export function range<D = undefined>(
  least: number,
  most: number,
  fallback?: D,
  what = 'a number',
): Option<D> {
  return number(`${what} from ${least} to ${most}`, (value) => value >= least && value <= most, fallback);
}

/** A whole number within bounds. */
export function integer<D = undefined>(least: number, most = Infinity, fallback?: D): Option<D> {
  const expected = `a whole number from ${least}${most === Infinity ? '' : ` to ${most}`}`;
  return number(
    expected,
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
    fallback,
  );
}

/** Maximum delay of a timer: ms. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** A delay of a timer: ms. */
export function duration<D = undefined>(fallback?: D, least: 'above 0' | '0 or more' = 'above 0'): Option<D> {
  const isRight = (value: number) =>
    (value > 0 || (value === 0 && least === '0 or more')) && value <= LONGEST_TIMER;
  return number(`milliseconds ${least}, at most ${LONGEST_TIMER}`, isRight, fallback);
}

/** A share of a whole, above 0. */
export function share<D = undefined>(fallback?: D, most = 1, what = 'a number'): Option<D> {
  return number(`${what} above 0, at most ${most}`, (value) => value > 0 && value <= most, fallback);
}

/** A boolean. */
export function flag<D = undefined>(fallback?: D): Option<D> {
  return option('true or false', (value) => typeof value === 'boolean', fallback);
}

/** One of several strings. */
export function oneOf<D = undefined>(words: readonly string[], fallback?: D): Option<D> {
  const quoted = words.map((word) => `'${word}'`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return text(expected, (value) => words.includes(value), fallback);
}

/** A function. */
export function callback<D = undefined>(expected = 'a function', fallback?: D): Option<D> {
  return option(expected, (value) => typeof value === 'function', fallback);
}

/** An object that has these methods. */
export function methods<D = undefined>(
  names: readonly string[],
  fallback?: D,
  expected = `an object with ${names.map((name) => `${name}()`).join(' and ')}`,
): Option<D> {
  return option(expected, (value) => hasMethods(value, names), fallback);
}

/** Whether a value is an object that has these methods. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** Upper bounds of a histogram. */
export function bounds<D = undefined>(expected: string, fallback?: D): Option<D> {
  const isAscending = (bound: unknown, index: number, all: readonly unknown[]) =>
    typeof bound === 'number' && bound < Infinity && bound > (index === 0 ? 0 : Number(all[index - 1]));
  const isRight = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isAscending);
  return option(expected, isRight, fallback);
}

/** Options within an option. */
export function group<D = undefined>(table: AnyTable, expected: string, fallback?: D): Option<D> {
  const mistakes = (name: string, value: unknown) =>
    isGroup(value) ? mistakesIn(table, value, name) : [mistake(name, value, expected)];
  return { fallback: fallback as D, mistakes };
}

/** Also allows an object of options. */
export function orGroup<D>({ fallback, mistakes }: Option<D>, table: AnyTable): Option<D> {
  return {
    fallback,
    mistakes: (name, value) => (isGroup(value) ? mistakesIn(table, value, name) : mistakes(name, value)),
  };
}

/** Also allows `false`, which turns the feature off. */
export function orFalse<D>({ fallback, mistakes }: Option<D>): Option<D> {
  return { fallback, mistakes: (name, value) => (value === false ? [] : mistakes(name, value)) };
}

/** A value that must pass several tests; the first that it fails gives the message. */
export function inTurn(...options: readonly Option<unknown>[]): Option {
  const mistakes = (name: string, value: unknown) => {
    for (const each of options) {
      const found = each.mistakes(name, value);
      if (found.length > 0) return found;
    }
    return [];
  };
  return { fallback: undefined, mistakes };
}

/** Makes an option required. */
export function required({ mistakes }: Option<unknown>): Option<never> {
  return { fallback: undefined as never, isRequired: true, mistakes };
}

/** @throws TypeError or RangeError with the problem of a value. */
export function check(name: string, value: unknown, { mistakes }: Option<unknown>): void {
  const [found] = mistakes(name, value);
  if (found !== undefined) throw found;
}

/** Returns the problem of a value; undefined if it is valid. */
export function problemOf(name: string, value: unknown, { mistakes }: Option<unknown>): string | undefined {
  return mistakes(name, value)[0]?.message;
}

/** Types by their name, as returned by `typeof`. */
interface Types {
  number: number;
  string: string;
}

function ofType<Type extends keyof Types, D>(
  type: Type,
  expected: string,
  isRight: (value: Types[Type]) => boolean,
  fallback: D | undefined,
): Option<D> {
  const mistakes = (name: string, value: unknown) => {
    if (typeof value !== type) return [mistake(name, value, expected)];
    return isRight(value as Types[Type]) ? [] : [mistake(name, value, expected, RangeError)];
  };
  return { fallback: fallback as D, mistakes };
}

/** A name may include its verb: `fields are`. */
function mistake(name: string, value: unknown, expected: string, Kind = TypeError): Mistake {
  const is = name.endsWith(' are') ? name : `${name} is`;
  return new Kind(`${is} ${describeValue(value)}; expected ${expected}`);
}
