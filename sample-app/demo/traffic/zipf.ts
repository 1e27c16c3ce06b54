import type { Random } from 'nestjs-work-stealing';

/**
 * Draws ranks as popularity has it: rank k, from 0, with a chance in proportion to 1 / (k + 1) ^ exponent.
 * By the inverse of the distribution function: a table of running sums, searched by halving.
 */
export class Zipf {
  readonly #sums: Float64Array;

  constructor(
    ranks: number,
    private readonly random: Random,
    exponent = 1,
  ) {
    this.#sums = new Float64Array(ranks);
    let sum = 0;
    for (let rank = 0; rank < ranks; rank++) this.#sums[rank] = sum += (rank + 1) ** -exponent;
  }

  /** The next rank: 0 is the most popular. */
  next(): number {
    const point = this.random.next() * (this.#sums.at(-1) ?? 0);
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sums[middle]! > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
