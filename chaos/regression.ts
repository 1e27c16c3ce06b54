/** A straight line through points, by least squares. */
export interface Line {
  /** Of the values for each unit of time. */
  readonly slope: number;
  /** The slope lies within so much of it, with a confidence of 95 %. */
  readonly within: number;
}

/**
 * Ordinary least squares; the interval is that of the normal distribution, which is close enough for the dozens of
 * points of a soak. Neighbouring samples are alike, so that the interval is too narrow rather than too wide.
 */
export function lineThrough(times: readonly number[], values: readonly number[]): Line {
  const count = times.length;
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / count;
  const [time, value] = [mean(times), mean(values)];
  const spread = times.reduce((sum, each) => sum + (each - time) ** 2, 0);
  const slope =
    times.reduce((sum, each, index) => sum + (each - time) * (values[index]! - value), 0) / spread;
  const residuals = times.reduce(
    (sum, each, index) => sum + (values[index]! - value - slope * (each - time)) ** 2,
    0,
  );
  return { slope, within: 1.96 * Math.sqrt(residuals / (count - 2) / spread) };
}
