import { TRACES, type TraceName } from '../plan/traces.js';
import { WAYS, type WayName } from '../ways/index.js';
import type { Comparison } from './compare.js';
import type { LineCount } from './lines.js';

/** A column of a trace's table: its head, its cell, and, where less is better beyond doubt, what to go by. */
interface Column {
  readonly head: string;
  readonly cell: (comparison: Comparison) => string;
  readonly rank?: (comparison: Comparison) => number;
}

const COLUMNS: readonly Column[] = [
  {
    head: 'overdue p50 / p99 / max, s',
    cell: ({ backlog: { p50, p99, max } }) => [p50, p99, max].map((age) => age.toFixed(2)).join(' / '),
    rank: ({ backlog }) => backlog.p99,
  },
  { head: 'wasted runs', cell: ({ wasted }) => percent(wasted), rank: ({ wasted }) => wasted },
  {
    head: 'commands an item',
    cell: ({ perItem }) => fixed(perItem.commands, 2),
    rank: ({ perItem }) => perItem.commands,
  },
  { head: 'sent an item', cell: ({ perItem }) => fixed(perItem.sent, 2) },
  { head: 'Redis CPU an item, µs', cell: ({ perItem }) => fixed(perItem.redis, 1) },
  { head: 'CPU an item, µs', cell: ({ perItem }) => fixed(perItem.cpu, 0) },
  { head: 'p99 added, ms', cell: ({ p99Added }) => signed(p99Added, 1) },
  { head: 'backfill complete after, s', cell: ({ backfilled }) => fixed(backfilled, 1) },
];

const GAP: Column = {
  head: 'no work after the killing, s: any / each chore',
  cell: ({ gap }) => (gap === undefined ? '–' : `${gap.any.toFixed(2)} / ${gap.each.toFixed(2)}`),
  rank: ({ gap }) => gap?.each ?? Infinity,
};

/** One trace's table: all ways at each size, the best of each size in bold where the figure has one. */
export function traceTable(comparisons: readonly Comparison[], trace: TraceName): string {
  const own = comparisons.filter((each) => each.trace === trace);
  const columns = 'kill' in TRACES[trace] ? [...COLUMNS, GAP] : COLUMNS;
  const sizes = [...new Set(own.map(({ instances }) => instances))].toSorted((a, b) => a - b);
  const rows = sizes.flatMap((size) => {
    const group = own.filter(({ instances }) => instances === size).toSorted(byWay);
    const rivals = group.filter(({ way }) => way !== 'none-again');
    return group.map((each) => [
      String(size),
      WAYS[each.way].title,
      ...columns.map((column) => cellOf(column, each, rivals)),
    ]);
  });
  return markdown(['instances', 'way', ...columns.map(({ head }) => head)], rows);
}

export function linesTable(counts: readonly (readonly [title: string, lines: LineCount])[]): string {
  return markdown(
    ['what', 'lines', 'without imports and lone brackets'],
    counts.map(([title, { all, telling }]) => [title, String(all), String(telling)]),
  );
}

function cellOf({ cell, rank }: Column, comparison: Comparison, rivals: readonly Comparison[]): string {
  if (comparison.way === 'none-again' && rank !== undefined) return '–';
  const text = cell(comparison);
  const isBest = rank !== undefined && rank(comparison) <= Math.min(...rivals.map(rank));
  return isBest ? `**${text}**` : text;
}

function byWay(a: Comparison, b: Comparison): number {
  const order = Object.keys(WAYS) as WayName[];
  return order.indexOf(a.way) - order.indexOf(b.way);
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(0)} %`;
}

function fixed(value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits).replace('-', '−');
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}
