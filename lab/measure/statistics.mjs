/**
 * The value that so large a share of the values does not exceed; 0 of none.
 *
 * @param {readonly number[]} values
 * @param {number} share
 */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** 97.5 % points of Student's t by degrees of freedom, from 1. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
];
const T_OF_MANY = 2.131;

/**
 * Mean of independent values with its 95 % confidence interval by Student's t.
 *
 * @param {readonly number[]} values
 * @returns {{ mean: number, low: number, high: number }} infinitely wide for a single value
 */
export function interval(values) {
  const centre = mean(values);
  const freedom = values.length - 1;
  if (freedom === 0) return { mean: centre, low: -Infinity, high: Infinity };
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / freedom;
  const half = (T[freedom - 1] ?? T_OF_MANY) * Math.sqrt(variance / values.length);
  return { mean: centre, low: centre - half, high: centre + half };
}

/** The same for ratios: their geometric mean, as twice as much and half as much are equally far from the same. */
export function ratioInterval(ratios) {
  const { mean: centre, low, high } = interval(ratios.map(Math.log));
  return { mean: Math.exp(centre), low: Math.exp(low), high: Math.exp(high) };
}
