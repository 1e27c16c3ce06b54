/**
 * What `every` promises, in a fleet of real processes that are killed with SIGKILL at any moment: `npm run bench:every`, which
 * builds first, as it is the package that is measured.
 *
 *   --periods n     of all jobs together, after as many quarters without a kill: 1000
 *   --journal path  keeps what the slices wrote, a line of JSON each
 *
 * No figure makes it fail.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { findRedisServer, startRedis } from '../../../scripts/redis/index.mjs';
import { quantile } from '../../measure/statistics.mjs';
import { row, table } from '../table.mjs';
import { defineJournal } from './journal.mjs';
import { judge } from './judge.mjs';

const PROCESSES = 4;
const JOBS = [1, 2, 3, 4, 5, 6].map((number) => ({ id: `job-${number}`, every: 1000 }));
const SLICES = 3;
/** What a slice waits for somebody else: ms. */
const IO = 5;
/** Pause between two kills: ms, at random. */
const KILL_PAUSE = { least: 1000, most: 4000 };
/** Until the processes have counted each other, and each job has had a pass: ms. */
const WARM_UP = 5000;

const { values } = parseArgs({
  options: { periods: { type: 'string', default: '1000' }, journal: { type: 'string' } },
});
const periods = Number(values.periods);
if (!(Number.isSafeInteger(periods) && periods > 0)) {
  throw new RangeError(`--periods is "${values.periods}"; expected a whole number from 1`);
}
/** Periods a second of all jobs together. */
const PER_SECOND = JOBS.reduce((sum, { every }) => sum + 1000 / every, 0);
const steadyFor = (periods / 4 / PER_SECOND) * 1000;
const killingFor = (periods / PER_SECOND) * 1000;

const { version } = await findRedisServer();
const server = await startRedis();
const redis = defineJournal(new Redis(server.url));
const workers = new Map();
let hired = 0;
const before = loadavg()[0];
try {
  await Promise.all(Array.from({ length: PROCESSES }, hire));
  await sleep(WARM_UP);
  const steadyFrom = await serverTime();
  await sleep(steadyFor);
  const killingFrom = await serverTime();
  await killFor(killingFor);
  // Whoever was killed last may hold a slice.
  await sleep(WARM_UP + 2000);
  const entries = (await redis.lrange('journal', 0, -1)).map((line) => JSON.parse(line));
  if (values.journal !== undefined) {
    await writeFile(values.journal, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  }
  report(judge(entries, JOBS, SLICES), entries, { steadyFrom, killingFrom });
} finally {
  for (const worker of workers.values()) worker.disconnect();
  redis.disconnect();
  await server.stop();
}

async function hire() {
  const number = ++hired;
  const config = { url: server.url, worker: number, jobs: JOBS, slices: SLICES, io: IO };
  const worker = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [JSON.stringify(config)]);
  await once(worker, 'message');
  workers.set(number, worker);
}

/** Kills one after the other, each replaced at once. The next is killed when the fleet is complete again. */
async function killFor(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await sleep(KILL_PAUSE.least + Math.random() * (KILL_PAUSE.most - KILL_PAUSE.least));
    const victims = [...workers];
    const [number, worker] = victims[Math.floor(Math.random() * victims.length)];
    workers.delete(number);
    const gone = once(worker, 'exit');
    worker.kill('SIGKILL');
    await gone;
    await redis.note('journal', JSON.stringify({ what: 'killed', worker: number }));
    await hire();
  }
}

async function serverTime() {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

function report(verdict, entries, { steadyFrom, killingFrom }) {
  const { kills, passes, early, overlapping, repeated, repeatedTooOften, goneOn, goneOnLate } = verdict;
  const seconds = (times, share) => (quantile(times, share) / 1000).toFixed(2);
  const spread = (times) =>
    `${seconds(times, 0.5)} / ${seconds(times, 0.99)} / ${seconds(times, 1)} s of ${times.length}`;
  const isSteady = ({ due }) => due >= steadyFrom && due < killingFrom;
  const isKilling = ({ due }) => due >= killingFrom;
  const lateness = (isWanted) => passes.filter(isWanted).map((pass) => pass.lateness);
  const sum = (skipped) => skipped.reduce((total, { periods: count }) => total + count, 0);
  const after = (isHeld) => goneOn.filter((each) => each.isHeld === isHeld).map((each) => each.after);
  const count = (what, found, reach = 0) =>
    row(what, `at most ${reach}`, `${found.length}`, found.length <= reach);
  const skipped = (name, isWanted) => sum(verdict[name].filter(isWanted));
  const none = (what, isWanted) =>
    row(what, 'none', `${skipped('missed', isWanted)}`, skipped('missed', isWanted) === 0);
  const unanswered = entries.filter(({ what, where }) => what === 'error' && where === 'a slice').length;
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${version}`,
  );
  console.log(
    `Load of the machine: ${before.toFixed(1)} at the start, ${loadavg()[0].toFixed(1)} at the end\n`,
  );
  const rows = [
    row(
      'steady: late after due, p50 / p99 / max',
      'p99 at most 1 s',
      spread(lateness(isSteady)),
      quantile(lateness(isSteady), 0.99) <= 1000,
    ),
    none('steady: periods without a pass', isSteady),
    row(`${kills.length} kills: late after due, p50 / p99 / max`, '', spread(lateness(isKilling))),
    count('slices between an acknowledged done and the next due', early),
    count('slices that overlap while both processes live', overlapping),
    count('slices repeated', repeated, kills.length),
    count('the same, without a kill or the second of one', repeatedTooOften),
    none('kills: periods without a pass where no hold of a killed process had to expire', isKilling),
    row('killed in a slice: periods without a pass', '', `${skipped('held', isKilling)}`),
    row('periods that the pass before ran over', '', `${skipped('runOver', () => true)}`),
    row(
      'killed between slices: goes on after, p50 / p99 / max',
      'at most 2 s',
      spread(after(false)),
      goneOnLate.every(({ isHeld }) => isHeld),
    ),
    row(
      'killed in a slice: goes on after, p50 / p99 / max',
      'at most 6 s',
      spread(after(true)),
      goneOnLate.every(({ isHeld }) => !isHeld),
    ),
    row('slices that failed as Redis did not answer, or the process stalled', '', `${unanswered}`),
  ];
  console.log(`${table(rows)}\n`);
  for (const name of ['early', 'overlapping', 'repeatedTooOften', 'missed', 'goneOnLate']) {
    for (const each of verdict[name]) console.log(name, JSON.stringify(each));
  }
}
