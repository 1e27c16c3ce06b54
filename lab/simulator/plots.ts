import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecruiterOptions } from '../../lib/recruiter/options.js';
import { simulate } from './figures.js';
import type { RunRecord } from './record.js';
import { svgOf, type Series } from './svg.js';
import { TRACES } from './traces.js';
import { JOBS, REQUEST_LOOP } from './world.js';

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21, 24];
const COMPARED = ['ours', 'fixed', 'cron-leader', 'cron-each'];

/** Writes the plots of docs/how-it-decides.md from runs of the simulator. */
export function writePlots(folder: string, processes: number, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const run = (policy: string, trace = 'diurnal', options: RecruiterOptions = {}) =>
    simulate({ policy, trace, processes, seed, options }).record;
  const ours = run('ours');
  const others = COMPARED.slice(1).map((policy) => [policy, run(policy)] as const);
  const write = (name: string, svg: string) => writeFileSync(join(folder, name), svg);
  write('lag.svg', lagPlot([['ours', ours], ...others], processes));
  write('levels.svg', levelsPlot(ours, processes));
  write(
    'load.svg',
    loadPlot(
      [
        ['ours', ours],
        ['without the load gate', run('ours', 'diurnal', { load: false })],
      ],
      processes,
    ),
  );
  write(
    'recovery.svg',
    recoveryPlot([
      ['ours', run('ours', 'outage')],
      ['cron-leader', run('cron-leader', 'outage')],
    ]),
  );
}

function lagPlot(runs: readonly (readonly [string, RunRecord])[], processes: number): string {
  const series = runs.map(([name, { lag }]) => ({
    name,
    points: windows(lag, 600).map((part, index) => [index / 6, Math.max(1, ...part)] as const),
  }));
  return svgOf({
    title: `Age of the oldest waiting item over a day, ${processes} processes`,
    x: 'hour',
    y: 'seconds: the worst of each ten minutes, logarithmic',
    xTicks: HOURS,
    yTicks: [1, 10, 100, 1000, 10_000, 100_000],
    logarithmic: true,
    series,
  });
}

function levelsPlot({ levels }: RunRecord, processes: number): string {
  const series = JOBS.map(({ id }, job) => ({
    name: id,
    points: levels
      .filter((_, minute) => minute % 5 === 0)
      .map((level, index) => [index / 12, level[job]!] as const),
  }));
  return svgOf({
    title: `Back-off of each job over a day, mean of ${processes} processes`,
    x: 'hour',
    y: 'level n: the job runs at rate / 2^n',
    xTicks: HOURS,
    yTicks: [0, 1, 2, 3, 4, 5, 6],
    series,
  });
}

function loadPlot(runs: readonly (readonly [string, RunRecord])[], processes: number): string {
  const traffic = TRACES.diurnal!().traffic;
  const series = runs.map(([name, { slices }]): Series => ({
    name,
    scattered: true,
    points: windows(slices, 60)
      .map((part, minute) => [(traffic(minute * 60 + 30) * REQUEST_LOOP) / 1000, mean(part)] as const)
      .filter(([utilization]) => utilization > 0.01),
  }));
  return svgOf({
    title: `Slices by utilization, ${processes} processes, each minute of a day`,
    x: 'utilization of the event loop by requests',
    y: 'slices/s of the fleet, logarithmic',
    xTicks: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    yTicks: [1, 2, 5, 10, 20, 50, 100],
    logarithmic: true,
    series,
  });
}

function recoveryPlot(runs: readonly (readonly [string, RunRecord])[]): string {
  const series = runs.map(([name, { slices }]) => ({
    name,
    points: windows(slices.slice(13.75 * 3600, 15 * 3600), 10).map(
      (part, index) => [index / 6 - 45, mean(part)] as const,
    ),
  }));
  return svgOf({
    title: 'Slices/s around an outage of Redis of 30 minutes',
    x: 'minutes after Redis is back',
    y: 'slices/s of the fleet, mean of ten seconds',
    xTicks: [-45, -30, -15, 0, 15, 30],
    yTicks: [0, 50, 100, 150, 200, 250],
    series,
  });
}

function windows(values: Float64Array, length: number): Float64Array[] {
  const count = Math.floor(values.length / length);
  return Array.from({ length: count }, (_, index) => values.slice(index * length, (index + 1) * length));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
