/** A straight line through points, by least squares. */
export interface Line {
  /** Of the values for each unit of time. */
  readonly slope: number;
  /** The slope lies within so much of it, with a confidence of 95 %. */
  readonly within: number;
}

/**
 * Ordinary least squares; the interval is that of the normal distribution, which is close enough for the dozens of
 * points of a soak. Neighbouring samples are alike: the interval is widened as for so many fewer samples as the
 * correlation of each residual with the next one says (an AR(1) process).
 */
export function lineThrough(times: readonly number[], values: readonly number[]): Line {
  const count = times.length;
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / count;
  const [time, value] = [mean(times), mean(values)];
  const spread = times.reduce((sum, each) => sum + (each - time) ** 2, 0);
  const slope =
    times.reduce((sum, each, index) => sum + (each - time) * (values[index]! - value), 0) / spread;
  const residuals = times.map((each, index) => values[index]! - value - slope * (each - time));
  const squares = residuals.reduce((sum, each) => sum + each ** 2, 0);
  const products = residuals.slice(1).reduce((sum, each, index) => sum + each * residuals[index]!, 0);
  const likeness = squares === 0 ? 0 : Math.min(0.95, Math.max(0, products / squares));
  const widened = Math.sqrt((1 + likeness) / (1 - likeness));
  return { slope, within: 1.96 * widened * Math.sqrt(squares / (count - 2) / spread) };
}
