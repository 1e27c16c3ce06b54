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

const PAGE = 'docs/benchmarks-peers.md';
const PLOTS = 'docs/plots';
const SOURCES = 'bench/peers';

/** All tables, for a reader at a terminal. */
export function tablesOf(results: Results): string {
  const comparisons = compareAll(results.runs);
  const traces = tracesOf(results).map((trace) => `${trace}\n\n${traceTable(comparisons, trace)}`);
  return [...traces, linesOfWays()].join('\n\n');
}

/** Writes plots, and the tables into the places that the page has for them. */
export async function render(results: Results): Promise<void> {
  const comparisons = compareAll(results.runs);
  mkdirSync(PLOTS, { recursive: true });
  for (const [name, svg] of plotsOf(results, comparisons)) writeFileSync(join(PLOTS, name), svg);
  const parts = new Map([
    ['machine', `${results.machine}, Node ${results.node}, ${results.redis}.`],
    ['lines', linesOfWays()],
    ...tracesOf(results).map((trace) => [trace, traceTable(comparisons, trace)] as const),
  ]);
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, content] of parts) page = filled(page, name, content);
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

function tracesOf({ runs }: Results): TraceName[] {
  return (Object.keys(TRACES) as TraceName[]).filter((trace) => runs.some((run) => run.trace === trace));
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
