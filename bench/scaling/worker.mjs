/** One process of the fleet: it enlists as if requests came at random, and its slices take items from two lists in Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Recruiter } from '../../temp/bench-redis/index.js';

const { url, jobs, perSecond, interval } = JSON.parse(process.argv[2]);
const redis = new Redis(url);
const recruiter = new Recruiter('default', { idle: { interval }, load: false, budget: 1000 });
const times = Object.fromEntries(jobs.map(({ id }) => [id, { full: [], partial: [], idle: [] }]));
recruiter.on('slice', ({ jobId, outcome, duration }) => times[jobId][outcome]?.push(duration));
for (const { id, rate, limit, io } of jobs)
  recruiter.install({ recruited: () => take(id, limit, io) }, id, rate);
recruiter.open();

async function take(id, limit, io) {
  const done = (await redis.lpop(id, limit))?.length ?? 0;
  if (done > 0) await sleep((io * done) / limit);
  return { done, limit };
}

/** Enlistments at random moments, whatever the timers of a busy machine make of it. */
const begun = performance.now();
let next = 0;
const timer = setInterval(() => {
  for (
    const now = performance.now() - begun;
    next < now;
    next -= (Math.log1p(-Math.random()) * 1000) / perSecond
  ) {
    recruiter.enlistDetached();
  }
}, 5);

process.on('message', (what) => void (what === 'tell' ? tell() : stop()));

function tell() {
  const tallies = recruiter.jobs.map(({ id, counts, items }) => ({ id, counts, items, times: times[id] }));
  process.send({ enlistments: recruiter.enlistments, jobs: tallies });
}

async function stop() {
  clearInterval(timer);
  await recruiter.close();
  redis.disconnect();
  process.disconnect();
}

process.send('ready');
