import { dirname, join } from 'node:path';
import { isExecutable, onPath } from '../debian/on-path.mjs';
import { isDebianLike, unpackPackages } from '../debian/unpack.mjs';

const OTHERWISE =
  'Install Prometheus (macOS: brew install prometheus; Debian, Ubuntu: apt install prometheus), or name the folder of ' +
  'prometheus and promtool in PROMETHEUS_DIR.';

/**
 * Finds Prometheus and its tool: in `PROMETHEUS_DIR`, on the PATH, or unpacked from Debian's or Ubuntu's package without
 * root, into node_modules/.cache.
 *
 * @returns {Promise<{ prometheus: string, promtool: string }>} their files
 */
export async function findPrometheus({ onProgress } = {}) {
  const named = process.env.PROMETHEUS_DIR;
  if (named) return inFolder(named);
  const found = await onPath('promtool');
  if (found !== undefined && (await isExecutable(join(dirname(found), 'prometheus'))))
    return inFolder(dirname(found));
  if (!(await isDebianLike())) throw new Error(`No promtool here. ${OTHERWISE}`);
  const folder = await unpackPackages({
    name: 'prometheus',
    title: 'Prometheus',
    packages: ['prometheus'],
    otherwise: OTHERWISE,
    onProgress,
  });
  return inFolder(join(folder, 'usr/bin'));
}

async function inFolder(folder) {
  const programs = { prometheus: join(folder, 'prometheus'), promtool: join(folder, 'promtool') };
  for (const file of Object.values(programs)) {
    if (!(await isExecutable(file))) throw new Error(`${file} is no program that can be run. ${OTHERWISE}`);
  }
  return programs;
}
