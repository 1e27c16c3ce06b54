import { unknownOptionProblems } from '../recruiter/unknown-options.js';

/** The names of all options of a kind; the compiler keeps it complete. */
export type KnownOptions<Options> = { readonly [Name in keyof Required<Options>]: true };

/**
 * A misspelt option would be its default without a word. An instance of a class is left alone: it has fields of its own.
 *
 * @param owner - whose options they are, for the reader of the error: `Rollup "views"`.
 * @param of - the option that they are part of: `lease`.
 * @throws TypeError that names the unknown options and the known ones.
 */
export function refuseUnknownOptions<Options extends object>(
  owner: string,
  options: Options,
  known: KnownOptions<Options>,
  of?: string,
): void {
  const prototype: unknown = Object.getPrototypeOf(options);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return;
  const names = new Set(Object.keys(known));
  const problems = unknownOptionProblems(options, names, of === undefined ? '' : `of ${of}: `);
  if (problems.length > 0) throw new TypeError(`${owner}: ${problems.join('; ')}`);
}
