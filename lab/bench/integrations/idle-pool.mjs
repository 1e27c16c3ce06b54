/**
 * What an idle pool of 4 queue workers does, with the recipe of docs/recipes/queues.md as it stands there: slices a
 * second, and how long a job waits to be taken up, with the recruiters paused and at work.
 *
 *     node bench/integrations/idle-pool.mjs
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Queue, QueueEvents } from 'bullmq';
import { docBlocks } from '../../../scripts/doc-blocks.mjs';
import { startRedis } from '../../../scripts/redis/index.mjs';

const root = resolve(import.meta.dirname, '../../..');
const WORKERS = 4;
/** How long the pool is left idle: ms. */
const IDLE = 20_000;
const JOBS = 500;
/** Longest pause between two jobs, shortest 0: ms. */
const PAUSE = 40;

const redis = await startRedis();
const folder = await writeRecipe();
const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker));
const queue = new Queue('thumbnails', { connection: { url: redis.url } });
// Each job that is waited for listens.
queue.setMaxListeners(0);
const events = new QueueEvents('thumbnails', { connection: { url: redis.url } });
await events.waitUntilReady();
try {
  const before = await ask('counts');
  await pause(IDLE);
  const after = await ask('counts');
  const slices = after.map((counts, index) => counts.slices - before[index].slices);
  const spent = after.map((counts, index) => counts.spent - before[index].spent);
  const seconds = IDLE / 1000;
  console.log(
    `slices a second, each worker: ${slices.map((count) => (count / seconds).toFixed(1)).join(', ')}`,
  );
  console.log(`slices a second, the pool: ${(sum(slices) / seconds).toFixed(1)}`);
  console.log(
    `share of wall-clock time in slices, a worker: ${((sum(spent) / WORKERS / IDLE) * 100).toFixed(1)} %`,
  );

  await ask('pause');
  report('paused', await takeUpTimes());
  await ask('resume');
  report('at work', await takeUpTimes());
} finally {
  for (const worker of workers) worker.kill('SIGKILL');
  await events.close();
  await queue.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
}

async function writeRecipe() {
  await mkdir(join(root, 'lab/temp'), { recursive: true });
  const target = await mkdtemp(join(root, 'lab/temp/idle-pool-'));
  const page = await readFile(join(root, 'docs/recipes/queues.md'), 'utf8');
  for (const { name, code } of docBlocks(page)) await writeFile(join(target, name), code);
  return target;
}

async function startWorker() {
  const loader = join(root, 'test/support/enlist-child/typescript.mjs');
  const worker = fork(join(import.meta.dirname, 'idle-worker.mjs'), [join(folder, 'worker.module.ts')], {
    execArgv: ['--import', loader],
    env: { ...process.env, REDIS_URL: redis.url },
  });
  await once(worker, 'message');
  return worker;
}

function ask(question) {
  return Promise.all(
    workers.map(async (worker) => {
      worker.send(question);
      const [answer] = await once(worker, 'message');
      return answer;
    }),
  );
}

/** From when a job was added to when a worker has begun it: ms, by the machine's clock, whole ms. */
async function takeUpTimes() {
  const jobs = [];
  for (let index = 0; index < JOBS; index++) {
    await pause(Math.random() * PAUSE);
    jobs.push(await queue.add('thumbnail', { film: 'alien' }));
  }
  await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  const done = await Promise.all(jobs.map((job) => queue.getJob(job.id)));
  return done.map((job) => job.processedOn - job.timestamp).sort((a, b) => a - b);
}

function report(title, times) {
  const at = (share) => times[Math.floor((times.length - 1) * share)];
  const mean = sum(times) / times.length;
  console.log(
    `take-up of a job, recruiters ${title}: mean ${mean.toFixed(2)}, p50 ${at(0.5)}, p99 ${at(0.99)} ms`,
  );
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
