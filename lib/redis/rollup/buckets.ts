import { describeValue } from '../../options/describe-value.js';

/** A point in time: a Date, or ms since the epoch. */
export type Moment = Date | number;

/** Furthest moment that a Date can represent: ms from the epoch. */
const FURTHEST = 8.64e15;

/** Maximum buckets of an item that one call reads. */
export const MAX_BUCKETS = 2000;

/** Consecutive buckets. */
export interface Span {
  /** Start of the first: ms since the epoch. */
  readonly first: number;
  readonly count: number;
}

/** Time cut into buckets of one width, the first of which begins with the epoch. */
export class Buckets {
  /** @param width - ms. */
  constructor(readonly width: number) {}

  /** Start of the bucket that a moment belongs to: ms since the epoch. */
  startOf(name: string, moment: Moment): number {
    return Math.floor(timeOf(name, moment) / this.width) * this.width;
  }

  /** The buckets from the one that holds `from` to the last that begins before `to`; without `to`, the one. */
  between(from: Moment, to: Moment | undefined, most = MAX_BUCKETS): Span {
    if (to === undefined) return { first: this.startOf('from', from), count: 1 };
    const first = this.startOf('from', from);
    const count = Math.ceil((timeOf('to', to) - first) / this.width);
    if (count < 1 || count > most) {
      throw new RangeError(
        `${describeValue(from)} to ${describeValue(to)} are ${count} buckets of ${this.width} ms; ` +
          `expected 1 to ${most}`,
      );
    }
    return { first, count };
  }
}

function timeOf(name: string, moment: Moment): number {
  const time = moment instanceof Date ? moment.getTime() : moment;
  if (typeof time !== 'number') {
    throw new TypeError(`${name} is ${describeValue(moment)}; expected a Date or ms since the epoch`);
  }
  if (!(Math.abs(time) <= FURTHEST)) {
    throw new RangeError(`${name} is ${describeValue(moment)}; expected a moment that a Date can represent`);
  }
  return time;
}
