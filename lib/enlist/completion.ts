import { isPromise } from 'node:util/types';
import type { ResolvedEnlistOptions } from './enlist-options.js';
import type { InjectedRecruiter } from './injected-recruiter.js';

/** The two functions that a promise is continued with. */
export interface PromiseHandlers {
  readonly fulfilled: (value: unknown) => unknown;
  /** Undefined where it would only rethrow: debuggers stop there. */
  readonly rejected: ((error: unknown) => unknown) | undefined;
}

/**
 * What happens when a call, a request or a subscription has ended: its worker enlists, if the options say so. It has no
 * state of its own, so one serves all calls with the same arguments.
 */
export class Completion {
  #promiseHandlers: PromiseHandlers | undefined;

  constructor(
    readonly recruiter: InjectedRecruiter,
    readonly options: ResolvedEnlistOptions,
    /** What `when` gets as arguments. */
    private readonly args: unknown[],
  ) {}

  /** Continues a promise: enlists, and passes on the value or the error. */
  get promiseHandlers(): PromiseHandlers {
    return (this.#promiseHandlers ??= promiseHandlersOf(this));
  }

  /** After a success. Never throws. */
  succeeded(result: unknown): void {
    if (this.#isWanted(result)) this.recruiter.enlistDetached();
  }

  /** After a throw, a rejection, or where the caller gave up. Never throws. */
  failed(): void {
    if (this.options.afterFailures) this.succeeded(undefined);
  }

  /** As {@link succeeded}; resolves when the slice, if any, has ended. Never rejects. */
  async succeededInline(result: unknown): Promise<void> {
    if (this.#isWanted(result)) await this.recruiter.enlist();
  }

  /** As {@link failed}; resolves when the slice, if any, has ended. Never rejects. */
  async failedInline(): Promise<void> {
    if (this.options.afterFailures) await this.succeededInline(undefined);
  }

  #isWanted(result: unknown): boolean {
    const { when, where } = this.options;
    if (when === undefined) return true;
    try {
      const answer = when(result, this.args);
      if (!isPromise(answer)) return Boolean(answer);
      // A promise would count as yes whatever it resolves to, and end the process when it rejects.
      answer.catch(() => undefined);
      throw new TypeError('when returned a promise; it must answer at once');
    } catch (error) {
      this.recruiter.reportError(error, `when of ${where}`);
      return false;
    }
  }
}

function promiseHandlersOf(completion: Completion): PromiseHandlers {
  const { isInline, afterFailures } = completion.options;
  const { fulfilled, rejected } = isInline ? inlineHandlers(completion) : detachedHandlers(completion);
  return { fulfilled, rejected: afterFailures ? rejected : undefined };
}

function detachedHandlers(completion: Completion): PromiseHandlers {
  return {
    fulfilled(value) {
      completion.succeeded(value);
      return value;
    },
    rejected(error) {
      completion.failed();
      throw error;
    },
  };
}

function inlineHandlers(completion: Completion): PromiseHandlers {
  return {
    async fulfilled(value) {
      await completion.succeededInline(value);
      return value;
    },
    async rejected(error) {
      await completion.failedInline();
      throw error;
    },
  };
}
