/**
 * What recruiting costs requests, decorated against bare, at several utilizations: `npm run bench:http`.
 *
 *   --quick                a second of each, to see that it runs: the figures mean little
 *   --platform express     one platform only
 *   --slice io-5,cpu-1     some slices only
 *   --servers n            so many pairs of servers
 *   --results path         where the data goes, and is merged with what is there
 *   --record               the data is that of README.md, whose table is made anew
 *   --render               no measuring at all, only that
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measure } from './measure.mjs';
import { addCells, readCells } from './results-file.mjs';
import { render, tableOf } from './table.mjs';

const RECORDED = 'bench/http/recorded.json';
const PLATFORMS = ['express', 'fastify'];
const SLICES = ['io-0', 'io-5', 'io-50', 'cpu-1', 'cpu-5'];
const MODES = {
  full: { servers: 6, rounds: 4, seconds: 1, warmUp: 1.5, utilizations: [0.2, 0.5, 0.8] },
  quick: { servers: 2, rounds: 1, seconds: 1, warmUp: 0.5, utilizations: [0.2, 0.5, 0.8] },
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    platform: { type: 'string' },
    slice: { type: 'string' },
    servers: { type: 'string' },
    results: { type: 'string' },
    record: { type: 'boolean', default: false },
    render: { type: 'boolean', default: false },
  },
});
const mode = { ...(values.quick ? MODES.quick : MODES.full) };
if (values.servers !== undefined) mode.servers = Number(values.servers);
const path = values.results ?? (values.record || values.render ? RECORDED : 'temp/http.json');

if (!values.render) {
  for (const platform of chosen('platform', PLATFORMS)) {
    for (const slice of chosen('slice', SLICES)) {
      const load = loadavg()[0];
      console.error(`${platform}, slices of ${slice} (load ${load.toFixed(1)}) …`);
      const [kind, ms] = slice.split('-');
      const cells = await measure(platform, { kind, ms: Number(ms) }, mode);
      addCells(
        path,
        cells.map((cell) => ({ platform, slice, load: Number(load.toFixed(1)), ...cell })),
      );
    }
  }
}
const results = readCells(path);
if (values.record || values.render) await render(results);
else console.log(tableOf(results));
if (values.quick) console.log('\nA quick run shows that everything runs; its figures mean little.');
process.exit();

function chosen(option, all) {
  const names = values[option]?.split(',') ?? all;
  const stranger = names.find((name) => !all.includes(name));
  if (stranger === undefined) return names;
  throw new RangeError(`--${option} names ${JSON.stringify(stranger)}; expected some of ${all.join(', ')}`);
}
