import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simulate, type Figures } from './figures.js';
import { svgOf, type Series } from './svg.js';

const SIZES = [10, 30, 100, 300, 1000, 3000, 10_000];
/** An hour of warm-up, and a quarter that counts: a fleet of 10,000 takes a minute. */
const STEADY = 4500;
/** What the fleet view does by default: each process looks at the orders so often, and says what it does so often; ms. */
const VIEW = { look: 800, publish: 2000, mostPublishes: 200 } as const;

/** What each thing costs the main thread of Redis, in µs; measured by measure-costs.mjs. */
type Costs = Readonly<
  Record<'ordersLook' | 'publish' | 'leaseTakenAndReleased' | 'idleSlice' | 'fullSlice', number>
>;

interface Size {
  readonly processes: number;
  readonly steady: Figures;
  readonly night: Figures;
  readonly outage: Figures;
}

/** Simulates fleets of 10 to 10,000 processes; prints the tables of scaling.md and writes its plots. */
export function writeScaling(folder: string, most: number, seed: number): void {
  mkdirSync(folder, { recursive: true });
  const costs = readCosts();
  const sizes = SIZES.filter((processes) => processes <= most).map((processes) => runsOf(processes, seed));
  console.log(table(LAG, sizes.map(lagRow)));
  console.log(
    table(
      REDIS,
      sizes.map((size) => redisRow(size, costs)),
    ),
  );
  writeFileSync(join(folder, 'scaling-lag.svg'), lagPlot(sizes));
  writeFileSync(join(folder, 'scaling-redis.svg'), redisPlot(sizes, costs));
}

function runsOf(processes: number, seed: number): Size {
  const run = (trace: string, seconds: number) =>
    simulate({ policy: 'ours', trace, processes, seed, seconds }).figures;
  return {
    processes,
    steady: run('steady', STEADY),
    night: run('night', Infinity),
    outage: run('short-outage', Infinity),
  };
}

/** From the sources: what is measured belongs beside what was compiled from them. */
function readCosts(): Costs {
  const { costs } = JSON.parse(readFileSync('simulator/costs.json', 'utf8')) as { costs: Costs };
  return costs;
}

const LAG = [
  'processes',
  'slices/s',
  'wasted',
  'lag p50 / p99 / max, s',
  'night: looks/s',
  'night: lag p99, s',
  'outage: slices/s before / peak',
  'lag < 60 s after, s',
];

function lagRow({ processes, steady, night, outage }: Size): string[] {
  const { p50, p99, max } = steady.lag;
  const { steady: before, peakOfTen, seconds } = outage.recovery!;
  return [
    processes.toLocaleString('en'),
    figure(steady.slicesPerSecond),
    percent(steady.waste),
    `${p50} / ${p99} / ${max}`,
    figure(night.slicesPerSecond),
    String(night.lag.p99),
    `${figure(before)} / ${figure(peakOfTen)}`,
    Number.isFinite(seconds) ? String(seconds) : 'not in the hour',
  ];
}

const REDIS = [
  'processes',
  'slices',
  'slices at night',
  'peak after an outage',
  'were every job leased',
  'fleet view',
  'all but leases',
];

/** Shares of one Redis main thread. */
function redisRow(size: Size, costs: Costs): string[] {
  const shares = sharesOf(size, costs);
  const { slices, night, peak, leases, view } = shares;
  return [
    size.processes.toLocaleString('en'),
    ...[slices, night, peak, leases, view, slices + view].map(percent),
  ];
}

function sharesOf({ processes, steady, night, outage }: Size, costs: Costs) {
  const sliceCost = (waste: number) => waste * costs.idleSlice + (1 - waste) * costs.fullSlice;
  const share = (perSecond: number, cost: number) => (perSecond * cost) / 1e6;
  const publishes = Math.min(VIEW.mostPublishes, (processes * 1000) / VIEW.publish);
  return {
    slices: share(steady.slicesPerSecond, sliceCost(steady.waste)),
    night: share(night.slicesPerSecond, sliceCost(night.waste)),
    peak: share(outage.recovery!.peakOfTen, costs.fullSlice),
    leases: share(steady.slicesPerSecond, costs.leaseTakenAndReleased),
    view: share((processes * 1000) / VIEW.look, costs.ordersLook) + share(publishes, costs.publish),
  };
}

function lagPlot(sizes: readonly Size[]): string {
  const series = (name: string, of: (size: Size) => number): Series => ({
    name,
    points: sizes.map((size) => [size.processes, Math.max(1, of(size))] as const),
  });
  return svgOf({
    title: 'Age of the oldest waiting item by the size of the fleet, steady traffic',
    x: 'processes, logarithmic',
    y: 'seconds, logarithmic',
    xTicks: [10, 100, 1000, 10_000],
    logarithmicX: true,
    yTicks: [1, 10, 100, 1000],
    logarithmic: true,
    series: [
      series('by day, p99', ({ steady }) => steady.lag.p99),
      series('by day, p50', ({ steady }) => steady.lag.p50),
      series('at night, p99', ({ night }) => night.lag.p99),
    ],
  });
}

function redisPlot(sizes: readonly Size[], costs: Costs): string {
  const series = (name: string, of: (shares: ReturnType<typeof sharesOf>) => number): Series => ({
    name,
    points: sizes.map((size) => [size.processes, 100 * of(sharesOf(size, costs))] as const),
  });
  return svgOf({
    title: 'What fleets cost one Redis',
    x: 'processes, logarithmic',
    y: '% of its main thread, logarithmic',
    xTicks: [10, 100, 1000, 10_000],
    logarithmicX: true,
    yTicks: [0.001, 0.01, 0.1, 1, 10, 100],
    logarithmic: true,
    series: [
      series('slices by day', ({ slices }) => slices),
      series('fleet view', ({ view }) => view),
      series('peak after outage', ({ peak }) => peak),
      series('slices at night', ({ night }) => night),
      series('leases', ({ leases }) => leases),
    ],
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `\n${[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}`;
}

function figure(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

function percent(share: number): string {
  return `${figure(100 * share)} %`;
}
