import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Packs the project as it would be published.
 *
 * @param {string} destination the folder that the tarball goes to
 * @returns {{ tarball: string, size: number, files: string[] }} `size` in bytes
 */
export function pack(destination) {
  const root = join(import.meta.dirname, '..');
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  // The caller has built: `prepack` would build again.
  const output = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination],
    options,
  );
  const report = JSON.parse(output);
  const { filename, size, files } = Array.isArray(report) ? report[0] : Object.values(report)[0];
  return { tarball: join(destination, filename), size, files: files.map(({ path }) => path) };
}
