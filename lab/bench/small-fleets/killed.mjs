/** How long work stands still when the process that does it is killed with SIGKILL: 4 processes, no traffic. */
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from './fleet.mjs';
import { queueOf } from './ways.mjs';

const PROCESSES = 4;
const PERIOD = 60_000;
const WORK = { limit: 50, io: 20, loop: 0 };
const ITEMS = 5000;
/** A process that was killed is replaced after so long, as orchestrators do: ms. */
const REPLACED_AFTER = 1000;
/** The run has been going on for so many batches by then. */
const BATCHES_BEFORE = 5;

/** What is killed: a process of that way, in a batch or after one. */
const CASES = [
  { way: 'every', inBatch: false },
  { way: 'every', inBatch: true },
  { way: 'cron', inBatch: true },
  { way: 'locked cron', inBatch: true },
];

export function measureKills(server) {
  return Promise.all(CASES.map((each) => measure(server, each)));
}

async function measure({ url }, { way, inBatch }) {
  const prefix = `killed-${way.replaceAll(' ', '-')}-${inBatch}`;
  const redis = new Redis(url);
  let heard = () => {};
  const config = { url, prefix, ways: [way], queues: 1, period: PERIOD, ...WORK, isReporting: true };
  const fleet = await Fleet.start(PROCESSES, config, (pid, message) => heard(pid, message));
  const next = (isWanted) =>
    new Promise((resolve) => {
      heard = (pid, message) => isWanted(message) && resolve({ pid, at: performance.now() });
    });
  try {
    // The first pass is due at once, and ends at once where there is nothing.
    await sleep(5000);
    await redis.rpush(`${prefix}:${queueOf(way, 0)}`, ...Array(ITEMS).fill(0));
    for (let batch = 0; batch < BATCHES_BEFORE; batch++) await next(({ done }) => done > 0);
    const { pid } = await next(({ began, done }) => (inBatch ? began : done > 0));
    // In the middle of the batch, or when it has been reported.
    await sleep(WORK.io / 2);
    const begun = performance.now();
    await fleet.replace(pid, REPLACED_AFTER);
    const { at } = await next(({ done }) => done > 0);
    return { way, inBatch, seconds: (at - begun) / 1000 };
  } finally {
    await fleet.stop();
    redis.disconnect();
  }
}
