/** One process of a fleet that folds counters until it is killed. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, name] = process.argv.slice(2);
const { Rollup } = await import(join(lib, 'redis/rollup/rollup.js'));
const client = new Redis(url);
const rollup = new Rollup(client, name, { partitions: 4, limit: 5 });
await client.ping();
console.log('ready');
const slice = { jobId: name, signal: new AbortController().signal, timeRemaining: () => 50 };
for (;;) {
  // A slice fails where Redis is left aside for seconds; its worker goes on, as in an application.
  await rollup.recruited(slice).catch((error) => console.error(error.message));
  await rest(2);
}
