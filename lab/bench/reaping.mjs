import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The row of `./redis` that belongs to this table. It has benchmarks of its own, which print their table themselves. */
export async function rows({ isQuick }) {
  const quick = isQuick ? ['--quick'] : [];
  const run = ['run', '--silent', 'bench:redis', '--', '--only', 'reaping', ...quick];
  const { stdout } = await promisify(execFile)('npm', run, { cwd: new URL('..', import.meta.url) });
  console.log(stdout);
  return [];
}
