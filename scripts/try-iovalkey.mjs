/**
 * Installs the packed library in an application that has iovalkey and no ioredis (test/fixtures/iovalkey), checks its
 * types and runs it. Run `npm run build` first.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pack } from './pack.mjs';
import { startRedis } from './redis/index.mjs';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'work-stealing-iovalkey-'));
const server = await startRedis();
try {
  cpSync(join(root, 'test/fixtures/iovalkey'), folder, { recursive: true });
  const { tarball } = pack(folder);
  run('npm', ['install', '--no-package-lock', '--loglevel=error', tarball]);
  if (existsSync(join(folder, 'node_modules/ioredis'))) throw new Error('ioredis was installed as well');
  const options =
    '--strict --skipLibCheck --experimentalDecorators --emitDecoratorMetadata --target es2022 --module nodenext';
  run('npx', ['tsc', ...options.split(' '), '--types', 'node', 'main.ts']);
  run(process.execPath, ['main.js']);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

function run(file, args) {
  execFileSync(file, args, { cwd: folder, stdio: 'inherit', env: { ...process.env, REDIS_URL: server.url } });
}
