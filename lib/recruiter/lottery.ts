import type { Random } from './random.js';

/** The longest gap, in enlistments, that is drawn at once: the largest integer that V8 keeps unboxed on every platform. */
const LONGEST_GAP = 2 ** 30 - 1;

/** Maximum rounding error of a sum of rates that should be 1. */
export const RATE_TOLERANCE = 1e-9;

/** A participant of the lottery. */
export interface Ticket {
  /** Probability to be drawn by one enlistment: 0 to 1. */
  readonly rate: number;
}

/**
 * Decides which enlistments draw a job, and which job they draw.
 *
 * Goal: each enlistment draws ticket i with probability rate(i), independently of all others, at a cost that does
 * not depend on the number of tickets and is close to zero when none is drawn.
 *
 * Model: with R the sum of all rates, the number of misses before the next hit is geometric,
 * `floor(log1p(-U) / log1p(-R))` for U uniform in [0, 1) (inversion: Devroye, "Non-Uniform Random Variate
 * Generation", 1986, chapter X.2; tcmalloc and Go's heap profiler sample in the same way). It is drawn once and
 * counted down. The distribution is memoryless, so a gap may be cut short and drawn again at any time, when rates change
 * or the gap was too long for a small integer, without bias.
 */
export class Lottery<T extends Ticket> {
  /**
   * Misses left. The caller decrements it in place, `if (skip > 0) skip--`, and calls {@link draw} at 0: a method call would
   * double the cost of the hot path.
   */
  skip = 0;

  #gap = 0;
  #endsInHit = false;
  #settled = 0;
  #stale = true;
  #tickets: T[] = [];
  #cumulative: Float64Array = new Float64Array(0);

  constructor(
    private readonly random: Random,
    /** Returns the current tickets; called again after {@link invalidate}. */
    private readonly tickets: () => Iterable<T>,
    private readonly rateOf: (ticket: T) => number = ({ rate }) => rate,
  ) {}

  /** Number of enlistments so far: exact, and derived from the gaps, so that the hot path need not count. */
  get enlistments(): number {
    return this.#settled + this.#gap - this.skip;
  }

  /** Must be called when tickets or rates have changed: the next enlistment draws a new gap. */
  invalidate(): void {
    this.#settled = this.enlistments;
    this.#gap = this.skip = 0;
    this.#endsInHit = false;
    this.#stale = true;
  }

  /** Handles one enlistment when `skip` is 0. Returns the ticket that it draws, if any. */
  draw(): T | undefined {
    if (this.#stale) this.#rebuild();
    if (!this.#endsInHit) {
      this.#drawGap();
      if (this.skip > 0) {
        this.skip--;
        return undefined;
      }
    }
    const ticket = this.#pick();
    this.#drawGap();
    this.#settled++;
    return ticket;
  }

  #rebuild(): void {
    this.#tickets = [...this.tickets()];
    this.#cumulative = new Float64Array(this.#tickets.length);
    let sum = 0;
    this.#tickets.forEach((ticket, index) => (this.#cumulative[index] = sum += this.rateOf(ticket)));
    this.#stale = false;
  }

  #drawGap(): void {
    this.#settled += this.#gap;
    const gap = geometricGap(this.random.next(), this.#total);
    this.#endsInHit = gap < LONGEST_GAP;
    // `| 0` makes this a small integer for V8: as a double, it would cost the hot path a tenth more.
    this.#gap = this.skip = this.#endsInHit ? gap | 0 : LONGEST_GAP;
  }

  get #total(): number {
    return this.#cumulative[this.#cumulative.length - 1] ?? 0;
  }

  #pick(): T | undefined {
    const point = this.random.next() * this.#total;
    let low = 0;
    let high = this.#tickets.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (point < this.#cumulative[middle]!) high = middle;
      else low = middle + 1;
    }
    return this.#tickets[low];
  }
}

/** Returns the misses before the next hit, for hits of probability `rate` and `uniform` in [0, 1); may be Infinity. */
function geometricGap(uniform: number, rate: number): number {
  if (rate <= 0) return Infinity;
  if (rate >= 1 - RATE_TOLERANCE) return 0;
  return Math.floor(Math.log1p(-uniform) / Math.log1p(-rate));
}
