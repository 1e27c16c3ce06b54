/**
 * A fleet at full load, without faults: `npm run soak -- --minutes 30 --processes 4`. All that looks at a fleet is on
 * (dashboard, Prometheus, StatsD), with a viewer of each dashboard that never reads; jobs fail, and ids are made up as
 * the workers run. Prints how heap, memory, handles
 * and Redis grow, as slopes with their confidence (95 %), and a verdict: ends with 1 when one of them grows beyond doubt
 * and by more than is put up with, or anything else was not as it has to be.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Worker } from './fleet.js';
import { Violation, type Model } from './models/model.js';
import { lineThrough } from './regression.js';
import { OneServer } from './stores/one-server.js';
import { Viewers } from './viewers.js';
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
const WARM_UP = 0.25;
/** In fewer minutes all that grows is still on its way to its size: then slopes are shown, and not judged. */
const ENOUGH = 10;
const SAMPLES = 160;
/** From one scrape of the metrics to the next: ms. */
const SCRAPED = 5000;
const MEGABYTE = 1 << 20;
/** Counts of views are kept for so long, so that the data of Redis reaches its size during the warm-up: ms. */
const RETENTION = 20_000;

interface Series {
  readonly name: string;
  readonly unit: string;
  /** What it may grow by in an hour, in its unit, before it counts as a leak. */
  readonly allowed: number;
  readonly read: () => number | Promise<number>;
}

const world = await World.begin(await OneServer.start(), {
  seed: Number(values.seed),
  processes: Number(values.processes),
  control: false,
  execArgv: ['--expose-gc'],
  environment: { RETENTION: String(RETENTION), WATCHED: '1' },
  // As fast as it is answered.
  traffic: { concurrency: 3, longestPause: 0 },
});
const mean = (of: (latest: NonNullable<Worker['latest']>) => number) => () => {
  const { workers } = world.fleet;
  return (
    workers.reduce((all, { latest }) => all + (latest === undefined ? 0 : of(latest)), 0) / workers.length
  );
};
const held = (isIt: (what: string) => boolean) =>
  mean((latest) =>
    Object.entries(latest.held).reduce((sum, [what, count]) => sum + (isIt(what) ? count : 0), 0),
  );
const isListeners = (what: string) => what.startsWith('listeners');
const isTimers = (what: string) => what === 'timers of JavaScript';

const series: Series[] = [
  { name: 'heap of a worker', unit: 'MB', allowed: 2, read: mean(({ heap }) => heap / MEGABYTE) },
  { name: 'RSS of a worker', unit: 'MB', allowed: 20, read: mean(({ rss }) => rss / MEGABYTE) },
  {
    name: 'handles of a worker',
    unit: '',
    allowed: 2,
    read: held((what) => !isListeners(what) && !isTimers(what)),
  },
  { name: 'timers of a worker', unit: '', allowed: 2, read: held(isTimers) },
  { name: 'listeners of a worker', unit: '', allowed: 1, read: held(isListeners) },
  { name: 'memory of Redis', unit: 'MB', allowed: 5, read: redisMemory },
];
const seen = new Map(series.map(({ name }) => [name, [] as number[]]));

const viewers = new Viewers();
const reaching = setInterval(() => {
  world.traffic.reach();
  viewers.reach(world.fleet.workers);
}, 100);
const scraping = setInterval(() => void scrape(), SCRAPED);
const times: number[] = [];
let slices = '';
const begun = performance.now();
const end = begun + minutes * 60_000;
const feeding = Promise.all(world.models.map(feed));
try {
  for (let sample = 1; sample <= SAMPLES; sample++) {
    await pause(Math.max(0, begun + (sample / SAMPLES) * minutes * 60_000 - performance.now()));
    if (sample < SAMPLES * WARM_UP) continue;
    times.push((performance.now() - begun) / 3_600_000);
    for (const { name, read } of series) seen.get(name)!.push(await read());
  }
  await feeding;
  const jobs = Object.keys(world.fleet.workers[0]?.latest?.done ?? {}).filter(
    (job) => !job.startsWith('made-up-'),
  );
  slices = jobs.map((job) => `${job} ${world.fleet.done(job)}`).join(', ');
} finally {
  clearInterval(reaching);
  clearInterval(scraping);
  viewers.stop();
  await world.end();
}

console.log(`${minutes} minutes, ${world.traffic.requests} requests; slices: ${slices}`);
const problems = [...world.violations, ...world.traffic.failures, ...series.flatMap(judge)];
const growth = minutes < ENOUGH ? `growth is not judged in less than ${ENOUGH} minutes` : 'flat';
console.log(
  problems.length === 0
    ? `VERDICT: ${growth}; all is as it has to be`
    : `VERDICT: ${problems.length} problems\n${problems.join('\n')}`,
);
process.exit(problems.length === 0 ? 0 : 1);

/** Prints the slope, and tells if it is a leak. */
function judge({ name, unit, allowed }: Series): string[] {
  const points = seen.get(name)!;
  const { slope, within } = lineThrough(times, points);
  const line =
    `${name.padEnd(22)} ${points[0]!.toFixed(1)} to ${points.at(-1)!.toFixed(1)} ${unit}, ` +
    `slope ${slope.toFixed(2)} ± ${within.toFixed(2)} ${unit}/h (allowed ${allowed})`;
  console.log(slope + within > allowed && slope - within <= allowed ? `${line}: too short to be sure` : line);
  return minutes >= ENOUGH && slope - within > allowed
    ? [`${name} grows by more than ${allowed} ${unit}/h: ${line}`]
    : [];
}

/** Data comes and goes all the time, so that there is something to do. */
async function feed(model: Model): Promise<void> {
  while (performance.now() < end) {
    try {
      await model.step();
    } catch (error) {
      // A worker at full load may find Redis too slow for once, and says so to whoever likes a film.
      if (error instanceof Violation) world.violate(`${model.name}: ${error.message}`);
    }
    await pause(50);
  }
}

/** As Prometheus does; a worker at full load may be too slow for once. */
async function scrape(): Promise<void> {
  for (const { port, isUp } of world.fleet.workers) {
    if (isUp)
      await fetch(`http://127.0.0.1:${port}/metrics`)
        .then((answer) => answer.text())
        .catch(() => '');
  }
}

async function redisMemory(): Promise<number> {
  const info = await world.store.direct.info('memory');
  return Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0) / MEGABYTE;
}
