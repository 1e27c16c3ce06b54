/**
 * Runs one of the applications in examples/ with the library as it is here: packs it, installs the tarball in a copy of the
 * application, and starts that as its README says. Redis is that of REDIS_URL, or a private one.
 *
 *   node scripts/run-example.mjs core      until Ctrl-C
 *   node scripts/run-example.mjs --check   all of them for some seconds, each in turn; fails for one that does not do
 *                                          what it should. Run `npm run build` first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command } from './fixtures/command.mjs';
import { pack } from './pack.mjs';
import { startRedis } from './redis/index.mjs';

/** What the last line of each has to say after `SECONDS`. */
const EXPECTED = {
  core: /no visitors: \d+ sessions; expired: [1-9]\d* by rate, [1-9]\d* by every$/,
  redis: /500 users indexed, done; [1-9]\d* tokens expired in [1-9]\d* passes$/,
};
/** Visitors come to `core` in the first five only; a busy machine takes its time. */
const SECONDS = 10;

const root = resolve(import.meta.dirname, '..');
const names = readdirSync(join(root, 'examples'));
const [name] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'work-stealing-examples-'));
try {
  if (name === '--check') for (const each of names) await check(each);
  else if (names.includes(name)) await run(name);
  else throw new Error(`Usage: node scripts/run-example.mjs ${names.join(' | ')} | --check`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(example) {
  // Ctrl-C reaches the application as well: this waits until it has closed.
  process.on('SIGINT', () => {});
  await command(root, ['npm', 'run', 'build']);
  const app = await install(example);
  await withRedis(example, async (env) => {
    const child = spawn('npm', ['start', '--silent'], {
      cwd: app,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    await once(child, 'exit');
  });
}

async function check(example) {
  const app = await install(example);
  const output = await withRedis(example, (env) =>
    command(app, ['npm', 'start', '--silent'], { ...env, SECONDS: String(SECONDS) }),
  );
  const last = output.split('\n').findLast((line) => /^\d+ s/.test(line)) ?? output;
  if (!EXPECTED[example].test(last)) {
    throw new Error(`examples/${example} ended with:\n${output}\nExpected ${EXPECTED[example]}`);
  }
  console.log(`examples/${example}: ${last}`);
}

/** Outside of the project, so that it finds nothing but what it asks for. */
async function install(example) {
  const app = join(folder, example);
  cpSync(join(root, 'examples', example), app, { recursive: true });
  const { tarball } = pack(folder);
  await command(app, ['npm', 'install', '--prefer-offline', '--no-package-lock', tarball]);
  return app;
}

async function withRedis(example, use) {
  if (example !== 'redis' || process.env.REDIS_URL) return use({});
  const server = await startRedis({ onProgress: (line) => console.error(line) });
  try {
    return await use({ REDIS_URL: server.url });
  } finally {
    await server.stop();
  }
}
