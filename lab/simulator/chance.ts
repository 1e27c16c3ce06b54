import type { Random } from '../../lib/recruiter/random.js';

/** From here on the normal distribution stands in for the others: its error is far below the noise of a run. */
const MANY = 40;

/** The distributions that the simulated world draws from. */
export class Chance implements Random {
  constructor(private readonly random: Random) {}

  next(): number {
    return this.random.next();
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.random.next()) * mean;
  }

  /** Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log1p(-this.random.next())) * Math.cos(2 * Math.PI * this.random.next());
  }

  poisson(mean: number): number {
    if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.random.next(); product > limit; product *= this.random.next()) count++;
    return count;
  }

  /** The sum of `count` exponential times of the same mean. */
  erlang(count: number, mean: number): number {
    if (count > MANY) return Math.max(0, mean * (count + Math.sqrt(count) * this.normal()));
    let product = 1;
    for (let index = 0; index < count; index++) product *= 1 - this.random.next();
    return -Math.log(product) * mean;
  }

  /** Pareto with mean 1 and tail index 1.5: its variance is infinite. Cut at 1,000 times the mean. */
  heavyTail(): number {
    return Math.min(1000, (1 - this.random.next()) ** (-1 / 1.5) / 3);
  }
}
