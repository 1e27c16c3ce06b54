/**
 * A fleet under traffic suffers, and is held against models: `npm run chaos -- --minutes 15 --processes 6 --seed 1`.
 *
 *   --minutes    how long faults are inflicted; default 15
 *   --processes  workers; default 6
 *   --seed       of all that is drawn; default: the time, and printed
 *   --only       some faults only, by a part of their names, separated by commas
 *
 * Prints each fault with its time. Ends with 1 if anything was not as it has to be; the same seed draws the same faults.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../lib/testing/index.js';
import { FAULTS, type Fault } from './faults.js';
import { leaks } from './leaks.js';
import { quantile, type Latencies } from './traffic.js';
import { Violation } from './models/model.js';
import { World } from './world.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    processes: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    only: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
/** Work has to go on so soon after a fault: ms. */
const RECOVERY = 5000;
/** How long the models may take to be as they have to be, when all is over: ms. */
const SETTLING = 60_000;
/** A long fault in a long run, and in a short one: ms. */
const LONG = minutes >= 10 ? 30_000 : 6000;

const faults = FAULTS.filter(
  ({ name }) => values.only?.split(',').some((part) => name.includes(part)) ?? true,
);
const random = new SeededRandom(seed);
console.log(
  `Seed ${seed}, ${values.processes} processes, ${minutes} minutes, ${faults.length} kinds of faults`,
);

const world = await World.begin({ seed, processes: Number(values.processes) });
const begun = performance.now();
const end = begun + minutes * 60_000;
const at = () => `${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s`;
const outages: Latencies = { bare: [], page: [] };
let isWatching = true;
let isLosing = false;
const watching = Promise.all(world.models.map((model) => watch(model)));
const reaching = setInterval(() => world.traffic.reach(), 100);

try {
  await pause(5000);
  // Each kind once, in an order that is drawn, then again; what fits in the time.
  while (performance.now() < end) {
    for (const fault of shuffled(faults)) {
      await suffer(fault);
      if (performance.now() >= end) break;
    }
  }
  console.log(`${at()}  all faults are over; settling`);
  isWatching = false;
  await watching;
  for (const model of world.models) await hold(model.name, () => model.settle(SETTLING));
  await world.traffic.stop();
  await pause(3000);
  for (const leak of leaks(world.fleet.workers)) world.violate(leak);
  judgeRequests();
} finally {
  isWatching = false;
  clearInterval(reaching);
  await world.end();
}

const { requests, failures } = world.traffic;
console.log(
  `${requests} requests, ${failures.length} failed; while Redis was away p99 ${quantile(outages.page, 0.99).toFixed(1)} ms ` +
    `with enlisting, ${quantile(outages.bare, 0.99).toFixed(1)} ms without (${outages.page.length} and ${outages.bare.length})`,
);
if (world.violations.length > 0) {
  console.log(`Seed ${seed}: ${world.violations.length} violations\n${world.violations.join('\n')}`);
  process.exitCode = 1;
} else console.log(`Seed ${seed}: all is as it has to be`);
process.exit();

async function suffer(fault: Fault): Promise<void> {
  console.log(`${at()}  ${fault.name}`);
  // What is read until the models have forgotten may be from before the loss or from after it.
  isLosing = fault.data === 'lost';
  const measured = fault.isOutage ? world.traffic.measure() : undefined;
  await fault.inflict(world, random, LONG);
  const latencies = measured?.();
  if (latencies !== undefined) {
    outages.bare.push(...latencies.bare);
    outages.page.push(...latencies.page);
  }
  if (isLosing) for (const model of world.models) model.forget();
  isLosing = false;
  await goesOn(fault.name);
}

/** Work goes on within 5 s of the end of a fault. */
async function goesOn(fault: string): Promise<void> {
  const over = performance.now();
  const jobs = ['fields', 'views', 'pass', 'queue'];
  const before = new Map(jobs.map((job) => [job, world.fleet.done(job)]));
  while (!jobs.some((job) => world.fleet.done(job) > before.get(job)!)) {
    if (performance.now() - over > RECOVERY) {
      world.violate(`no slice within ${RECOVERY} ms of: ${fault}`);
      return;
    }
    await pause(50);
  }
  await pause(500 + random.next() * 1500);
}

async function watch(model: (typeof world.models)[number]): Promise<void> {
  while (isWatching) {
    await hold(model.name, () => model.step());
    await pause(model.name === 'CursorJob' ? 500 : 5);
  }
}

async function hold(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    if (isLosing) return;
    world.violate(`${name}: ${error.message}`);
  }
}

/** While Redis is away a page that enlists must take no longer than the same one that does not; noise is allowed for. */
function judgeRequests(): void {
  for (const failure of world.traffic.failures) world.violate(`a request failed: ${failure}`);
  const [page, bare] = [quantile(outages.page, 0.99), quantile(outages.bare, 0.99)];
  if (outages.page.length > 500 && page > bare * 1.5 + 10) {
    world.violate(`p99 of requests while Redis was away: ${page} ms with enlisting, ${bare} ms without`);
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
