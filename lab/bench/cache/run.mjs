/**
 * Prints the tables of benchmarks of ./cache: `npm run bench:cache`, which builds first, as it is the package that is
 * measured. It starts private servers, and stops them.
 *
 *   --quick        a few processes for a few seconds, to see that it runs: the figures mean little
 *   --only a,b     some strategies only
 *
 * No figure makes it fail; a benchmark that breaks does.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { findRedisServer } from '../../../scripts/redis/index.mjs';
import { measureHits } from './hit.mjs';
import { measure } from './stampede.mjs';
import { STRATEGIES } from './strategies.mjs';
import { table } from './table.mjs';

/** The full run has the original's terms: 50 processes, 12 s to live, 500 ms to recompute, 10 to 1,000 ms between reads. */
const MODES = {
  full: {
    processes: 50,
    warmUp: 14_000,
    length: 60_000,
    rounds: 5,
    hits: 20_000,
    terms: { ttl: 12_000, delta: 500, lockTtl: 10_000, beta: 1, pause: [10, 1000], bytes: 1000 },
  },
  quick: {
    processes: 8,
    warmUp: 1000,
    length: 3000,
    rounds: 1,
    hits: 2000,
    terms: { ttl: 1000, delta: 50, lockTtl: 10_000, beta: 1, pause: [5, 50], bytes: 1000 },
  },
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const wanted = values.only?.split(',') ?? Object.keys(STRATEGIES);
const stranger = wanted.find((name) => !Object.hasOwn(STRATEGIES, name));
if (stranger !== undefined) {
  throw new RangeError(
    `--only names ${JSON.stringify(stranger)}; expected some of ${Object.keys(STRATEGIES).join(', ')}`,
  );
}
const mode = values.quick ? MODES.quick : MODES.full;

const load = () => loadavg()[0].toFixed(1);
const before = load();
const rows = [];
for (const strategy of wanted) {
  console.error(`${strategy} …`);
  rows.push(rowOf(strategy, await measure(strategy, mode)));
}
console.error('hits …');
const hits = await measureHits(mode);
const { version } = await findRedisServer();
const { processes, length, terms } = mode;
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${version}`,
);
console.log(`Load of the last minute: ${before} at the start, ${load()} at the end`);
console.log(
  `${processes} processes, ${length / 1000} s each strategy, ${terms.ttl} ms to live, ${terms.delta} ms to recompute\n`,
);
console.log(
  table(
    ['strategy', 'reads', 'misses', 'recomputes', 'simultaneous', 'waits', 'p50', 'p99', 'p99.9', 'longest'],
    rows,
  ),
);
console.log();
console.log(
  table(
    ['hits a second, one process', 'EarlyRefreshCache', 'bare GET and JSON.parse', 'ratio'],
    hits.map(({ together, ours, bare }) => [
      `${together} at a time`,
      whole(ours),
      whole(bare),
      (ours / bare).toFixed(2),
    ]),
  ),
);

function rowOf(strategy, { reads, misses, recomputes, simultaneous, waits, p50, p99, p999, longest }) {
  const counts = [reads, misses, recomputes, simultaneous, waits].map(whole);
  return [strategy, ...counts, ...[p50, p99, p999, longest].map((ms) => `${ms.toFixed(1)} ms`)];
}

function whole(number) {
  return Math.round(number).toLocaleString('en-US');
}
