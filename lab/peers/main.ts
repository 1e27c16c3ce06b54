/**
 * The same background work done in several ways, side by side: `npm run peers`, see README.md.
 *
 *   --quick               the first fifth of two traces on two instances, to see that it runs: the figures mean little
 *   --only a,b            some ways only; the first of all, `none`, always runs as well, since it is what they are held to
 *   --instances 1,4       some fleet sizes only
 *   --trace a,b           some traces only
 *   --rounds n            so many runs of each, with other requests
 *   --resume              only what the data does not have yet
 *   --results path        where the data goes, and is merged with what is there
 *   --record              the data is that of README.md, whose tables and plots are made anew
 *   --render              no run at all, only that
 *
 * No figure makes it fail; a way that does not do its work does.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { findRedisServer } from '../../scripts/redis/index.mjs';
import { TRACES, type TraceName } from './plan/traces.js';
import { render, tablesOf } from './report/render.js';
import { run } from './run/run.js';
import type { RunKey } from './run/result.js';
import { addResult, keyOf, readResults } from './run/results-file.js';
import { WAYS, type WayName } from './ways/index.js';

const RECORDED = 'peers/recorded.json';
const SIZES = [1, 4, 16];
const QUICK = { scale: 0.2, instances: '2', traces: 'steady,killed', results: 'temp/peers-quick.json' };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    instances: { type: 'string' },
    trace: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    resume: { type: 'boolean', default: false },
    results: { type: 'string' },
    record: { type: 'boolean', default: false },
    render: { type: 'boolean', default: false },
  },
});

const path =
  values.results ??
  (values.record || values.render ? RECORDED : values.quick ? QUICK.results : 'temp/peers.json');
if (!values.render) await measureAll();
const results = readResults(path);
if (results === undefined) throw new Error(`There is no data in ${path}`);
if (values.record || values.render) await render(results);
else console.log(tablesOf(results));
if (values.quick) console.log('\nA quick run shows that everything runs; its figures mean little.');
process.exit();

async function measureAll(): Promise<void> {
  const { version } = await findRedisServer();
  const known = new Set(values.resume ? readResults(path)?.runs.map(keyOf) : []);
  const keys = planned().filter((key) => !known.has(keyOf(key)));
  const begun = Date.now();
  let failures = 0;
  for (const [index, key] of keys.entries()) {
    const title = `${index + 1}/${keys.length} ${key.way}, ${key.instances} instances, ${key.trace}, round ${key.round}`;
    console.error(`${title} (load ${loadavg()[0]!.toFixed(1)}) …`);
    try {
      addResult(path, await run(key, values.quick ? QUICK.scale : 1), version);
    } catch (error) {
      failures++;
      console.error(error);
    }
  }
  console.error(`${keys.length} runs in ${((Date.now() - begun) / 60_000).toFixed(1)} minutes`);
  if (failures > 0) process.exitCode = 1;
}

/** One after the other those that are held against each other, so that what else the machine does disturbs them alike. */
function planned(): RunKey[] {
  const ways = chosen('only', values.only, Object.keys(WAYS) as WayName[]);
  const sizes = (values.instances ?? (values.quick ? QUICK.instances : SIZES.join(',')))
    .split(',')
    .map(Number);
  const traces = chosen(
    'trace',
    values.trace ?? (values.quick ? QUICK.traces : undefined),
    Object.keys(TRACES) as TraceName[],
  );
  const rounds = Array.from({ length: Number(values.rounds) }, (_, index) => index + 1);
  if (!ways.includes('none')) ways.unshift('none');
  return rounds.flatMap((round) =>
    sizes.flatMap((instances) =>
      traces.flatMap((trace) => ways.map((way) => ({ way, instances, trace, round }))),
    ),
  );
}

function chosen<T extends string>(option: string, text: string | undefined, all: readonly T[]): T[] {
  if (text === undefined) return [...all];
  const names = text.split(',');
  const stranger = names.find((name) => !all.includes(name as T));
  if (stranger === undefined) return all.filter((name) => names.includes(name));
  throw new RangeError(`--${option} names ${JSON.stringify(stranger)}; expected some of ${all.join(', ')}`);
}
