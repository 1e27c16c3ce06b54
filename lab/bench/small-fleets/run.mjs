/**
 * Small fleets of real processes on a real Redis: how long due items wait by each way, what it costs requests, and what a
 * killed process delays. `npm run bench:small-fleets`, which builds first, as it is the package that is measured.
 *
 *   --minutes n              of the ages, after a warm-up of 2.5 minutes: 20. Nothing is scaled, and all nine cells run at once
 *   --rounds n               of the latencies, 8 minutes each: 3
 *   --only ages,latency,kills
 *
 * No figure makes it fail.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { findRedisServer, startRedis } from '../../../scripts/redis/index.mjs';
import { measureAges } from './ages.mjs';
import { measureKills } from './killed.mjs';
import { measureLatency } from './latency.mjs';
import { WAYS } from './ways.mjs';

const PARTS = { ages: printAges, latency: printLatency, kills: printKills };
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(PARTS).join() },
  },
});
const wanted = values.only.split(',');
const stranger = wanted.find((part) => !Object.hasOwn(PARTS, part));
if (stranger !== undefined) {
  throw new RangeError(`--only names "${stranger}"; expected some of ${Object.keys(PARTS).join(', ')}`);
}
const minutes = positive('minutes');
const rounds = positive('rounds');

const { version } = await findRedisServer();
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${version}`,
);
const server = await startRedis();
try {
  for (const part of wanted) {
    const before = loadavg()[0];
    await PARTS[part]();
    console.log(
      `\n${part}: load of the machine ${before.toFixed(1)} at the start, ${loadavg()[0].toFixed(1)} at the end\n`,
    );
  }
} finally {
  await server.stop();
}

async function printAges() {
  const { rows, cores } = await measureAges(server, minutes);
  print(
    ['processes', 'requests/s', ...WAYS, 'held back by the load gate'],
    rows.map(({ processes, traffic, ways, loaded }) => [processes, traffic, ...ways.map(show), loaded]),
  );
  console.log(`\nThe fleets took ${(100 * cores).toFixed(0)} % of one core.`);
}

function show(seconds) {
  return seconds.map((each) => each.toFixed(1)).join(' / ');
}

async function printLatency() {
  const measured = await measureLatency(server, rounds);
  const ms = (value) => value.toFixed(1);
  print(
    ['way', 'p50, ms', 'p99, ms', 'added', 'p99.9, ms', 'added', 'p99 of each round', 'oldest item p99, s'],
    measured.map((each) => [
      each.way,
      ...['p50', 'p99', 'added', 'p999', 'added999'].map((figure) => ms(each[figure])),
      each.rounds.map(ms).join(', '),
      each.way === 'none' ? '' : ms(each.age),
    ]),
  );
}

async function printKills() {
  const kills = await measureKills(server);
  print(
    ['way', 'killed', 'next batch after, s'],
    kills.map(({ way, inBatch, seconds }) => [
      way,
      inBatch ? 'in a batch' : 'between two',
      seconds.toFixed(1),
    ]),
  );
}

function print(heads, rows) {
  console.log(`| ${heads.join(' | ')} |\n|${heads.map(() => ' --- |').join('')}`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

function positive(name) {
  const value = Number(values[name]);
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(`--${name} is "${values[name]}"; expected a number above 0`);
}
