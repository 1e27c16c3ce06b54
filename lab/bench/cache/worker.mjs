/** One of the processes that read: it begins, counts, and ends when it is told to. */
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { STRATEGIES } from './strategies.mjs';

const [strategy, url, given] = process.argv.slice(2);
const terms = JSON.parse(given);
const client = new Redis(url);
const noTally = () => ({ misses: 0, waits: 0, recomputes: 0, simultaneous: 0, latencies: [] });
let tally = noTally();
let isOver = false;

const read = STRATEGIES[strategy](client, terms, {
  missed: () => tally.misses++,
  waited: () => tally.waits++,
  async recompute() {
    tally.recomputes++;
    if ((await client.incr('bench:recomputing')) > 1) tally.simultaneous++;
    await sleep(terms.delta);
    await client.decr('bench:recomputing');
    return 'x'.repeat(terms.bytes);
  },
});

process.on('message', (word) => {
  if (word === 'begin') void work();
  if (word === 'count') tally = noTally();
  if (word === 'end') isOver = true;
});
// Nobody is left to count for.
process.on('disconnect', () => process.exit());
await client.ping();
process.send('ready');

async function work() {
  while (!isOver) {
    await sleep(terms.pause[0] + Math.random() * (terms.pause[1] - terms.pause[0]));
    // A read that began before is not among those that are counted.
    const { latencies } = tally;
    const begun = performance.now();
    await read();
    latencies.push(performance.now() - begun);
  }
  process.send(tally);
}
