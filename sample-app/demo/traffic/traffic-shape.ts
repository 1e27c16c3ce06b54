import { readDataset } from '../../src/datasets.js';

const HOURS = 24;

/** How traffic swells and ebbs over a day that is compressed into some seconds. */
export class TrafficShape {
  /** Traffic of each hour, as a multiple of the day's mean. */
  readonly #hours: readonly number[];

  /**
   * @param counts - events of each hour of a day: 24 of them.
   * @param dayLength - how long the compressed day takes: ms.
   */
  constructor(
    counts: readonly number[],
    private readonly dayLength: number,
  ) {
    const mean = counts.reduce((sum, count) => sum + count, 0) / HOURS;
    if (counts.length !== HOURS || !(mean > 0)) {
      throw new RangeError(`Expected the counts of ${HOURS} hours, not all 0; got ${counts.join(', ')}`);
    }
    this.#hours = counts.map((count) => count / mean);
  }

  /** The shape of vega-datasets' github.csv: commits by the hour, over some 100 days (simulated, as its makers say). */
  static ofGitHub(dayLength: number): TrafficShape {
    return new TrafficShape(countByHour(readDataset('github.csv')), dayLength);
  }

  /** The hour of the compressed day, 0 to 23, `elapsed` ms after it began. */
  hourAt(elapsed: number): number {
    return Math.floor((elapsed / this.dayLength) * HOURS) % HOURS;
  }

  /** Traffic at that time as a multiple of the mean. */
  factorAt(elapsed: number): number {
    return this.#hours[this.hourAt(elapsed)]!;
  }
}

/** Adds up lines of `2015/01/01 01:00:00,2` by their hour. */
export function countByHour(csv: string): number[] {
  const counts = Array<number>(HOURS).fill(0);
  for (const [, hour, count] of csv.matchAll(/^\S+ (\d\d):\d\d:\d\d,(\d+)\r?$/gm)) {
    counts[Number(hour)]! += Number(count);
  }
  return counts;
}
