// Holds the simulator to real processes: fleets of 2 to 16 of them take items from lists in a real Redis, the simulator
// predicts what they do from their rates, their traffic and how long a slice takes, and both are set side by side.
//
//   npx tsc -p lib/tsconfig.build.json --outDir temp/bench-redis && npx tsc -p bench/simulator/tsconfig.json &&
//     node bench/scaling/check.mjs [seconds] [processes …]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { startRedis } from '../../scripts/redis/index.mjs';

const SIMULATOR = '../../temp/simulator/bench/simulator';
const { Fleet } = await import(`${SIMULATOR}/fleet.js`);
const { POLICIES } = await import(`${SIMULATOR}/policies/index.js`);

/** A second of the simulator stands for a hundredth of one: items arrive there, and grow older, second by second. */
const STEPS = 100;
const WARM_UP = 5;
const SEEDS = 40;
const INTERVAL = 2000;
/** Enlistments of each process: 1/s. */
const TRAFFIC = 100;
/** Items arrive for each process, and for the fleet: 1/s. `io`: what a full slice waits beside Redis, ms. */
const JOBS = [
  { id: 'expire', rate: 0.01, limit: 50, io: 10, perProcess: 25, perFleet: 0 },
  { id: 'rare', rate: 0.005, limit: 10, io: 10, perProcess: 0, perFleet: 1 },
];

const [seconds = 30, ...sizes] = process.argv.slice(2).map(Number);
const rows = [];
for (const processes of sizes.length === 0 ? [2, 4, 8, 16] : sizes) rows.push(...(await check(processes)));
console.log(rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n'));

async function check(processes) {
  const measured = await measure(processes);
  for (const [index, { base, io }] of measured.costs.entries()) {
    const found = `${base.toFixed(1)} ms when it finds nothing, ${io.toFixed(1)} more when it is full`;
    console.error(`${processes} processes, ${JOBS[index].id}: a slice takes ${found}`);
  }
  const runs = Array.from({ length: SEEDS }, (_, seed) => predict(processes, measured, seed + 1));
  return Object.keys(measured.figures).map((what) => {
    const [figure, predictions] = [measured.figures[what], runs.map((run) => run[what])];
    const predicted = mean(predictions);
    const spread = Math.sqrt(mean(predictions.map((value) => (value - predicted) ** 2)));
    const error = figure === 0 ? '' : `${(((predicted - figure) / figure) * 100).toFixed(0)} %`;
    return [processes, what, figure.toFixed(2), `${predicted.toFixed(2)} ± ${spread.toFixed(2)}`, error];
  });
}

async function measure(processes) {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const config = JSON.stringify({ url: server.url, jobs: JOBS, perSecond: TRAFFIC, interval: INTERVAL });
  const file = fileURLToPath(new URL('worker.mjs', import.meta.url));
  const workers = Array.from({ length: processes }, () => fork(file, [config]));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const stopProducing = produce(redis, processes);
    await sleep(WARM_UP * 1000);
    const before = await tell(workers);
    const begun = performance.now();
    const ages = JOBS.map(() => []);
    while (performance.now() - begun < seconds * 1000) {
      await sleep(100);
      for (const [index, { id }] of JOBS.entries()) ages[index].push(await age(redis, id));
    }
    const after = await tell(workers);
    const elapsed = (performance.now() - begun) / 1000;
    stopProducing();
    return summary(before, after, elapsed, ages);
  } finally {
    await Promise.all(workers.map((worker) => stop(worker)));
    redis.disconnect();
    await server.stop();
  }
}

async function stop(worker) {
  if (!worker.connected) return;
  worker.send('stop');
  await once(worker, 'exit');
}

/** Items arrive at random; each is the time at which it did. */
function produce(redis, processes) {
  const timers = JOBS.map(({ id, perProcess, perFleet }) => {
    const perMs = (perProcess * processes + perFleet) / 1000;
    let next = performance.now() + exponential(1 / perMs);
    return setInterval(() => {
      const arrived = [];
      for (; next < performance.now(); next += exponential(1 / perMs)) arrived.push(String(next));
      if (arrived.length > 0) void redis.rpush(id, ...arrived);
    }, 10);
  });
  return () => timers.forEach(clearInterval);
}

async function age(redis, id) {
  const oldest = await redis.lindex(id, 0);
  return oldest === null ? 0 : (performance.now() - Number(oldest)) / 1000;
}

function tell(workers) {
  return Promise.all(
    workers.map(async (worker) => {
      worker.send('tell');
      const [told] = await once(worker, 'message');
      return told;
    }),
  );
}

function summary(before, after, elapsed, ages) {
  const figures = {};
  const costs = [];
  for (const [index, { id }] of JOBS.entries()) {
    const count = (told, outcome) => told.reduce((sum, { jobs }) => sum + jobs[index].counts[outcome], 0);
    const grown = (outcome) => count(after, outcome) - count(before, outcome);
    const slices = ['full', 'partial', 'idle', 'failed', 'aborted'].reduce(
      (sum, each) => sum + grown(each),
      0,
    );
    figures[`${id}: slices/s`] = slices / elapsed;
    figures[`${id}: idle, %`] = (100 * grown('idle')) / slices;
    figures[`${id}: lag, mean, s`] = mean(ages[index]);
    figures[`${id}: lag, p90, s`] = percentile(ages[index], 0.9);
    costs.push(
      costOf(
        JOBS[index],
        after.map(({ jobs }) => jobs[index]),
      ),
    );
  }
  const enlistments = (told) => told.reduce((sum, each) => sum + each.enlistments, 0);
  return { figures, costs, perSecond: (enlistments(after) - enlistments(before)) / elapsed };
}

/** What a slice takes that finds nothing, and what a full one takes beside that: ms. */
function costOf({ limit }, tallies) {
  const all = (outcome) => tallies.flatMap(({ times }) => times[outcome]);
  const working = [...all('full'), ...all('partial')];
  const items = tallies.reduce((sum, tally) => sum + tally.items, 0);
  const base = all('idle').length > 0 ? mean(all('idle')) : 1;
  return { base, io: Math.max(0, mean(working) - base) / (items / limit / working.length) };
}

/** The simulator is told the traffic, and how long a slice takes that finds nothing and one that is full. */
function predict(processes, { perSecond, costs }, seed) {
  const jobs = JOBS.map(({ io: _io, perProcess, perFleet, ...job }, index) => ({
    ...job,
    loop: 0,
    base: costs[index].base * STEPS,
    io: costs[index].io * STEPS,
    perProcess: perProcess / STEPS,
    perFleet: perFleet / STEPS,
  }));
  const trace = {
    seconds: (WARM_UP + seconds) * STEPS,
    warmUp: WARM_UP * STEPS,
    traffic: () => perSecond / processes / STEPS,
    steadyBefore: false,
    bursts: [],
    deploys: [],
  };
  const options = { idle: { interval: INTERVAL * STEPS }, load: false };
  const policy = POLICIES.ours;
  const record = new Fleet({ processes, trace, policy, options, seed, rateFactor: 1, jobs }).run();
  const figures = {};
  for (const [index, { id }] of JOBS.entries()) {
    const { enlistment, timer } = record.byJob[index];
    const slices = enlistment.slices + timer.slices;
    const ages = Array.from(record.lagByJob[index].slice(trace.warmUp), (steps) => steps / STEPS);
    figures[`${id}: slices/s`] = slices / seconds;
    figures[`${id}: idle, %`] = (100 * (enlistment.idle + timer.idle)) / slices;
    figures[`${id}: lag, mean, s`] = mean(ages);
    figures[`${id}: lag, p90, s`] = percentile(ages, 0.9);
  }
  return figures;
}

function exponential(average) {
  return -Math.log1p(-Math.random()) * average;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)];
}
