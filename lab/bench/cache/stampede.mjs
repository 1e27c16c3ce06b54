/** Many real processes that read one value through a cache, on a private server: what each strategy makes of it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../../../scripts/redis/index.mjs';

/** So many processes start at once: each needs a core for a while. */
const STARTS = 5;

export async function measure(strategy, mode) {
  const server = await startRedis();
  const workers = [];
  try {
    while (workers.length < mode.processes) {
      const few = Array.from({ length: Math.min(STARTS, mode.processes - workers.length) }, () =>
        start(strategy, server.url, mode.terms),
      );
      workers.push(...(await Promise.all(few)));
    }
    for (const worker of workers) worker.send('begin');
    await sleep(mode.warmUp);
    for (const worker of workers) worker.send('count');
    await sleep(mode.length);
    return summary(await Promise.all(workers.map(end)));
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    await server.stop();
  }
}

async function start(strategy, url, terms) {
  const worker = fork(join(import.meta.dirname, 'worker.mjs'), [strategy, url, JSON.stringify(terms)]);
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`A process of ${strategy} ended with ${code} before it was ready`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(worker, 'message'), ended]);
  return worker;
}

async function end(worker) {
  worker.send('end');
  const [tally] = await once(worker, 'message');
  return tally;
}

function summary(tallies) {
  const sum = (name) => tallies.reduce((total, tally) => total + tally[name], 0);
  const latencies = tallies.flatMap((tally) => tally.latencies).sort((a, b) => a - b);
  const quantile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
  return {
    reads: latencies.length,
    misses: sum('misses'),
    recomputes: sum('recomputes'),
    simultaneous: sum('simultaneous'),
    waits: sum('waits'),
    p50: quantile(0.5),
    p99: quantile(0.99),
    p999: quantile(0.999),
    longest: latencies.at(-1),
  };
}
