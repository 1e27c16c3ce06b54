/** A quantile of a sample, and the bounds within which that of the population lies. */
export interface Quantile {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Size of the sample. */
  readonly count: number;
}

/** By the order statistics of the sample, which need to know nothing of the distribution; with a confidence of 95 %. */
export function quantile(values: readonly number[], share: number): Quantile {
  const sorted = [...values].sort((a, b) => a - b);
  const { length: count } = sorted;
  const at = (index: number) => sorted[Math.max(0, Math.min(count - 1, Math.floor(index)))] ?? Number.NaN;
  const margin = 1.96 * Math.sqrt(count * share * (1 - share));
  return {
    value: at(share * count),
    low: at(share * count - margin),
    high: at(share * count + margin),
    count,
  };
}
