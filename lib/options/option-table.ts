import { describeValue } from './describe-value.js';

/** The problem of a value, whose message quotes it: a TypeError for a wrong type, otherwise a RangeError. */
export type Mistake = TypeError | RangeError;

/** The test and the default of one option. */
export interface Option<Default = undefined> {
  readonly fallback: Default;
  /** Whether the option is required. @default false */
  readonly isRequired?: boolean;
  /** Returns all problems of a value. */
  readonly mistakes: (name: string, value: unknown) => Mistake[];
}

/**
 * A set of options: their names, tests and defaults. The compiler checks a table against its interface:
 * `const OPTIONS = { … } satisfies OptionTable<RollupOptions>`.
 */
export type OptionTable<Options> = {
  readonly [Name in keyof Required<Options>]: Option<Required<Options>[Name] | undefined>;
};

/** A table for any options. */
export type AnyTable = Readonly<Record<string, Option<unknown>>>;

/** Options with all defaults. */
export type Resolved<Options, Table> = {
  readonly [Name in keyof Table & keyof Options]:
    Exclude<Options[Name], undefined> | (Table[Name] extends Option<infer Default> ? Default : never);
};

/** Maximum of unknown options in a message, since any value may be passed as options. */
const MAX_NAMED = 5;

/** Returns all problems of options, one sentence each, with the value. */
export function problemsOf(table: AnyTable, options: unknown): string[] {
  return mistakesOf(table, options).map(({ message }) => message);
}

/** Fills in the defaults. Expects valid options, and reads only those of the table. */
export function withDefaults<Options extends object, const Table extends AnyTable>(
  table: Table,
  options: Options,
): Resolved<Options, Table> {
  const given = options as Readonly<Record<string, unknown>>;
  const resolved = Object.entries(table).map(([name, { fallback }]) => [name, given[name] ?? fallback]);
  return Object.fromEntries(resolved) as Resolved<Options, Table>;
}

/**
 * Checks options and fills in the defaults. An instance of a class may have further fields.
 *
 * @param owner - owner of the options in the error message: `Rollup "views"`.
 * @throws TypeError or RangeError that lists all problems.
 */
export function checkedOptions<Options extends object, const Table extends AnyTable>(
  owner: string,
  table: Table,
  options: Options,
): Resolved<Options, Table> {
  const mistakes = isInstance(options) ? valueMistakes(table, options) : mistakesOf(table, options);
  const [first] = mistakes;
  if (first === undefined) return withDefaults(table, options);
  const Kind = first instanceof RangeError ? RangeError : TypeError;
  throw new Kind(`${owner}: ${mistakes.map(({ message }) => message).join('; ')}`);
}

/** @param of - the option that contains these options. */
export function mistakesIn(table: AnyTable, options: object, of = ''): Mistake[] {
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(table, key));
  const values = valueMistakes(table, options, of);
  return unknown.length === 0 ? values : [...unknownMistakes(table, unknown, of), ...values];
}

function unknownMistakes(table: AnyTable, unknown: readonly string[], of: string): Mistake[] {
  const known = Object.keys(table).join(', ');
  const where = of === '' ? '' : `of ${of}: `;
  const named = unknown
    .slice(0, MAX_NAMED)
    .map((key) => `unknown option ${where}${describeValue(key)}; known are ${known}`);
  if (unknown.length > MAX_NAMED) named.push(`${unknown.length - MAX_NAMED} more unknown options`);
  return named.map((message) => new TypeError(message));
}

/** Whether a value is an object of options; the entries of an array or a Map would silently be ignored. */
export function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function mistakesOf(table: AnyTable, options: unknown): Mistake[] {
  if (isGroup(options)) return mistakesIn(table, options);
  const required = Object.keys(table).filter((name) => table[name]!.isRequired);
  const expected = required.length === 0 ? 'an object' : `an object with ${required.join(' and ')}`;
  return [new TypeError(`options are ${describeValue(options)}; expected ${expected}`)];
}

/** On the path of every read of a cache: allocates only its result if there are no problems. */
function valueMistakes(table: AnyTable, options: object, of = ''): Mistake[] {
  const given = options as Readonly<Record<string, unknown>>;
  const found: Mistake[] = [];
  for (const name in table) {
    const { isRequired, mistakes } = table[name]!;
    const value = given[name];
    if (value !== undefined || isRequired === true) {
      found.push(...mistakes(of === '' ? name : `${of}.${name}`, value));
    }
  }
  return found;
}

function isInstance(value: unknown): value is object {
  if (!isGroup(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

/** Copies options without those that are undefined, so that they take their defaults. */
export function omitUndefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
