/**
 * Prints the table of benchmarks: `npm run bench`, which builds first, as it is the compiled package that is measured.
 *
 *   --quick        a few rounds of everything, to see that it runs: half a minute, and the figures mean little
 *   --only a,b     some groups only, by the names of their files
 *
 * A group is a file beside this one that exports `rows(mode)`. No figure makes it fail; a benchmark that breaks does.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from './table.mjs';

const MODES = {
  full: {
    isQuick: false,
    processes: 7,
    rounds: 61,
    turn: 10,
    calls: 1e7,
    servers: 10,
    pairs: 2,
    seconds: 4,
    starts: 15,
  },
  quick: {
    isQuick: true,
    processes: 1,
    rounds: 5,
    turn: 2,
    calls: 1e6,
    servers: 1,
    pairs: 1,
    seconds: 1,
    starts: 1,
  },
};
const GROUPS = ['hot-path', 'decorator', 'http', 'tracing', 'package', 'reaping'];

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const mode = values.quick ? MODES.quick : MODES.full;
const wanted = values.only?.split(',');

const load = () => loadavg()[0].toFixed(1);
const before = load();
const rows = [];
for (const group of GROUPS) {
  if (wanted !== undefined && !wanted.includes(group)) continue;
  console.error(`${group} …`);
  try {
    const { rows: measure } = await import(`./${group}.mjs`);
    rows.push(...(await measure(mode)));
  } catch (error) {
    console.error(`${group} broke: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
console.log(`Load of the last minute: ${before} at the start, ${load()} at the end\n`);
console.log(table(rows));
if (values.quick) console.log('\nA quick run shows that everything runs; its figures mean little.');
// Servers and timers that a group may have left.
process.exit();
