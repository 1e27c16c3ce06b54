/** One process of the fleet that check-against-fleet.mjs measures: it enlists at random moments, and its slices take items from lists. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Recruiter } from 'nestjs-work-stealing';

/** Enlistments are made up for so often: ms. */
const STEP = 5;

const { url, jobs, options, tick } = JSON.parse(process.argv[2]);
const redis = new Redis(url);
const recruiter = new Recruiter('default', options);
const costs = jobs.map(() => ({ slices: 0, loop: 0, duration: 0, items: 0 }));
let perTick = 0;
let next = 0;

await redis.ping();
jobs.forEach(({ id, rate, limit, io }, index) => {
  recruiter.install({ recruited: () => measured(index, () => take(id, limit, io)) }, id, rate);
});
recruiter.open();
const begun = performance.now();
const timer = setInterval(enlist, STEP);
process.on('message', (message) => void answer(message));
// A check that was interrupted leaves nothing behind.
process.on('disconnect', () => process.exit());
process.send('ready');

async function take(id, limit, io) {
  const done = (await redis.lpop(id, limit))?.length ?? 0;
  if (done > 0) await sleep((io * done) / limit);
  return { done, limit };
}

/** What a slice takes of time and of the event loop, which no model can know. */
async function measured(index, slice) {
  const [before, start] = [performance.eventLoopUtilization().active, performance.now()];
  const progress = await slice();
  const cost = costs[index];
  cost.slices++;
  cost.loop += performance.eventLoopUtilization().active - before;
  cost.duration += performance.now() - start;
  cost.items += progress.done;
  return progress;
}

/** Poisson, whatever the timers of a busy machine make of it. */
function enlist() {
  const now = performance.now() - begun;
  if (perTick === 0) next = now;
  for (; next < now; next -= (Math.log1p(-Math.random()) * tick) / perTick) recruiter.enlistDetached();
}

async function answer(message) {
  if (message.perTick !== undefined) perTick = message.perTick;
  if (message.tell) {
    const { user, system } = process.cpuUsage();
    const slices = recruiter.jobs.map(({ counts: { gated: _gated, ...ran } }) =>
      Object.values(ran).reduce((sum, count) => sum + count),
    );
    process.send({ cpu: (user + system) / 1000, slices, costs });
  }
  if (!message.stop) return;
  clearInterval(timer);
  await recruiter.close();
  redis.disconnect();
  process.disconnect();
}
