/**
 * Compiles the chaos with the library and the sample application into temp/chaos, and gives that folder the package's
 * name: so the sample and the chaos import what users import, and no build of somebody else's changes it while it runs.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

execFileSync('node', ['node_modules/typescript/bin/tsc', '-p', 'chaos/tsconfig.json'], { stdio: 'inherit' });
writeFileSync(
  'temp/chaos/package.json',
  JSON.stringify({
    name: 'nestjs-work-stealing',
    type: 'module',
    exports: { '.': './lib/index.js', './*': './lib/*/index.js' },
  }),
);
