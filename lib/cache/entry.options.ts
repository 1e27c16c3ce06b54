import { describeValue } from '../recruiter/describe-value.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';
import { numberProblem, type ResolvedCacheOptions } from './cache.options.js';

/** How long a value lives, and how it is renewed. */
export interface EntryOptions {
  /** ms until the value expires: above 0. */
  ttl: number;
  /** How early it is recomputed: the mean lead of one reader, in recompute times. 0: not before it expires. @default the cache's (1) */
  beta?: number | undefined;
  /** ms past its expiry that the old value is still served while somebody recomputes: 0 or more. @default the cache's (0) */
  stale?: number | undefined;
  /** ms that null and undefined live: 0 (not at all) or more. @default the cache's, or the ttl */
  negativeTtl?: number | undefined;
  /**
   * Lets {@link RefreshAhead} keep this recompute, when the key is among the hottest, and run it later: outside of any
   * request, so it must not depend on one. @default false
   */
  ahead?: boolean | undefined;
}

/** The same with nothing left open. */
export interface EntryTerms {
  readonly ttl: number;
  readonly beta: number;
  readonly stale: number;
  readonly negativeTtl: number;
  readonly ahead: boolean;
}

/** Their names. */
export const ENTRY_OPTIONS = [
  'ttl',
  'beta',
  'stale',
  'negativeTtl',
  'ahead',
] as const satisfies (keyof EntryOptions)[];
const KNOWN = new Set<string>(ENTRY_OPTIONS);
const LONGEST_TTL = 2 ** 45;

/** Everything that is wrong with an entry's options, one sentence each, with the value. */
export function entryOptionProblems(options: EntryOptions, known: ReadonlySet<string> = KNOWN): string[] {
  if (typeof options !== 'object' || options === null) {
    return [`options are ${describeValue(options)}; expected an object with a ttl in milliseconds`];
  }
  const { ttl, beta, stale, negativeTtl, ahead } = options;
  return [
    ...unknownOptionProblems(options, known),
    typeof ttl === 'number' && ttl > 0 && ttl <= LONGEST_TTL
      ? undefined
      : `ttl is ${describeValue(ttl)}; expected milliseconds, above 0, at most 2^45`,
    numberProblem('beta', beta, 0, 1000),
    numberProblem('stale', stale, 0, LONGEST_TTL),
    numberProblem('negativeTtl', negativeTtl, 0, LONGEST_TTL),
    ahead === undefined || typeof ahead === 'boolean'
      ? undefined
      : `ahead is ${describeValue(ahead)}; expected true or false`,
  ].filter((problem) => problem !== undefined);
}

/**
 * Fills in what is left open.
 *
 * @throws RangeError that lists all that is wrong.
 */
export function entryTerms(options: EntryOptions, defaults: ResolvedCacheOptions): EntryTerms {
  const problems = entryOptionProblems(options);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const { ttl, beta, stale, negativeTtl, ahead } = options;
  return {
    ttl: Math.ceil(ttl),
    beta: beta ?? defaults.beta,
    stale: Math.ceil(stale ?? defaults.stale),
    negativeTtl: Math.ceil(negativeTtl ?? defaults.negativeTtl ?? ttl),
    ahead: ahead ?? false,
  };
}
