import { Offer } from './completion.js';
import type { EnlistTerms } from './enlist-options.js';
import { continuationOf, type Continuation } from './results/promise.js';
import type { InjectedRecruiter } from './injected-recruiter.js';

/** What follows a call: its offer, and the functions that a promise is continued with. */
export interface Ending extends Continuation {
  readonly offer: Offer;
}

/** Makes what follows the calls with this offer. */
export function endingOf(offer: Offer): Ending {
  return { offer, ...continuationOf(offer) };
}

/** The terms without a `when` are these four; each stands at its {@link endingIndex}. */
const TERMS: readonly EnlistTerms[] = [false, true].flatMap((isSettledEnough) =>
  [false, true].map((isInline) => ({ when: undefined, isSettledEnough, isInline, where: '@Enlist()' })),
);

/** Where a desk has what follows the calls with these terms, which have no `when`. */
export function endingIndex({ isSettledEnough, isInline }: EnlistTerms): number {
  return Number(isSettledEnough) * 2 + Number(isInline);
}

/**
 * Where instances enlist with a recruiter: each has the desk of its own application. No two calls without a `when`
 * differ in what follows them, so the desk has that ready made.
 */
export class EnlistDesk {
  static readonly #ofRecruiters = new WeakMap<InjectedRecruiter, EnlistDesk>();
  readonly endings: readonly Ending[];

  private constructor(readonly recruiter: InjectedRecruiter) {
    this.endings = TERMS.map((terms) => endingOf(new Offer(recruiter, terms, [])));
  }

  /** The one desk of a recruiter. */
  static of(recruiter: InjectedRecruiter): EnlistDesk {
    let desk = EnlistDesk.#ofRecruiters.get(recruiter);
    if (desk === undefined) {
      desk = new EnlistDesk(recruiter);
      EnlistDesk.#ofRecruiters.set(recruiter, desk);
    }
    return desk;
  }
}
