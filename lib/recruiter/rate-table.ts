import { rateProblem } from './job-options.js';

/** One line of {@link rateTable}. */
export interface RateRow {
  readonly id: string;
  readonly rate: unknown;
  /** Where the job was declared. */
  readonly place?: string;
}

const LONGEST = 40;

/** The rates of all jobs as a table for an error message: largest first, at most 40 lines and the sum. */
export function rateTable(rows: readonly RateRow[]): string {
  const value = (row: RateRow) => (rateProblem(row.rate) === undefined ? (row.rate as number) : 0);
  const sorted = [...rows].sort((a, b) => value(b) - value(a));
  const sum = rows.reduce((total, row) => total + value(row), 0);
  const lines = sorted.slice(0, LONGEST).map((row) => [String(row.rate), row.id, row.place ?? '']);
  if (rows.length > LONGEST) lines.push(['…', `and ${rows.length - LONGEST} more`, '']);
  lines.push([String(sum), `sum of ${rows.length}`, '']);
  const width = (column: number) => Math.max(...lines.map((line) => line[column]!.length));
  const [rates, ids] = [width(0), width(1)];
  return lines
    .map(([rate, id, place]) => `  ${rate!.padEnd(rates)}  ${id!.padEnd(ids)}  ${place}`.trimEnd())
    .join('\n');
}
