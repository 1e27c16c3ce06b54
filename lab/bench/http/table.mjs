import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { interval, mean, ratioInterval } from '../../measure/statistics.mjs';

const PAGE = 'bench/http/README.md';
const BEGIN = '<!-- http: table -->';
const END = '<!-- http: end -->';
const HEADS = [
  'platform',
  'slice',
  'utilization',
  'slices/s',
  'p50',
  'p99',
  'p99 of bare, ms',
  'p99 added, ms',
  'CPU a request',
];

/** The cells as a Markdown table: ratios of decorated to bare, and differences, with their 95 % confidence intervals. */
export function tableOf({ cells }) {
  const rows = cells
    .toSorted(byPlace)
    .map((cell) => [
      cell.platform,
      nameOf(cell.slice),
      String(cell.utilization),
      mean(cell.slices).toFixed(1),
      ratio(cell.p50),
      ratio(cell.p99),
      mean(cell.bareP99).toFixed(2),
      difference(cell.p99Added),
      ratio(cell.cpu),
    ]);
  return [HEADS, HEADS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Writes the table into the place that the page has for it. */
export async function render(results) {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for the table: ${BEGIN} … ${END}`);
  const pairs = results.cells.map(({ cpu }) => cpu.length);
  const loads = results.cells.map(({ load }) => load);
  const about =
    `${results.machine}, Node ${results.node}, at least ${Math.min(...pairs)} pairs of servers a line, ` +
    `load ${Math.min(...loads)} to ${Math.max(...loads)}.`;
  const filled = `${page.slice(0, from + BEGIN.length)}\n\n${about}\n\n${tableOf(results)}\n\n${page.slice(to)}`;
  writeFileSync(PAGE, await format(filled, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

function byPlace(a, b) {
  return placeOf(a).localeCompare(placeOf(b), 'en', { numeric: true });
}

function placeOf({ platform, slice, utilization }) {
  return [platform, slice.startsWith('io') ? 0 : 1, slice, utilization].join(' ');
}

function nameOf(slice) {
  const [kind, ms] = slice.split('-');
  return `${ms} ms ${kind === 'io' ? 'IO' : 'CPU'}`;
}

function ratio(values) {
  const { mean: centre, low, high } = ratioInterval(values);
  return `${times(centre)} (${times(low)} to ${times(high)})`;
}

/** What is beyond a hundred says only that nothing is known. */
const times = (factor) => (factor > 100 ? '> 100' : factor.toFixed(2));

function difference(values) {
  const { mean: centre, low, high } = interval(values);
  return `${signed(centre)} (${signed(low)} to ${signed(high)})`;
}

function signed(value) {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
