import { callback, flag, oneOf } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';
import { RECRUITER_NAME } from './inject-recruiter.js';

/** When and where a method, or a request, offers its worker. `R` is the result that `when` gets. */
// oxlint-disable-next-line typescript/no-explicit-any -- `r => r.cached` has to compile where nobody names the result
export interface EnlistOptions<R = any> {
  /**
   * The fast-exit test: `r => r.cached`, `r => r.length === 0`. Gets what the method returned and its arguments; of a
   * promise, what it resolved to; of an Observable, the last value that it emitted; of an iterator, its return value.
   * Name the type of the result, `(page: Page) => page.cached`, and the compiler holds it against the method's.
   * After a failure (only with `on: 'settled'`) the result is undefined. Must answer at once. When it throws, the
   * worker is dismissed and the error is logged. Default: always.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- the arguments are not named with the result
  when?: ((result: R, args: any[]) => boolean) | undefined;
  /**
   * `success`: after the method has ended well. `settled`: after it has thrown or rejected, or was abandoned, too (an
   * Observable unsubscribed from, an iterator left early). Default: `success`.
   */
  on?: 'success' | 'settled' | undefined;
  /**
   * Wait for the slice before the promise resolves or the Observable completes. A result that is neither has nothing
   * to wait with: there the slice runs later, as ever. Default: false, the slice runs after the response.
   */
  inline?: boolean | undefined;
  /** The named recruiter to enlist with. Default: the default recruiter. */
  recruiter?: string | undefined;
}

/** Options with their defaults filled in. */
export interface ResolvedEnlistOptions {
  readonly when: ((result: unknown, args: unknown[]) => unknown) | undefined;
  readonly afterFailures: boolean;
  readonly isInline: boolean;
  /** What is decorated, for a reader: `Films.page()`. */
  readonly where: string;
}

/** Fills in the defaults. Expects options without problems. */
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
