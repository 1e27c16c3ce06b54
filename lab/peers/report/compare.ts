import { median as medianOf } from '../../measure/paired.mjs';
import { quantile } from '../../measure/statistics.mjs';
import type { TraceName } from '../plan/traces.js';
import type { RunResult } from '../run/result.js';
import type { WayName } from '../ways/index.js';

/** A way against nothing on the same requests: what the tables show. Medians over the rounds. */
export interface Comparison {
  readonly way: WayName;
  readonly instances: number;
  readonly trace: TraceName;
  readonly rounds: number;
  /** Age of the oldest overdue item: s. */
  readonly backlog: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of runs that found nothing; NaN where there were no runs. */
  readonly wasted: number;
  /** For an item of work: commands in Redis, those sent to it, its CPU time, and that of the instances, both in µs. */
  readonly perItem: {
    readonly commands: number;
    readonly sent: number;
    readonly redis: number;
    readonly cpu: number;
  };
  /** ms. */
  readonly p99Added: number;
  /** s; NaN where it was not completed. */
  readonly backfilled: number;
  readonly gap: { readonly any: number; readonly each: number } | undefined;
}

/** Holds each run to that of nothing with the same requests. Runs without one are left out. */
export function compareAll(runs: readonly RunResult[]): Comparison[] {
  const bases = runs.filter(({ way }) => way === 'none');
  const groups = new Map<string, (readonly [RunResult, RunResult])[]>();
  for (const run of runs) {
    const base = bases.find((each) => isSameWorld(each, run));
    if (run.way === 'none' || base === undefined) continue;
    const key = `${run.trace} ${run.instances} ${run.way}`;
    groups.set(key, [...(groups.get(key) ?? []), [run, base]]);
  }
  const usual = quantile(
    runs.map(itemsOf).filter((items) => items > 0),
    0.5,
  );
  return [...groups.values()].map((pairs) => comparisonOf(pairs, usual));
}

function isSameWorld(a: RunResult, b: RunResult): boolean {
  return a.instances === b.instances && a.trace === b.trace && a.round === b.round && a.length === b.length;
}

function comparisonOf(pairs: readonly (readonly [RunResult, RunResult])[], usual: number): Comparison {
  const { way, instances, trace } = pairs[0]![0];
  const over = (figure: (run: RunResult, base: RunResult) => number) =>
    median(pairs.map(([run, base]) => figure(run, base)));
  /** What a run has more of than nothing has for as many requests; for each item, of which nothing itself does none. */
  const perItem = (figure: 'commands' | 'sent' | 'serverTime' | 'cpu') =>
    over((run, base) => {
      const own = (base[figure] / base.requests.answered) * run.requests.answered;
      return (run[figure] - own) / (way === 'none-again' ? usual : itemsOf(run));
    });
  const gaps = pairs.flatMap(([run]) => (run.gap === null ? [] : [run.gap]));
  return {
    way,
    instances,
    trace,
    rounds: pairs.length,
    backlog: {
      p50: over((run) => quantile(worstAges(run), 0.5)) / 1000,
      p99: over((run) => quantile(worstAges(run), 0.99)) / 1000,
      max: over((run) => quantile(worstAges(run), 1)) / 1000,
    },
    wasted: over(wastedOf),
    perItem: {
      commands: perItem('commands'),
      sent: perItem('sent'),
      redis: perItem('serverTime') * 1000,
      cpu: perItem('cpu') * 1000,
    },
    p99Added: over((run, base) => run.latency.p99 - base.latency.p99),
    backfilled: over((run) => (run.backfilled ?? Number.NaN) / 1000),
    gap:
      gaps.length === 0
        ? undefined
        : {
            any: median(gaps.map(({ any }) => any)) / 1000,
            each: median(gaps.map(({ each }) => each)) / 1000,
          },
  };
}

/** Age of the oldest overdue item of the worse chore, at each look: ms. */
export function worstAges({ ages }: Pick<RunResult, 'ages'>): number[] {
  return ages.expire.map((age, index) => Math.max(age, ages.fold[index] ?? 0));
}

export function itemsOf({ items }: Pick<RunResult, 'items'>): number {
  return items.fields + items.views + items.films;
}

export function wastedOf({ runs }: Pick<RunResult, 'runs'>): number {
  const all = Object.values(runs);
  const sum = (of: 'all' | 'idle') => all.reduce((total, chore) => total + chore[of], 0);
  return sum('idle') / sum('all');
}

/** NaN when one of them is: sorting would hide it. */
function median(values: readonly number[]): number {
  return values.some(Number.isNaN) ? Number.NaN : medianOf(values);
}
