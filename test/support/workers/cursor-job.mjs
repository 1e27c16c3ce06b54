/** One process of a fleet that goes through 4 times 1,500 numbers, one of them bad, until it is killed. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const COUNT = 1500;
const BAD = 1001;

const [lib, url, name] = process.argv.slice(2);
const { CursorJob } = await import(join(lib, 'redis/cursor-job/cursor-job.js'));
const client = new Redis(url);

class Numbers extends CursorJob {
  fetch(cursor, limit, { partition }) {
    const from = Number(cursor ?? 0);
    const items = Array.from(
      { length: Math.min(limit, COUNT - from) },
      (_, index) => 4 * (from + index) + partition,
    );
    return { items, next: from + limit < COUNT ? String(from + limit) : undefined };
  }

  async process(items) {
    await rest(2);
    if (items.includes(BAD)) throw new Error('bad');
    await client.zadd(`${name}:done`, ...items.flatMap((item) => [item, item]));
  }
}

const job = new Numbers(client, name, { partitions: 4, batch: 25, lease: { ttl: 1000 }, retryDelay: 1 });
await client.ping();
console.log('ready');
const slice = { jobId: name, signal: new AbortController().signal, timeRemaining: () => 50 };
for (;;) {
  await job.recruited(slice).catch(() => undefined);
  for (let partition = 0; partition < 4; partition++) {
    if (await client.hexists(`work-stealing:{${name}}:cj2:state:${partition}`, 'ended')) {
      await client.sadd(`${name}:ended`, partition);
    }
  }
  await rest(2);
}
