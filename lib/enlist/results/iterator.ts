import { isGeneratorObject } from 'node:util/types';
import type { Completion } from '../completion.js';
import { isPlainPromise } from './promise.js';

type Step = (this: unknown, ...args: unknown[]) => unknown;
type StepName = 'next' | 'return' | 'throw';

/** Whether a value is a generator, or another iterator that can itself be iterated; of any realm. */
export function isIterator(value: object): boolean {
  if (isGeneratorObject(value)) return true;
  const { next } = value as { next?: unknown };
  return typeof next === 'function' && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

/**
 * Completes when the iterator reports that it is done. It stays the same object and as lazy: only its methods
 * are covered by own ones, out of sight.
 */
export function completeIterator(iterator: object, completion: Completion): void {
  const watch = new IterationWatch(completion);
  for (const name of ['next', 'return', 'throw'] as const) cover(iterator, name, watch);
}

function cover(iterator: object, name: StepName, watch: IterationWatch): void {
  const step = (iterator as Partial<Record<StepName, Step>>)[name];
  if (typeof step !== 'function') return;
  const { [name]: value } = {
    [name](this: unknown, ...args: unknown[]): unknown {
      return watch.take(name, () => Reflect.apply(step, this, args));
    },
  };
  // Of a frozen iterator nothing is known.
  Reflect.defineProperty(iterator, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Follows one iterator to its end, of which there is one. */
class IterationWatch {
  #isOver = false;
  #isAbandoned = false;

  constructor(private readonly completion: Completion) {}

  take(name: StepName, step: () => unknown): unknown {
    let result: unknown;
    try {
      result = step();
    } catch (error) {
      this.#failed();
      throw error;
    }
    if (!isPlainPromise(result)) return this.#look(name, result);
    return result.then(
      (value) => this.#look(name, value),
      (error: unknown) => {
        this.#failed();
        throw error;
      },
    );
  }

  #look<T>(name: StepName, result: T): T {
    // Left early stays left early, though a generator may still yield in its `finally`.
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
