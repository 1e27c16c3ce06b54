/**
 * Compiles schematics/ into the folder given, dist/schematics by default, and puts its JSON files beside: what `nest add`
 * and `nest g -c nestjs-work-stealing` load.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'schematics');
const target = resolve(process.argv[2] ?? join(root, 'dist/schematics'));

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', source, '--outDir', target], { stdio: 'inherit' });
if (status !== 0) process.exit(1);

for (const path of readdirSync(source, { recursive: true })) {
  if (path.endsWith('.json') && path !== 'tsconfig.json') cpSync(join(source, path), join(target, path));
}
