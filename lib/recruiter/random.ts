import { describeValue } from '../options/describe-value.js';

/** A source of random numbers. Injected, so that tests can be exact. */
export interface Random {
  /** Returns a number drawn uniformly from [0, 1). */
  next(): number;
}

/** The default source: `Math.random`. */
export const systemRandom: Random = { next: () => Math.random() };

/**
 * Guards a source of the application. A source that throws or leaves [0, 1) would stop all recruiting or recruit at every
 * enlistment; `Math.random` is used instead then, and the first such case is reported.
 */
export class GuardedRandom implements Random {
  #reported = false;

  constructor(
    private readonly source: Random,
    private readonly report: (error: Error) => void,
  ) {}

  next(): number {
    let value: unknown;
    try {
      value = this.source.next();
      if (typeof value === 'number' && value >= 0 && value < 1) return value;
    } catch (error) {
      this.#reportError(`threw ${describeValue(error)}`);
      return Math.random();
    }
    this.#reportError(`returned ${describeValue(value)}`);
    return Math.random();
  }

  #reportError(what: string): void {
    if (this.#reported) return;
    this.#reported = true;
    this.report(
      new RangeError(`random.next() ${what}; expected a number in [0, 1). Math.random() is used instead.`),
    );
  }
}
