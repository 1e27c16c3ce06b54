import { problemOf } from '../../options/option.js';
import { RATE } from '../job-options.js';
import { RATE_TOLERANCE } from '../lottery.js';

/** The rate of one job among those of its recruiter. */
export interface RateRow {
  readonly id: string;
  /** Any value; a value that is not a rate counts as 0. */
  readonly rate: unknown;
  /** Class and method of the declaration. */
  readonly place?: string;
}

/** Maximum rows of a table. */
const MAX_ROWS = 40;

/**
 * Checks that the rates of a recruiter add up to at most 1.
 *
 * @param phrase - makes the message from the sum: `` (sum) => `the rates add up to ${sum}, more than 1` ``.
 * @returns the problem, with a table of the rates; undefined if there is none.
 */
export function rateSumProblem(
  rows: readonly RateRow[],
  phrase: (sum: number) => string,
): string | undefined {
  const sum = rows.reduce((total, row) => total + valueOf(row), 0);
  return isTooMuch(sum) ? `${phrase(rounded(sum))}:\n${rateTable(rows)}` : undefined;
}

/** Whether a sum of rates is more than 1, apart from rounding errors. */
export function isTooMuch(sum: number): boolean {
  return sum > 1 + RATE_TOLERANCE;
}

/** Rounds a sum of rates for a reader: 1.3 instead of 1.2999999999999998. */
export function rounded(sum: number): number {
  return Number(sum.toPrecision(12));
}

/** The rates of all jobs as a table for an error message: largest first, at most 40 rows and the sum. */
export function rateTable(rows: readonly RateRow[]): string {
  const sorted = [...rows].sort((a, b) => valueOf(b) - valueOf(a));
  const rates = rows.filter(isRate);
  const sum = rounded(rates.reduce((total, row) => total + valueOf(row), 0));
  const lines = sorted.slice(0, MAX_ROWS).map((row) => [String(row.rate), row.id, row.place ?? '']);
  if (rows.length > MAX_ROWS) lines.push(['…', `and ${rows.length - MAX_ROWS} more`, '']);
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
