// Runs the sample's fleet with its rates mis-set, asks the adviser, does what it says, and asks once more.
//
//   npm run simulate:advise-sample -- [seconds]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { adviseRate } = await import(`${ROOT}lab/temp/simulator/lib/fleet/advice/rate-advice.js`);

const WORKERS = 2;
const [seconds = 45] = process.argv.slice(2).map(Number);

const asDeclared = await advise('as declared', {});
for (const factor of [0.1, 10]) {
  const misSet = scaled(asDeclared, factor);
  const first = await advise(`× ${factor}`, misSet);
  await advise(`× ${factor}, after the advice`, ratesOf(first, 'suggested'));
}

/** What the adviser says of each job after a run with these rates. */
async function advise(what, rates) {
  const summary = await run(rates);
  const sum = Object.values(summary.jobs).reduce((total, { rate }) => total + rate, 0);
  console.log(`\n${what}: ${summary.enlisted} enlistments, oldest overdue field ${summary.oldestOverdue} ms`);
  const jobs = Object.entries(summary.jobs).map(([id, { rate, outcomes, gatedBy, items }]) => {
    const times = summary.workers.map(({ sliceTimes }) => sliceTimes[id]).filter((time) => time !== null);
    const advice = adviseRate({
      seconds: summary.elapsed / 1000,
      enlistments: summary.enlisted,
      counts: outcomes,
      gatedBy,
      items,
      rate,
      room: 1 - (sum - rate),
      processes: WORKERS,
      sliceDuration: times.length > 0 ? times.reduce((all, time) => all + time, 0) / times.length : undefined,
      budget: 50,
    });
    console.log(`  ${id} (${rate}): ${advice.verdict}, ${advice.suggested}. ${advice.reason}`);
    return { id, rate, suggested: advice.suggested };
  });
  return jobs;
}

async function run(rates) {
  const folder = mkdtempSync(join(tmpdir(), 'advise-sample-'));
  try {
    const file = join(folder, 'summary.json');
    const args = [join(ROOT, 'sample-app/start.mjs'), '--duration', String(seconds), '--json', file];
    const env = { ...process.env, RATES: JSON.stringify(rates) };
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`The sample ended with ${code}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ratesOf(jobs, which) {
  return Object.fromEntries(jobs.map((job) => [job.id, job[which]]));
}

/** The sum may be 1 at most, so what would be more is shared out. */
function scaled(jobs, factor) {
  const sum = jobs.reduce((total, { rate }) => total + rate * factor, 0);
  return Object.fromEntries(jobs.map(({ id, rate }) => [id, (rate * factor) / Math.max(1, sum)]));
}
