import { callback, flag, oneOf } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';
import { RECRUITER_NAME } from './inject-recruiter.js';

/** Options of `@Enlist()` and `EnlistInterceptor`: when to enlist, and with which recruiter. `R` is the result that `when` gets. */
// oxlint-disable-next-line typescript/no-explicit-any -- `r => r.cached` has to compile without a type for the result
export interface EnlistOptions<R = any> {
  /**
   * Whether to enlist, by the result: `r => r.cached`, `r => r.length === 0`. Called with the result and the array of
   * arguments. The result is what the method returned; of a promise, its value; of an Observable, its last value; of an
   * iterator, its return value; after a failure (only with `on: 'settled'`), undefined. If the type of the result is
   * named, as in `(page: Page) => page.cached`, the compiler checks it against the method's. Must return synchronously. If
   * it throws, the call does not enlist, and the error is logged. @default always
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- the arguments are not named with the result
  when?: ((result: R, args: any[]) => boolean) | undefined;
  /**
   * `success`: enlists after the method has succeeded. `settled`: also after it has thrown, rejected or been abandoned (an
   * Observable unsubscribed from, an iterator left early). @default success
   */
  on?: 'success' | 'settled' | undefined;
  /**
   * Whether the promise resolves, or the Observable completes, only after the slice. For any other result the slice runs
   * later in any case. @default false (the slice runs after the response)
   */
  inline?: boolean | undefined;
  /** Name of the recruiter to enlist with. @default the default recruiter */
  recruiter?: string | undefined;
}

/** {@link EnlistOptions} with all defaults. */
export interface ResolvedEnlistOptions {
  readonly when: ((result: unknown, args: unknown[]) => unknown) | undefined;
  readonly afterFailures: boolean;
  readonly isInline: boolean;
  /** Name of the method or handler in messages: `Films.page()`. */
  readonly where: string;
}

/** Fills in the defaults. Expects valid options. */
export function resolveEnlistOptions(
  { when, on, inline }: EnlistOptions,
  where: string,
): ResolvedEnlistOptions {
  return { when, afterFailures: on === 'settled', isInline: inline ?? false, where };
}

export const ENLIST_OPTIONS = {
  when: callback('a function of the result and the arguments'),
  on: oneOf(['success', 'settled'], 'success'),
  inline: flag(false),
  recruiter: RECRUITER_NAME,
} satisfies OptionTable<EnlistOptions>;
