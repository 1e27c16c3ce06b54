/**
 * Prints the table of benchmarks of ./redis: `npm run bench:redis`, which compiles the library first, file by file, as
 * scripts and parts are measured that no package hands out. It starts private servers, and stops them.
 *
 *   --quick        a few rounds of everything, to see that it runs: the figures mean little
 *   --only a,b     some groups only, by the names of their files
 *
 * A group is a file beside this one that exports `rows(mode)`. No figure makes it fail; a benchmark that breaks does.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { findRedisServer } from '../../../scripts/redis/index.mjs';
import { table } from './table.mjs';

const MODES = {
  full: { rounds: 3, seconds: 3, slices: 300, items: 1_000_000, turns: 100, scale: 1 },
  quick: { rounds: 1, seconds: 0.5, slices: 40, items: 20_000, turns: 10, scale: 0.1 },
};
const GROUPS = ['reaping', 'queue-tracker', 'cursor-job', 'fleet', 'memory', 'longest-script'];

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const wanted = values.only?.split(',') ?? GROUPS;
const stranger = wanted.find((group) => !GROUPS.includes(group));
if (stranger !== undefined) {
  throw new RangeError(`--only names ${JSON.stringify(stranger)}; expected some of ${GROUPS.join(', ')}`);
}

const load = () => loadavg()[0].toFixed(1);
const before = load();
const rows = [];
for (const group of wanted) {
  const { rows: measure } = await import(`./${group}.mjs`);
  console.error(`${group} …`);
  rows.push(...(await measure(values.quick ? MODES.quick : MODES.full)));
}
const { version } = await findRedisServer();
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${version}`,
);
console.log(`Load of the last minute: ${before} at the start, ${load()} at the end\n`);
console.log(table(rows));
