import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { child } from './child.mjs';
import { median } from '../measure/paired.mjs';
import { row, times } from './table.mjs';

/** What the package adds to an application's start and to its disk. */
export async function rows({ starts }) {
  const ratios = [];
  const imports = [];
  for (let i = 0; i < starts; i++) {
    const plain = await child('bootstrap', { args: ['plain'] });
    const jobs = await child('bootstrap', { args: ['jobs'] });
    ratios.push(jobs.ms / plain.ms);
    imports.push((await child('import')).ms);
  }
  const [bootstrap, load] = [median(ratios), median(imports)];
  const kilobytes = (await packedSize()) / 1000;
  return [
    row(
      'bootstrap with 1,000 jobs, against 1,000 plain providers',
      'at most 1.2 times',
      times(bootstrap),
      bootstrap <= 1.2,
    ),
    row("import of '.' over Nest's own", 'under 15 ms', `${load.toFixed(1)} ms`, load < 15),
    row('packed tarball', 'under 300 kB', `${kilobytes.toFixed(0)} kB`, kilobytes < 300),
  ];
}

async function packedSize() {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: new URL('../..', import.meta.url) });
  return JSON.parse(stdout)[0].size;
}
