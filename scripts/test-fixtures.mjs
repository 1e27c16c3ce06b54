/**
 * Installs the packed library in copies of the applications under test/fixtures, type-checks, compiles and runs them;
 * then removes the optional peers and runs what is left. Run `npm run build` first.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';

const fixtures = join(import.meta.dirname, '../test/fixtures');
const names =
  process.argv.length > 2
    ? process.argv.slice(2)
    : readdirSync(fixtures).filter((name) => name.startsWith('nest'));

const workFolder = mkdtempSync(join(tmpdir(), 'work-stealing-fixtures-'));
let failures = 0;
try {
  const { tarball } = pack(workFolder);
  for (const name of names) test(name, tarball);
} finally {
  rmSync(workFolder, { recursive: true, force: true });
}
console.log(`Fixtures: ${names.length - failures} passed, ${failures} failed.`);
process.exitCode = failures > 0 ? 1 : 0;

function test(name, tarball) {
  const started = performance.now();
  const folder = join(workFolder, name);
  cpSync(join(fixtures, name), folder, { recursive: true });
  cpSync(join(fixtures, 'app'), join(folder, 'src'), { recursive: true });
  const passed =
    run(
      folder,
      'npm',
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      tarball,
    ) &&
    run(folder, 'npm', 'run', '--silent', 'build') &&
    run(folder, 'npm', 'run', '--silent', 'start') &&
    runWithoutPeer(folder, 'ioredis');
  if (!passed) failures++;
  console.log(
    `${passed ? 'passed' : 'FAILED'}: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
}

/** What is optional must not be needed: neither by the types nor by the running application. */
function runWithoutPeer(folder, peer) {
  rmSync(join(folder, 'node_modules', peer), { recursive: true });
  return run(folder, 'npm', 'run', '--silent', 'build') && run(folder, 'npm', 'run', '--silent', 'start');
}

function run(folder, command, ...args) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 180_000,
  });
  if (status !== 0)
    console.error(`${command} ${args.join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}`);
  return status === 0;
}
