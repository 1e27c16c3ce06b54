/**
 * The tools of scripts/package.json: what lint, the API reports and the site need, and neither `npm start` nor `npm test`.
 * They are installed when one of them is asked for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const lock = join(import.meta.dirname, 'package-lock.json');
const installed = join(import.meta.dirname, 'node_modules/.package-lock.json');

/** Installs the tools, unless they are there as the lock file has them. */
export function installTools() {
  if (areInstalled()) return;
  console.error('Installing the tools of scripts/package.json (only after a change) ...');
  const options = { cwd: import.meta.dirname, stdio: ['ignore', process.stderr, process.stderr] };
  const { status } = spawnSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], options);
  if (status !== 0) throw new Error('The tools could not be installed: npm ci --prefix scripts');
}

function areInstalled() {
  if (!existsSync(installed)) return false;
  const there = packagesOf(installed);
  return Object.entries(packagesOf(lock)).every(([path, { version, optional }]) =>
    // One that is optional may be for another machine.
    path in there ? there[path].version === version : path === '' || optional === true,
  );
}

function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/**
 * Runs a tool in the folder of the project, with the output of this process.
 *
 * @param {string} name of its program, such as `oxlint`
 * @param {string[]} args
 * @returns {number} its exit code; 1 when a signal ended it
 */
export function runTool(name, args) {
  installTools();
  const programs = join(import.meta.dirname, 'node_modules/.bin');
  const { status, error } = spawnSync(join(programs, name), args, {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'inherit', 'inherit'],
    // A tool may start another: oxlint looks for tsgolint there.
    env: { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}` },
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}
