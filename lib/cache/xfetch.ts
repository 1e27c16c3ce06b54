import type { Random } from '../recruiter/random.js';

/**
 * How many times its recompute time ahead of its expiry an entry is to be recomputed, as one reader draws it: XFetch of
 * Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015, where a reader
 * recomputes when `now - delta * beta * ln(rand) >= expiry`. This is `-beta * ln(rand)`: exponentially distributed, with
 * mean `beta`. The more readers there are, the earlier the first of them draws enough.
 *
 * @param beta - above 1: earlier, below: later; 0: not before the expiry.
 */
export function drawLead(beta: number, random: Random): number {
  // The source draws from [0, 1), and the logarithm wants (0, 1].
  return -beta * Math.log(1 - random.next());
}
