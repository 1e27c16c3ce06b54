/**
 * A fleet at full load, without faults: `npm run soak -- --minutes 30 --processes 4`. Prints how heap, memory, handles
 * and Redis grow, as slopes with their confidence; ends with 1 when one of them grows beyond doubt and by more than is
 * put up with.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { lineThrough } from './regression.js';
import { World } from './world.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    processes: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
  },
});
const minutes = Number(values.minutes);
/** Code is compiled and pools are filled first: this share of the time is not looked at. */
const WARM_UP = 0.2;
const SAMPLES = 120;

interface Series {
  readonly name: string;
  readonly unit: string;
  /** What it may grow by in an hour, in its unit, before it counts as a leak. */
  readonly allowed: number;
  readonly read: () => number | Promise<number>;
  readonly values: number[];
}

const world = await World.begin({
  seed: Number(values.seed),
  processes: Number(values.processes),
  execArgv: ['--expose-gc'],
});
const mean = (of: (worker: (typeof world.fleet.workers)[number]) => number) => () =>
  world.fleet.workers.reduce((all, worker) => all + of(worker), 0) / world.fleet.workers.length;
const MEGABYTE = 1 << 20;
const series: Series[] = [
  {
    name: 'heap of a worker',
    unit: 'MB',
    allowed: 2,
    read: mean(({ latest }) => (latest?.heap ?? 0) / MEGABYTE),
  },
  {
    name: 'RSS of a worker',
    unit: 'MB',
    allowed: 20,
    read: mean(({ latest }) => (latest?.rss ?? 0) / MEGABYTE),
  },
  {
    name: 'handles of a worker',
    unit: '',
    allowed: 2,
    read: mean(({ latest }) => sum(latest?.resources ?? {})),
  },
  { name: 'listeners of a worker', unit: '', allowed: 1, read: mean(({ latest }) => latest?.listeners ?? 0) },
  { name: 'memory of Redis', unit: 'MB', allowed: 5, read: redisMemory },
].map((each) => ({ ...each, values: [] }));

const reaching = setInterval(() => world.traffic.reach(), 100);
const times: number[] = [];
const begun = performance.now();
const end = begun + minutes * 60_000;
const feeding = feed();
try {
  for (let sample = 1; sample <= SAMPLES; sample++) {
    await pause(Math.max(0, begun + (sample / SAMPLES) * minutes * 60_000 - performance.now()));
    if (sample < SAMPLES * WARM_UP) continue;
    times.push((performance.now() - begun) / 3_600_000);
    for (const each of series) each.values.push(await each.read());
  }
  await feeding;
} finally {
  clearInterval(reaching);
  await world.end();
}

const slices = ['fields', 'views', 'pass', 'queue']
  .map((job) => `${job} ${world.fleet.done(job)}`)
  .join(', ');
console.log(`${minutes} minutes, ${world.traffic.requests} requests, slices: ${slices}`);
for (const { name, unit, allowed, values: seen } of series) {
  const { slope, within } = lineThrough(times, seen);
  const isLeak = slope - within > allowed;
  console.log(
    `${name.padEnd(22)} ${seen[0]!.toFixed(1)} to ${seen.at(-1)!.toFixed(1)} ${unit}, slope ${slope.toFixed(2)} ± ` +
      `${within.toFixed(2)} ${unit}/h${isLeak ? ` - GROWS by more than ${allowed} ${unit}/h` : ''}`,
  );
  if (isLeak) process.exitCode = 1;
}
for (const what of [...world.violations, ...world.traffic.failures]) {
  console.log(`VIOLATION: ${what}`);
  process.exitCode = 1;
}
process.exit();

/** Data comes and goes all the time, so that there is something to do. */
async function feed(): Promise<void> {
  while (performance.now() < end) {
    for (const model of world.models) {
      await model.step().catch((error: unknown) => world.violate(`${model.name}: ${String(error)}`));
    }
    await pause(5);
  }
}

async function redisMemory(): Promise<number> {
  const info = await world.direct.info('memory');
  return Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0) / MEGABYTE;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, each) => all + each, 0);
}
