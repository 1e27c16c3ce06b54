// `npm start`: builds what has changed since the last build, then runs it in this process, so that signals arrive.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['lib', 'sample-app/src', 'sample-app/demo', 'sample-app/tsconfig.app.json', 'nest-cli.json'];
const MAIN = join(ROOT, 'sample-app/dist/sample-app/demo/main.js');
const STAMP = join(ROOT, 'sample-app/dist/.built');

function newestChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A directory's own time tells of files that are gone.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

function isBuilt() {
  if (!existsSync(MAIN) || !existsSync(STAMP)) return false;
  const builtAt = statSync(STAMP).mtimeMs;
  return SOURCES.every((source) => newestChange(join(ROOT, source)) < builtAt);
}

function build() {
  console.error('Building the sample (only after a change) ...');
  const begunAt = new Date();
  const nest = createRequire(import.meta.url).resolve('@nestjs/cli/bin/nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build', 'demo'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
  writeFileSync(STAMP, '');
  // What was edited while the build ran counts as changed after it.
  utimesSync(STAMP, begunAt, begunAt);
}

if (!isBuilt()) build();
await import(pathToFileURL(MAIN).href);
