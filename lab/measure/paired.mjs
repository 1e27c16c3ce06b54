/**
 * Compares two things on a machine that does other things too.
 *
 * Both are timed in turns of a few milliseconds, the first of a round being now the one and now the other; each round
 * gives one ratio, and the median of the ratios is what is reported. What disturbs a round disturbs both halves, or is
 * an outlier that a median does not see. `time(n)` does something n times and answers what that took, in ms.
 */
export async function paired(candidate, baseline, { rounds, turn }) {
  const [ours, theirs] = [await calibrate(candidate, turn), await calibrate(baseline, turn)];
  const ratios = [];
  const differences = [];
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? ours : theirs;
    const second = first === ours ? theirs : ours;
    const times = new Map();
    for (const each of [first, second]) times.set(each, (await each.time(each.n)) / each.n);
    ratios.push(times.get(ours) / times.get(theirs));
    differences.push((times.get(ours) - times.get(theirs)) * 1e6);
  }
  return { ratio: median(ratios), nanoseconds: median(differences), spread: spread(ratios) };
}

/** Warms up, and finds how often to repeat for a turn of that many ms. */
async function calibrate(time, turn) {
  let n = 1000;
  let ms = await time(n);
  while (ms < turn) {
    n *= 2;
    ms = await time(n);
  }
  // What has just been optimised runs faster than what was measured while it was not.
  for (let i = 0; i < 5; i++) ms = await time(n);
  return { time, n: Math.max(1, Math.round((n * turn) / ms)) };
}

/**
 * @param {readonly number[]} numbers
 * @returns {number}
 */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The quartiles, as a reader's measure of how calm the machine was. */
function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return [sorted[sorted.length >> 2], sorted[(sorted.length * 3) >> 2]];
}
