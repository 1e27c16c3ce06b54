/**
 * Runs one of the applications in examples/ with the library as it is here: packs it, installs the tarball in a copy of the
 * application, and starts that as its README says. Redis is that of REDIS_URL, or a private one.
 *
 *   node scripts/run-example.mjs core      until Ctrl-C
 *   node scripts/run-example.mjs --check   each in turn until it has done what it should, then Ctrl-C. Run `npm run build`
 *                                          first.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command } from './fixtures/command.mjs';
import { pack } from './pack.mjs';
import { startRedis } from './redis/index.mjs';

/** What each says once it has done all that it should. */
const EXPECTED = {
  core: /^.*no visitors: \d+ sessions; expired: [1-9]\d* by rate, [1-9]\d* by every$/m,
  redis: /^.*500 users indexed, done; [1-9]\d* tokens expired in [1-9]\d* passes$/m,
};
/**
 * ms that an example may take for it, and to end at Ctrl-C: they take about 10 s and none. A slice that the machine stalls
 * for seconds is followed by a rest that is 19 times as long.
 */
const LIMIT = 200_000;

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
  await withRedis(example, async (env) => {
    // As `npm start` does, but without npm, which ends with a code of its own at Ctrl-C.
    await command(app, ['npx', 'tsc']);
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: app,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let found;
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (found) return;
        found = EXPECTED[example].exec(output)?.[0];
        if (found) child.kill('SIGINT');
      });
    }
    const [code] = await once(child, 'close');
    clearTimeout(timer);
    if (!found || code !== 0) {
      throw new Error(
        `examples/${example} ended with:\n${output}\nExpected ${EXPECTED[example]}, then an end at Ctrl-C`,
      );
    }
    console.log(`examples/${example}: ${found}`);
  });
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
