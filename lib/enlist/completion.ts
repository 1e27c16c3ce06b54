import { isPromise } from 'node:util/types';
import type { ResolvedEnlistOptions } from './enlist-options.js';
import type { InjectedRecruiter } from './injected-recruiter.js';

/** The handlers that are passed to `then` of a promise. */
export interface PromiseHandlers {
  readonly fulfilled: (value: unknown) => unknown;
  /** Undefined if it would only rethrow, where debuggers would stop. */
  readonly rejected: ((error: unknown) => unknown) | undefined;
}

/**
 * Completes a call, a request or a subscription: enlists if the options allow it. It has no state, so one instance serves
 * all calls with the same arguments.
 */
export class Completion {
  #promiseHandlers: PromiseHandlers | undefined;

  constructor(
    readonly recruiter: InjectedRecruiter,
    readonly options: ResolvedEnlistOptions,
    /** Arguments for `when`. */
    private readonly args: unknown[],
  ) {}

  /** Handlers that enlist and pass on the value or the error. */
  get promiseHandlers(): PromiseHandlers {
    return (this.#promiseHandlers ??= promiseHandlersOf(this));
  }

  /** After a success. Never throws. */
  succeeded(result: unknown): void {
    if (this.#isWanted(result)) this.recruiter.enlistDetached();
  }

  /** After a throw, a rejection, or if the caller has abandoned the call. Never throws. */
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
      const verdict = when(result, this.args);
      if (!isPromise(verdict)) return Boolean(verdict);
      // A promise is always truthy, and would end the process if it rejects.
      verdict.catch(() => undefined);
      throw new TypeError('when returned a promise; it must return a boolean synchronously');
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
