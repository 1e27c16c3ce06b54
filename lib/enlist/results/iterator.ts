import { isGeneratorObject } from 'node:util/types';
import type { Completion } from '../completion.js';
import { isPlainPromise } from './promise.js';

type Step = (this: unknown, ...args: unknown[]) => unknown;
type StepName = 'next' | 'return' | 'throw';

/** Whether a value of any realm is a generator, or another iterator that is iterable itself. */
export function isIterator(value: object): boolean {
  if (isGeneratorObject(value)) return true;
  const { next } = value as { next?: unknown };
  return typeof next === 'function' && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

/**
 * Completes when the iterator reports that it is done. It stays the same object and as lazy: only its methods are covered by
 * non-enumerable ones.
 */
export function completeIterator(iterator: object, completion: Completion): void {
  const observer = new IterationObserver(completion);
  for (const name of ['next', 'return', 'throw'] as const) cover(iterator, name, observer);
}

function cover(iterator: object, name: StepName, observer: IterationObserver): void {
  const step = (iterator as Partial<Record<StepName, Step>>)[name];
  if (typeof step !== 'function') return;
  const { [name]: value } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      return observer.step(name, () => Reflect.apply(step, this, args));
    },
  };
  // Has no effect on a frozen iterator, which is not followed.
  Reflect.defineProperty(iterator, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Follows one iterator to its end, and completes once. */
class IterationObserver {
  #isOver = false;
  #isAbandoned = false;

  constructor(private readonly completion: Completion) {}

  step(name: StepName, call: () => unknown): unknown {
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      this.#failed();
      throw error;
    }
    if (!isPlainPromise(result)) return this.#inspect(name, result);
    return result.then(
      (value) => this.#inspect(name, value),
      (error: unknown) => {
        this.#failed();
        throw error;
      },
    );
  }

  #inspect<T>(name: StepName, result: T): T {
    // An iterator that was left early counts as abandoned, even if a generator still yields in its `finally`.
    if (name === 'return') this.#isAbandoned = true;
    const { done, value } = (result ?? {}) as Partial<IteratorResult<unknown, unknown>>;
    if (done !== true || this.#isOver) return result;
    if (this.#isAbandoned) {
      this.#failed();
    } else {
      this.#isOver = true;
      this.completion.succeeded(value);
    }
    return result;
  }

  #failed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.completion.failed();
  }
}
