import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { TRACES, type TraceName } from '../plan/traces.js';
import type { Results } from '../run/results-file.js';
import { WAYS } from '../ways/index.js';
import { compareAll } from './compare.js';
import { countLines } from './lines.js';
import { plotsOf } from './plots.js';
import { linesTable, traceTable } from './tables.js';

const PAGE = 'peers/README.md';
const PLOTS = 'peers/plots';
const SOURCES = 'peers';
const TRACE_NAMES = Object.keys(TRACES) as TraceName[];
const UNKNOWN = 'Not recorded yet.';

/** All tables, for a reader at a terminal. */
export function tablesOf(results: Results): string {
  const comparisons = compareAll(results.runs);
  const traces = tracesOf(results).map((trace) => `${trace}\n\n${traceTable(comparisons, trace)}`);
  return [...traces, linesOfWays()].join('\n\n');
}

function machineOf({ machine, node, redis, runs }: Results): string {
  const loads = runs.map(({ load }) => load);
  return (
    `${machine}, Node ${node}, ${redis.replace(/^(\w+) server v=([\d.]+).*$/, '$1 $2')}; load of the machine ${Math.min(...loads)} to ${Math.max(...loads)}, ` +
    `${Math.max(...runs.map(({ round }) => round))} round(s).`
  );
}

/** Writes plots, and tables and plots into the places that the page has for them. */
export async function render(results: Results): Promise<void> {
  const comparisons = compareAll(results.runs);
  const plots = plotsOf(results, comparisons);
  mkdirSync(PLOTS, { recursive: true });
  for (const [name, svg] of plots) writeFileSync(join(PLOTS, name), svg);
  const plot = (name: string, title: string) => (plots.has(name) ? `![${title}](plots/${name})` : '');
  const traceOf = (trace: TraceName) => {
    const table = traceTable(comparisons, trace);
    return [table, plot(`peers-overdue-${trace}.svg`, `Age of the oldest overdue item, ${trace}`)].join(
      '\n\n',
    );
  };
  const known = tracesOf(results);
  const parts: [string, string][] = [
    ['machine', machineOf(results)],
    ['lines', linesOfWays()],
    ['sizes', plot('peers-commands.svg', 'Redis commands for an item of work')],
    ...TRACE_NAMES.map((trace): [string, string] => [
      trace,
      known.includes(trace) ? traceOf(trace) : UNKNOWN,
    ]),
  ];
  const page = parts.reduce(
    (text, [name, content]) => filled(text, name, content || UNKNOWN),
    readFileSync(PAGE, 'utf8'),
  );
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

function tracesOf({ runs }: Results): TraceName[] {
  return TRACE_NAMES.filter((trace) => runs.some((run) => run.trace === trace));
}

function linesOfWays(): string {
  const linesOf = (file: string) => countLines(readFileSync(join(SOURCES, file), 'utf8'));
  const ways = Object.values(WAYS).filter(({ title }) => !title.startsWith('nothing'));
  return linesTable([
    ...ways.map(({ title, file }) => [title, linesOf(`ways/${file}`)] as const),
    ['data access of all but the original', linesOf('work/scripted-chores.ts')],
    ['data access of the original', linesOf('work/transactional-chores.ts')],
  ]);
}

/** Puts the content between the marks of that name. */
function filled(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- peers: ${name} -->`, '<!-- peers: end -->'];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${PAGE} has no place for ${name}: ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`;
}
