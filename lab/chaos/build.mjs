/**
 * Compiles the chaos with the library and the sample application into temp/chaos, and gives that folder the package's
 * name: so the sample and the chaos import what users import, and no build of somebody else's changes it while it runs.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
execFileSync('node', [compiler, '-p', join(import.meta.dirname, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
writeFileSync(
  join(import.meta.dirname, '../temp/chaos/package.json'),
  JSON.stringify({
    name: 'nestjs-work-stealing',
    type: 'module',
    exports: { '.': './lib/index.js', './*': './lib/*/index.js' },
  }),
);
