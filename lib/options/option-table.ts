import { describeValue } from './describe-value.js';

/** What is wrong with a value, in words that quote it: a TypeError when it is of another type, else a RangeError. */
export type Mistake = TypeError | RangeError;

/** What one option may be, and what it is when it is left out. */
export interface Option<Default = undefined> {
  readonly fallback: Default;
  /** Whether it must be given. @default false */
  readonly isRequired?: boolean;
  /** Everything that is wrong with a value. */
  readonly mistakes: (name: string, value: unknown) => Mistake[];
}

/**
 * The options of something: their names, what each may be, and what it is when it is left out. The compiler holds a
 * table against its interface: `const OPTIONS = { … } satisfies OptionTable<RollupOptions>`.
 */
export type OptionTable<Options> = {
  readonly [Name in keyof Required<Options>]: Option<Required<Options>[Name] | undefined>;
};

/** A table of options, whatever they are of. */
export type AnyTable = Readonly<Record<string, Option<unknown>>>;

/** Options with nothing left open. */
export type Resolved<Options, Table> = {
  readonly [Name in keyof Table & keyof Options]:
    Exclude<Options[Name], undefined> | (Table[Name] extends Option<infer Default> ? Default : never);
};

/** Unknown options that are named; a value that is no options at all may have thousands of keys. */
const NAMED = 5;

/** Everything that is wrong with options, one sentence each, with the value. */
export function problemsOf(table: AnyTable, options: unknown): string[] {
  return mistakesOf(table, options).map(({ message }) => message);
}

/** Fills in the defaults. Expects options without {@link problemsOf}; reads nothing that the table does not name. */
export function withDefaults<Options extends object, const Table extends AnyTable>(
  table: Table,
  options: Options,
): Resolved<Options, Table> {
  const given = options as Readonly<Record<string, unknown>>;
  const resolved = Object.entries(table).map(([name, { fallback }]) => [name, given[name] ?? fallback]);
  return Object.fromEntries(resolved) as Resolved<Options, Table>;
}

/**
 * Checks options and fills in the defaults. An instance of a class may have fields of its own.
 *
 * @param owner - whose options they are, for the reader of an error: `Rollup "views"`.
 * @throws TypeError or RangeError that lists all that is wrong.
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

/** @param of - the option that these options are part of. */
export function mistakesIn(table: AnyTable, options: object, of = ''): Mistake[] {
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(table, key));
  const values = valueMistakes(table, options, of);
  return unknown.length === 0 ? values : [...unknownMistakes(table, unknown, of), ...values];
}

function unknownMistakes(table: AnyTable, unknown: readonly string[], of: string): Mistake[] {
  const known = Object.keys(table).join(', ');
  const where = of === '' ? '' : `of ${of}: `;
  const named = unknown
    .slice(0, NAMED)
    .map((key) => `unknown option ${where}${describeValue(key)}; known are ${known}`);
  if (unknown.length > NAMED) named.push(`${unknown.length - NAMED} more unknown options`);
  return named.map((message) => new TypeError(message));
}

/** Whether options can be read from a value: what lists and maps hold would be ignored without a word. */
export function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function mistakesOf(table: AnyTable, options: unknown): Mistake[] {
  if (isGroup(options)) return mistakesIn(table, options);
  const required = Object.keys(table).filter((name) => table[name]!.isRequired);
  const expected = required.length === 0 ? 'an object' : `an object with ${required.join(' and ')}`;
  return [new TypeError(`options are ${describeValue(options)}; expected ${expected}`)];
}

/** On the path of every read of a cache: allocates nothing but its result where nothing is wrong. */
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
