/**
 * Installs the packed library in copies of the applications under test/fixtures, type-checks, compiles and runs them;
 * then removes the optional peer and runs what does not need it. Run `npm run build` first.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { startRedis } from './redis/index.mjs';

const fixtures = join(import.meta.dirname, '../test/fixtures');
const names = readdirSync(fixtures).filter((name) => name.startsWith('nest'));

const redis = await startRedis();
const workFolder = mkdtempSync(join(tmpdir(), 'work-stealing-fixtures-'));
let failures = 0;
try {
  const { tarball } = pack(workFolder);
  for (const name of names) if (!passes(name, tarball)) failures++;
} finally {
  rmSync(workFolder, { recursive: true, force: true });
  await redis.stop();
}
console.log(`Fixtures: ${names.length - failures} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

function passes(name, tarball) {
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
    run(folder, 'node', 'dist/redis.js') &&
    // Without its optional peer the core has to run as well.
    run(folder, 'npm', 'uninstall', '--no-audit', '--no-fund', '--no-package-lock', 'ioredis') &&
    run(folder, 'node', 'dist/main.js');
  console.log(
    `${passed ? 'passed' : 'FAILED'}: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  return passed;
}

function run(folder, command, ...args) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, REDIS_URL: redis.url },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 240_000,
  });
  if (status !== 0)
    console.error(`${command} ${args.join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}`);
  return status === 0;
}
