/** One process of a fleet that follows a queue, which is a sorted set, until it is killed. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, name] = process.argv.slice(2);
const { QueueTracker } = await import(join(lib, 'redis/queue-tracker/queue-tracker.js'));
const client = new Redis(url);
const tracker = new QueueTracker(client, name, {
  limit: 20,
  async nextQueued(after, limit) {
    const ids = await client.zrangebylex(
      `${name}:table`,
      after === null ? '-' : `(${after}`,
      '+',
      'LIMIT',
      0,
      limit,
    );
    return { ids, next: ids.length < limit ? null : ids.at(-1) };
  },
  async stillQueued(ids) {
    const scores = await client.zmscore(`${name}:table`, ...ids);
    return ids.filter((_id, index) => scores[index] !== null);
  },
});
await client.ping();
console.log('ready');
const slice = { jobId: name, signal: new AbortController().signal, timeRemaining: () => 50 };
for (;;) {
  // A slice fails where Redis is left aside for seconds; its worker goes on, as in an application.
  await tracker.recruited(slice).catch((error) => console.error(error.message));
  await rest(2);
}
