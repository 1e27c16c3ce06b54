/**
 * Holds the simulator to reality: fleets of real processes, with the built library, take items from lists in a real Redis
 * through four traces; the simulator is told the traces and what a slice costs, and predicts slices/s and lag.
 *
 *   npm run simulate:check -- [--minutes 30] [--processes 1 --processes 8 …] [--trace night …] [--seeds 20] [--attempts 3]
 *
 * The world runs 20 times as fast as the simulator's: a second of it is a tick of 50 ms. Slices, budgets and rests are as they
 * are. A figure is right when it lies between the 5th and the 95th percentile of the seeds, widened by 20 %. A run beside
 * which other programs took more than 5 % of the machine is repeated. It takes 105 s a cell: 28 minutes in all.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startRedis } from '../../scripts/redis/index.mjs';
import { quantile } from '../measure/statistics.mjs';

const SIMULATOR = '../temp/simulator/lab/simulator';
const { Fleet } = await import(`${SIMULATOR}/fleet.js`);
const { POLICIES } = await import(`${SIMULATOR}/policies/index.js`);

const SPEED = 20;
/** A second of the world: ms. */
const TICK = 1000 / SPEED;
/** Of the world: s. */
const WARM_UP = 300;
const MARGIN = 0.2;
const MOST_FOREIGN = 0.05;
const OPTIONS = { idle: { interval: 120_000 / SPEED }, load: false };
/** Items arrive by request and in all, each second of the world; `io` is what a full slice waits beside Redis: ms. */
const JOBS = [
  { id: 'expire', rate: 0.0015, limit: 50, io: 5, perRequest: 0.05 },
  { id: 'seldom', rate: 0.001, limit: 50, io: 5, perFleet: 0.05 },
];
/** Requests of each process in a second of the world. */
const TRACES = {
  steady: () => 20,
  bursts: (second) => (second % 300 < 60 ? 100 : 5),
  day: (second) => 20 * Math.sin((Math.PI * second) / 1800) ** 2,
  night: () => 0,
};

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    processes: { type: 'string', multiple: true, default: ['1', '2', '4', '8'] },
    trace: { type: 'string', multiple: true, default: Object.keys(TRACES) },
    seeds: { type: 'string', default: '20' },
    attempts: { type: 'string', default: '3' },
  },
});
const SECONDS = positive('minutes', given.minutes) * 60;
const SEEDS = positive('seeds', given.seeds);
const ATTEMPTS = positive('attempts', given.attempts);
const SIZES = given.processes.map((size) => positive('processes', size));
for (const trace of given.trace) {
  if (Object.hasOwn(TRACES, trace)) continue;
  throw new RangeError(`--trace is "${trace}"; expected one of ${Object.keys(TRACES).join(', ')}`);
}

console.log(
  '| trace | processes | figure | measured | predicted, 5 to 95 % | |\n| --- | --- | --- | --- | --- | --- |',
);
let wrong = 0;
let figures = 0;
for (const trace of given.trace) {
  for (const processes of SIZES) await check(trace, processes);
}
console.log(`\n${figures - wrong} of ${figures} figures are within the range.`);
process.exitCode = wrong === 0 ? 0 : 1;

async function check(trace, processes) {
  const measured = await measureQuietly(trace, processes);
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);
  const predictions = seeds.map((seed) => predict(trace, processes, measured.costs, seed));
  for (const [figure, value] of Object.entries(measured.figures)) {
    const predicted = predictions.map((prediction) => prediction[figure]);
    const [low, high] = [quantile(predicted, 0.05), quantile(predicted, 0.95)];
    const isRight = value >= low * (1 - MARGIN) && value <= high * (1 + MARGIN);
    figures++;
    if (!isRight) wrong++;
    const cells = [
      trace,
      processes,
      figure,
      show(value),
      `${show(low)} to ${show(high)}`,
      isRight ? '' : 'no',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

/** Measures until nobody else has used the machine; the last attempt counts whatever was beside it. */
async function measureQuietly(trace, processes) {
  for (let attempt = 1; ; attempt++) {
    const measured = await measure(trace, processes);
    if (measured.foreign <= MOST_FOREIGN) return measured;
    const share = `${(100 * measured.foreign).toFixed(0)} % of the machine`;
    const consequence = attempt < ATTEMPTS ? 'repeated' : 'counted all the same';
    console.error(`${trace}, ${processes} processes: other programs took ${share}; ${consequence}`);
    if (attempt >= ATTEMPTS) return measured;
  }
}

async function measure(trace, processes) {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const config = JSON.stringify({ url: server.url, jobs: JOBS, options: OPTIONS, tick: TICK });
  const file = fileURLToPath(new URL('fleet-process.mjs', import.meta.url));
  const workers = Array.from({ length: processes }, () => fork(file, [config]));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await play(workers, redis, trace, 0, WARM_UP);
    const [before, started] = [await tell(workers), await cpuTimes(redis)];
    const lag = await play(workers, redis, trace, WARM_UP, SECONDS);
    const [after, ended] = [await tell(workers), await cpuTimes(redis)];
    const ours = cpuOf(after) - cpuOf(before) + ended.ours - started.ours;
    const foreign = (ended.busy - started.busy - ours) / (ended.at - started.at) / cpus().length;
    const slices = slicesOf(after) - slicesOf(before);
    return { foreign, costs: costsOf(after), figures: figuresOf(slices, lag) };
  } finally {
    await Promise.all(workers.map(stop));
    redis.disconnect();
    await server.stop();
  }
}

/** Lets seconds of the world pass: items arrive at the beginning of each, and then the oldest are looked at, as in the simulator. */
async function play(workers, redis, trace, from, seconds) {
  const lag = [];
  const begun = performance.now();
  let perTick;
  for (let second = from; second < from + seconds; second++) {
    const traffic = TRACES[trace](second);
    if (traffic !== perTick) for (const worker of workers) worker.send({ perTick: traffic });
    perTick = traffic;
    for (const { id, perRequest = 0, perFleet = 0 } of JOBS) {
      const arrived = poisson(perRequest * traffic * workers.length + perFleet);
      if (arrived > 0) void redis.rpush(id, ...Array(arrived).fill(second));
    }
    const ages = await Promise.all(JOBS.map(({ id }) => age(redis, id, second)));
    lag.push(Math.max(...ages));
    await sleep(Math.max(0, begun + (second - from + 1) * TICK - performance.now()));
  }
  return lag;
}

async function age(redis, id, second) {
  const oldest = await redis.lindex(id, 0);
  return oldest === null ? 0 : second - Number(oldest);
}

function tell(workers) {
  return Promise.all(
    workers.map(async (worker) => {
      worker.send({ tell: true });
      return (await once(worker, 'message'))[0];
    }),
  );
}

async function stop(worker) {
  if (!worker.connected) return;
  worker.send({ stop: true });
  await once(worker, 'exit');
}

/** CPU time so far: of all programs, and of this one and Redis; ms. */
async function cpuTimes(redis) {
  const info = await redis.info('cpu');
  const used = (kind) => Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(info)[1]) * 1000;
  const { user, system } = process.cpuUsage();
  return {
    at: performance.now(),
    busy:
      cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) + stolen(),
    ours: (user + system) / 1000 + used('user') + used('sys'),
  };
}

/** What the host took away from this machine, where that is known: ms. */
function stolen() {
  try {
    return Number(/^cpu +(?:\d+ +){7}(\d+)/.exec(readFileSync('/proc/stat', 'utf8'))[1]) * 10;
  } catch {
    return 0;
  }
}

function cpuOf(told) {
  return told.reduce((sum, { cpu }) => sum + cpu, 0);
}

function slicesOf(told) {
  return told.reduce((sum, { slices }) => sum + slices.reduce((all, each) => all + each, 0), 0);
}

/**
 * What each slice costs beside the waiting that its job asks for: ms. A mean over all slices: what a full one takes more could
 * only be extrapolated from partial ones, which multiplies every disturbance.
 */
function costsOf(told) {
  return JOBS.map(({ limit, io }, index) => {
    const sum = (what) => told.reduce((total, { costs }) => total + costs[index][what], 0);
    const slices = Math.max(1, sum('slices'));
    const loop = sum('loop') / slices;
    const beside = (sum('duration') - (io * sum('items')) / limit) / slices;
    return { slice: { loop, io: Math.max(0, beside - loop) }, loop: 0 };
  });
}

function predict(trace, processes, costs, seed) {
  const scenario = {
    processes,
    seed,
    rateFactor: 1,
    policy: POLICIES.ours,
    options: OPTIONS,
    jobs: JOBS.map((job, index) => ({ ...job, ...costs[index] })),
    trace: {
      seconds: WARM_UP + SECONDS,
      warmUp: WARM_UP,
      traffic: TRACES[trace],
      steadyBefore: false,
      bursts: [],
      deploys: [],
      tick: TICK,
      requestLoop: 0,
      redisSlowness: 0,
    },
  };
  const record = new Fleet(scenario).run();
  const slices = JOBS.reduce((sum, _, index) => sum + record.perSecond(index), 0) * SECONDS;
  return figuresOf(slices, record.lag.slice(WARM_UP));
}

function figuresOf(slices, lag) {
  return {
    'slices/s': slices / SECONDS,
    'lag p50, s': quantile(lag, 0.5),
    'lag p99, s': quantile(lag, 0.99),
  };
}

function positive(name, text) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`--${name} is "${text}"; expected a whole number from 1`);
}

function poisson(average) {
  let count = 0;
  for (let left = average + Math.log1p(-Math.random()); left > 0; left += Math.log1p(-Math.random())) count++;
  return count;
}

function show(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
