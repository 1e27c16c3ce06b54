import { isPromise } from 'node:util/types';
import type { EnlistTerms } from './enlist-options.js';
import type { InjectedRecruiter } from './injected-recruiter.js';

/** What one call, request or subscription does with its worker once it has ended. Keeps no state: may be used again. */
export class Offer {
  constructor(
    private readonly recruiter: InjectedRecruiter,
    readonly terms: EnlistTerms,
    private readonly args: unknown[],
  ) {}

  /** It has ended well. Never throws. */
  succeeded(result: unknown): void {
    if (this.#isWanted(result)) this.recruiter.enlistDetached();
  }

  /** It has thrown, rejected, or was abandoned. Never throws. */
  failed(): void {
    if (this.terms.isSettledEnough) this.succeeded(undefined);
  }

  /** As {@link succeeded}; resolves when the slice, if any, has ended. Never rejects. */
  async succeededInline(result: unknown): Promise<void> {
    if (this.#isWanted(result)) await this.recruiter.enlist();
  }

  /** As {@link failed}; resolves when the slice, if any, has ended. Never rejects. */
  async failedInline(): Promise<void> {
    if (this.terms.isSettledEnough) await this.succeededInline(undefined);
  }

  #isWanted(result: unknown): boolean {
    const { when, where } = this.terms;
    if (when === undefined) return true;
    try {
      const answer = when(result, this.args);
      if (!isPromise(answer)) return Boolean(answer);
      // A promise would count as yes whatever it resolves to, and end the process when it rejects.
      answer.catch(() => undefined);
      throw new TypeError('when returned a promise; it must answer at once');
    } catch (error) {
      this.recruiter.complain(error, `when of ${where}`);
      return false;
    }
  }
}
