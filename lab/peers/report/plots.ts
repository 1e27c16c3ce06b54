import { svgOf } from '../../simulator/svg.js';
import { TRACES, type TraceName } from '../plan/traces.js';
import type { RunResult } from '../run/result.js';
import type { Results } from '../run/results-file.js';
import { WAYS, type WayName } from '../ways/index.js';
import { worstAges, type Comparison } from './compare.js';

const COMPARED = (Object.keys(WAYS) as WayName[]).filter((way) => !WAYS[way].title.startsWith('nothing'));
/** The size that the plots over time show, where it was measured. */
const SIZE = 4;

/** Names and contents of the plots that this data is enough for. */
export function plotsOf(results: Results, comparisons: readonly Comparison[]): Map<string, string> {
  const plots = new Map<string, string>();
  for (const trace of Object.keys(TRACES) as TraceName[]) {
    const runs = results.runs.filter(
      (run) => run.trace === trace && run.instances === SIZE && run.round === 1 && COMPARED.includes(run.way),
    );
    if (runs.length > 0) plots.set(`peers-overdue-${trace}.svg`, overduePlot(trace, runs));
  }
  const steady = comparisons.filter(({ trace, way }) => trace === 'steady' && COMPARED.includes(way));
  if (new Set(steady.map(({ instances }) => instances)).size > 1) {
    plots.set('peers-commands.svg', commandsPlot(steady));
  }
  return plots;
}

function overduePlot(trace: TraceName, runs: readonly RunResult[]): string {
  const seconds = TRACES[trace].length / 1000;
  return svgOf({
    title: `Age of the oldest overdue item: ${trace}, ${SIZE} instances`,
    x: 'seconds',
    y: 'seconds, logarithmic',
    xTicks: Array.from({ length: seconds / 2.5 + 1 }, (_, index) => index * 2.5),
    yTicks: [0.03, 0.1, 0.3, 1, 3, 10],
    logarithmic: true,
    series: inOrder(runs).map((run) => {
      const ages = worstAges(run);
      return {
        name: WAYS[run.way].title,
        points: ages.map((age, index) => [((index + 1) / ages.length) * seconds, age / 1000] as const),
      };
    }),
  });
}

function commandsPlot(steady: readonly Comparison[]): string {
  const sizes = [...new Set(steady.map(({ instances }) => instances))].toSorted((a, b) => a - b);
  const most = Math.max(...steady.map(({ perItem }) => perItem.commands));
  return svgOf({
    title: 'Redis commands for an item of work by size of the fleet: steady',
    x: 'instances',
    y: 'commands, those of scripts included',
    xTicks: [0, ...sizes],
    yTicks: Array.from({ length: Math.ceil(most) + 1 }, (_, index) => index),
    series: COMPARED.map((way) => ({
      name: WAYS[way].title,
      points: steady
        .filter((each) => each.way === way)
        .toSorted((a, b) => a.instances - b.instances)
        .map(({ instances, perItem }) => [instances, perItem.commands] as const),
    })),
  });
}

function inOrder(runs: readonly RunResult[]): RunResult[] {
  return runs.toSorted((a, b) => COMPARED.indexOf(a.way) - COMPARED.indexOf(b.way));
}
