/**
 * Mutation tests of lib/redis: `npm run mutate:redis`, or `npm run mutate:redis -- rollup leases` for some folders. Each
 * folder is a run of its own, against a real server that its tests start.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
/** The fleet's view has no tests that are fit for this: they are processes that wait for each other. */
const LEFT_OUT = new Set(['fleet', 'scripts']);

async function folders() {
  const entries = await readdir(join(root, 'lib/redis'), { withFileTypes: true });
  return entries.flatMap((each) => (each.isDirectory() && !LEFT_OUT.has(each.name) ? [each.name] : []));
}

async function mutate(folder) {
  const run = spawn(
    join(import.meta.dirname, '../node_modules/.bin/stryker'),
    ['run', 'lab/mutation/stryker.redis.config.mjs'],
    {
      cwd: root,
      env: { ...process.env, MUTATE_FOLDER: folder },
      stdio: 'inherit',
    },
  );
  const [code] = await once(run, 'exit');
  if (code !== 0) throw new Error(`The run of ${folder} ended with code ${code}`);
  return scoreOf(JSON.parse(await readFile(join(root, `lab/temp/mutation/redis-${folder}.json`), 'utf8')));
}

/** As Stryker counts: a mutant that timed out was found. */
function scoreOf({ files }) {
  const mutants = Object.values(files).flatMap((file) => file.mutants);
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const found = count('Killed', 'Timeout');
  const missed = count('Survived', 'NoCoverage');
  return { mutants: found + missed, found, score: `${((100 * found) / (found + missed)).toFixed(1)} %` };
}

const wanted = process.argv.slice(2);
const scores = {};
for (const folder of wanted.length > 0 ? wanted : await folders()) scores[folder] = await mutate(folder);
console.table(scores);
