import { describeValue } from '../options/describe-value.js';
import type { Random } from '../recruiter/random.js';

/**
 * A reproducible random source for tests: the same seed gives the same numbers on every machine.
 *
 * Chris Doty-Humphrey's sfc32 (of PractRand), with two of its 32-bit outputs for a number, so that all 53 bits of a double
 * are random: at a rate of 1e-9 the low ones matter.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /**
   * @param seed - a whole number from -(2^53 - 1) to 2^53 - 1.
   * @throws RangeError for any other value.
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`The seed is ${describeValue(seed)}; expected a whole number of at most 2^53 - 1`);
    }
    this.#a = 0;
    this.#b = seed | 0;
    this.#c = Math.floor(seed / 2 ** 32) | 0;
    // The first outputs still show the seed; after 12 steps each bit of it has reached every other.
    for (let step = 0; step < 12; step++) this.#bits();
  }

  /** Returns the next number: uniform in [0, 1). */
  next(): number {
    const high = this.#bits() >>> 5;
    const low = this.#bits() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }
}
