/** One process of a fleet that removes overdue members until it is killed. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, name] = process.argv.slice(2);
const { VolatileSet } = await import(join(lib, 'redis/volatile-set/volatile-set.js'));
const client = new Redis(url);
const set = new VolatileSet(client, name, { partitions: 4, limit: 5 });
await client.ping();
console.log('ready');
const slice = { jobId: name, signal: new AbortController().signal, timeRemaining: () => 50 };
for (;;) {
  // A slice fails where Redis is left aside for seconds; its worker goes on, as in an application.
  await set.recruited(slice).catch((error) => console.error(error.message));
  await rest(2);
}
