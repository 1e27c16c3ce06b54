/**
 * Checks the tarball that would be published: its size, what is in it, publint, and the types as each kind of module
 * resolution sees them (attw). Run `npm run build` first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { runTool } from './tools.mjs';

const LARGEST = 300_000;
const REQUIRED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
const ALLOWED = /^dist\/(.+\.(js|d\.ts|lua|html|css|svg)|schematics\/.+\.json)$/;
const UNWANTED = /\.(spec|test-d)\.|^dist\/(test|sample-app|lab)\//;

const folder = mkdtempSync(join(tmpdir(), 'work-stealing-pack-'));
try {
  const { tarball, size, files } = pack(folder);
  const problems = [
    ...problemsOf(size, files),
    ...run('publint', ['run', tarball, '--strict']),
    // An ESM-only package is loaded by require() since Node 20.19; the rule knows only older ones.
    ...run('attw', [tarball, '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji']),
  ];
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
  console.log(`Tarball: ${files.length} files, ${(size / 1000).toFixed(1)} kB packed.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function problemsOf(size, files) {
  const missing = REQUIRED.filter((path) => !files.includes(path));
  const unwanted = files.filter(
    (path) => !REQUIRED.includes(path) && (!ALLOWED.test(path) || UNWANTED.test(path)),
  );
  return [
    ...(size > LARGEST ? [`The tarball has ${size} bytes, more than ${LARGEST}.`] : []),
    ...missing.map((path) => `The tarball lacks ${path}.`),
    ...unwanted.map((path) => `The tarball should not hold ${path}.`),
  ];
}

function run(tool, args) {
  return runTool(tool, args) === 0 ? [] : [`${tool} failed.`];
}
