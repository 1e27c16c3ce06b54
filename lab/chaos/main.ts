/**
 * A fleet under traffic suffers, and is held against models: `npm run chaos -- --minutes 15 --processes 6 --seed 1`.
 *
 *   --minutes    how long faults are inflicted, in all; default 15. Each kind comes once, even if it takes longer; below 1
 *                faults and rests are short, and a Cluster suffers only what one server has not
 *   --processes  workers; default 6
 *   --seed       of all that is drawn; default: the time, and printed
 *   --on         one-server, cluster, or both (the default: two thirds of the time on one server, then a Cluster)
 *   --only       some faults only, by a part of their names, separated by commas
 *   --patience   s in which all has to be in order when the faults are over; default 120
 *   --release    redis-8 or valkey-9 for the one server
 *
 * Prints each fault with its time. Ends with 1 if anything was not as it has to be; the same seed draws the same faults.
 */
import { parseArgs } from 'node:util';
import { SeededRandom } from 'nestjs-work-stealing/testing';
import { ON_A_CLUSTER, ON_ONE_SERVER, ONLY_ON_A_CLUSTER, type Fault } from './faults/index.js';
import { quantile } from './quantile.js';
import { ACluster } from './stores/a-cluster.js';
import { OneServer } from './stores/one-server.js';
import type { Store } from './stores/store.js';
import { Latencies } from './traffic.js';
import { Trial } from './trial.js';
import { World } from './world.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    processes: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    on: { type: 'string', default: 'both' },
    only: { type: 'string' },
    release: { type: 'string' },
    patience: { type: 'string', default: '120' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
/** A long fault, and the longest rest after each: ms. */
const { long: LONG, rest: REST } =
  minutes >= 10
    ? { long: 30_000, rest: 2000 }
    : minutes >= 1
      ? { long: 6000, rest: 1500 }
      : { long: 3000, rest: 500 };
/** Requests of the process that is compared with, of one kind, from which their p99 says something. */
const ENOUGH = 500;
/** In a short run a Cluster suffers only what one server has not. */
const ON_CLUSTER = minutes >= 1 ? ON_A_CLUSTER : ONLY_ON_A_CLUSTER;
/** Share of the time that is spent on one server. */
const ON_ONE = { both: 2 / 3, 'one-server': 1, cluster: 0 }[values.on];
if (ON_ONE === undefined) throw new RangeError(`--on is ${values.on}; expected one-server, cluster or both`);

const begun = performance.now();
const random = new SeededRandom(seed);
const violations: string[] = [];
const outages = new Latencies();
console.log(`Seed ${seed}, ${values.processes} processes, ${minutes} minutes`);
if (ON_ONE > 0) {
  const release = values.release as 'redis-8' | 'valkey-9' | undefined;
  await suffer('one server', await OneServer.start(release), ON_ONE_SERVER, ON_ONE);
}
if (ON_ONE < 1) await suffer('a Cluster', await ACluster.start(), ON_CLUSTER, 1 - ON_ONE);
for (const kind of ['page', 'film'] as const) judge(kind);

const took = Math.round((performance.now() - begun) / 1000);
console.log(
  violations.length === 0
    ? `VERDICT: seed ${seed}, ${took} s: all is as it has to be`
    : `VERDICT: seed ${seed}, ${took} s: ${violations.length} violations\n${violations.join('\n')}`,
);
process.exit(violations.length === 0 ? 0 : 1);

async function suffer<S extends Store>(
  where: string,
  store: S,
  all: readonly Fault<S>[],
  share: number,
): Promise<void> {
  const faults = all.filter(
    ({ name }) => values.only?.split(',').some((part) => name.includes(part)) ?? true,
  );
  if (faults.length === 0) return store.stop();
  console.log(`On ${where}: ${faults.length} kinds of faults`);
  const world = await World.begin(store, {
    seed,
    processes: Number(values.processes),
  });
  try {
    const now = () => performance.now() - begun;
    const trial = new Trial(world, {
      faults,
      random,
      duration: share * minutes * 60_000,
      long: LONG,
      rest: REST,
      patience: Number(values.patience) * 1000,
      now,
    });
    await trial.run();
    outages.add(trial.outages);
    const { requests, failures } = world.traffic;
    console.log(`On ${where}: ${requests} requests, ${failures.length} failed; rounds: ${trial.steps}`);
  } finally {
    await world.end();
    violations.push(...world.violations.map((what) => `on ${where}: ${what}`));
  }
}

/**
 * While Redis is away requests must take no longer than in the process without the module. What is certain of the two
 * p99 is compared; a tenth and 5 ms are put up with, since the processes of the fleet share two cores with each other.
 */
function judge(kind: 'page' | 'film'): void {
  const [fleet, control] = [quantile(outages.fleet[kind], 0.99), quantile(outages.control[kind], 0.99)];
  const shown = ({ value, low, high, count }: typeof fleet) =>
    `${value.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)}, ${count} requests)`;
  const what = `p99 of a ${kind} while Redis is away: ${shown(fleet)}; without the module ${shown(control)}`;
  console.log(what);
  if (control.count > ENOUGH && fleet.low > control.high * 1.1 + 5) violations.push(what);
}
