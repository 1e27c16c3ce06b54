import { problemOf } from '../../options/option.js';
import { RATE } from '../job-options.js';
import { RATE_TOLERANCE } from '../lottery.js';

/** The rate of one job among those of its recruiter. */
export interface RateRow {
  readonly id: string;
  /** Anything; what is not a rate counts as nothing. */
  readonly rate: unknown;
  /** Where the job was declared. */
  readonly place?: string;
}

/** Maximum number of lines of a table. */
const LONGEST = 40;

/**
 * The rule of every recruiter: its rates add up to 1 at most.
 *
 * @param phrase - what is said of the sum: `` (sum) => `the rates add up to ${sum}, more than 1` ``.
 * @returns what is wrong, with a table of the rates; undefined when nothing is.
 */
export function rateSumProblem(
  rows: readonly RateRow[],
  phrase: (sum: number) => string,
): string | undefined {
  const sum = rows.reduce((total, row) => total + valueOf(row), 0);
  return isTooMuch(sum) ? `${phrase(rounded(sum))}:\n${rateTable(rows)}` : undefined;
}

/** Whether rates with this sum break the rule; a sum of 1 on paper may miss it in floats. */
export function isTooMuch(sum: number): boolean {
  return sum > 1 + RATE_TOLERANCE;
}

/** A sum of rates as a reader expects it: 1.3 rather than 1.2999999999999998. */
export function rounded(sum: number): number {
  return Number(sum.toPrecision(12));
}

/** The rates of all jobs as a table for an error message: largest first, at most 40 lines and the sum. */
export function rateTable(rows: readonly RateRow[]): string {
  const sorted = [...rows].sort((a, b) => valueOf(b) - valueOf(a));
  const rates = rows.filter(isRate);
  const sum = rounded(rates.reduce((total, row) => total + valueOf(row), 0));
  const lines = sorted.slice(0, LONGEST).map((row) => [String(row.rate), row.id, row.place ?? '']);
  if (rows.length > LONGEST) lines.push(['…', `and ${rows.length - LONGEST} more`, '']);
  lines.push([String(sum), `sum of ${rates.length}`, '']);
  const width = (column: number) => Math.max(...lines.map((line) => line[column]!.length));
  const [rateWidth, idWidth] = [width(0), width(1)];
  return lines
    .map(([rate, id, place]) => `  ${rate!.padEnd(rateWidth)}  ${id!.padEnd(idWidth)}  ${place}`.trimEnd())
    .join('\n');
}

function valueOf(row: RateRow): number {
  return isRate(row) ? Number(row.rate) : 0;
}

function isRate({ rate }: RateRow): boolean {
  return problemOf('rate', rate, RATE) === undefined;
}
