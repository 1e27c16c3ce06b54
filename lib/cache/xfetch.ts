import type { Random } from '../recruiter/random.js';

/**
 * Draws how early before its expiry one reader triggers the recompute of an entry, in recompute times: XFetch of
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
