// Holds the simulator to real processes: runs the sample's fleet, gives the simulator what is not its business to know
// (enlistments, items that fall due, how long a slice takes, how much a full one does), and compares what it predicts.
//
//   npx tsc -p bench/simulator/tsconfig.json && node bench/simulator/check-against-sample.mjs [seconds] [workers …]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { Fleet } = await import(`${ROOT}temp/simulator/bench/simulator/fleet.js`);
const { POLICIES } = await import(`${ROOT}temp/simulator/bench/simulator/policies/index.js`);
const { SLICE } = await import(`${ROOT}temp/simulator/bench/simulator/world.js`);

/** The sample's lag is below a second: a second of the simulator stands for a tenth of one. */
const STEPS = 10;
/** Seconds that the sample's day takes, and the ms after which its jobs are looked at without traffic. */
const DAY = 12;
const INTERVAL = 120_000;
/** Means of the sample's time to live of what expires first: s. What other jobs do waits at once. */
const DELAYS = { expiry: 2.25 };
/** A job nearly all of whose slices are full has work without end: a sweep, a backfill. */
const ENDLESS = 0.8;
const SEEDS = 40;

const [seconds = 60, ...workers] = process.argv.slice(2).map(Number);
for (const count of workers.length === 0 ? [2, 4] : workers) await check(count);

async function check(count) {
  const { summary, lags } = await measure(count);
  const world = worldOf(summary, count);
  const runs = Array.from({ length: SEEDS }, (_, seed) => predict(world, count, seed + 1));
  console.log(`${count} workers, ${seconds} s, ${(summary.enlisted / seconds).toFixed(1)} enlistments/s`);
  for (const [index, { id, limit, time }] of world.jobs.entries()) {
    const { outcomes, gatedBy } = summary.jobs[id];
    const run = ranOf(outcomes);
    console.log(
      `  ${id}: ${time.toFixed(1)} ms a slice, ${limit} items a full one, gated ${JSON.stringify(gatedBy)}`,
    );
    compare(
      'slices/s',
      run / seconds,
      runs.map(({ jobs }) => jobs[index].slices / seconds),
    );
    compare(
      'idle share',
      outcomes.idle / run,
      runs.map(({ jobs }) => jobs[index].idle / jobs[index].slices),
    );
  }
  compare(
    'lag of expiry, mean, s',
    mean(lags),
    runs.map(({ lag }) => mean(lag)),
  );
  compare(
    'lag of expiry, p90, s',
    percentile(lags, 0.9),
    runs.map(({ lag }) => percentile(lag, 0.9)),
  );
}

/** Runs the sample; lag is read off its lines, one every three seconds. */
async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  const json = join(folder, 'summary.json');
  const args = ['sample-app/start.mjs', '--workers', `${count}`, '--duration', `${seconds}`, '--json', json];
  const sample = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  sample.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(sample, 'close');
  if (code !== 0) throw new Error(`The sample ended with ${code}:\n${output}`);
  const summary = JSON.parse(readFileSync(json, 'utf8'));
  rmSync(folder, { recursive: true });
  const lags = [...output.matchAll(/· oldest overdue (none|[\d.]+ s) ·/g)].map(
    ([, age]) => Number.parseFloat(age) || 0,
  );
  return { summary, lags };
}

/** What the simulator is told. */
function worldOf(summary, count) {
  const ran = Object.entries(summary.jobs).filter(([, { outcomes }]) => ranOf(outcomes) > 0);
  const jobs = ran.map(([id, { rate, outcomes, items }]) => {
    const run = ranOf(outcomes);
    const times = summary.workers.map((worker) => worker.sliceTimes[id]).filter((time) => time !== null);
    const time = mean(times);
    // One that stops with more waiting did as much as it could; the others half of that, on average.
    const limit = Math.max(1, Math.round(items / Math.max(1, outcomes.full + outcomes.partial / 2)));
    const shares = items / limit / run;
    const io = Math.max(0, (time * STEPS - SLICE.loop - SLICE.io) / shares);
    const delay = Math.round((DELAYS[id] ?? 0) * STEPS);
    const perRequest = outcomes.full > ENDLESS * run ? limit : items / summary.enlisted;
    return { id, rate, limit, loop: 0, io, perRequest, delay, time };
  });
  return { jobs, perSecond: summary.enlisted / seconds / count, hours: hoursOfGitHub() };
}

function predict({ jobs, perSecond, hours }, count, seed) {
  const factor = (step) => hours[Math.floor(((step / STEPS) * 24) / DAY) % 24];
  const trace = {
    seconds: seconds * STEPS,
    warmUp: 0,
    traffic: (step) => (perSecond / STEPS) * factor(step),
    steadyBefore: false,
    bursts: [],
    deploys: [],
  };
  const options = { idle: { interval: INTERVAL * STEPS } };
  const fleet = new Fleet({
    processes: count,
    trace,
    policy: POLICIES.ours,
    options,
    seed,
    rateFactor: 1,
    jobs,
  });
  const record = fleet.run();
  return {
    jobs: record.byJob.map(({ enlistment, timer }) => ({
      slices: enlistment.slices + timer.slices,
      idle: enlistment.idle + timer.idle,
    })),
    lag: Array.from(record.lagByJob[jobs.findIndex(({ id }) => id === 'expiry')], (age) => age / STEPS),
  };
}

/** Commits of each hour over their mean, as the sample's replay has them. */
function hoursOfGitHub() {
  const file = fileURLToPath(new URL('../data/github.csv', import.meta.resolve('vega-datasets')));
  const hours = Array(24).fill(0);
  for (const [, hour, count] of readFileSync(file, 'utf8').matchAll(/^\S+ (\d\d):\d\d:\d\d,(\d+)\r?$/gm)) {
    hours[Number(hour)] += Number(count);
  }
  return hours.map((count) => count / mean(hours));
}

function ranOf({ gated: _gated, ...outcomes }) {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

function compare(what, measured, predictions) {
  const known = predictions.filter(Number.isFinite);
  const predicted = mean(known);
  const spread = Math.sqrt(mean(known.map((value) => (value - predicted) ** 2)));
  const error = measured === 0 ? '' : `, ${(((predicted - measured) / measured) * 100).toFixed(0)} %`;
  console.log(
    `    ${what}: predicted ${predicted.toFixed(2)} (±${spread.toFixed(2)} by seed), measured ${measured.toFixed(2)}${error}`,
  );
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)];
}
