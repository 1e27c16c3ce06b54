/**
 * One process of a fleet that runs the slices of passes over 4 times 400 numbers, one of them bad, until it is killed. The
 * key `<name>:due` says when the current pass fell due; when a slice reports that nothing is left, the numbers that are
 * done in this pass by then are counted in `<name>:ended`.
 */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const COUNT = 400;
const BAD = 1001;

const [lib, url, name] = process.argv.slice(2);
const { CursorJob } = await import(join(lib, 'redis/cursor-job/cursor-job.js'));
const client = new Redis(url);
let due;

class Numbers extends CursorJob {
  fetch(cursor, limit, { partition }) {
    const from = Number(cursor ?? 0);
    const items = Array.from(
      { length: Math.min(limit, COUNT - from) },
      (_, index) => 4 * (from + index) + partition,
    );
    return { items, next: from + limit < COUNT ? String(from + limit) : undefined };
  }

  async process(items, { pass }) {
    await rest(2);
    if (items.includes(BAD)) throw new Error('bad');
    await client.zadd(`${name}:done:${pass.dueAt.getTime()}`, ...items.flatMap((item) => [item, item]));
  }
}

const job = new Numbers(client, name, { partitions: 4, batch: 25, lease: { ttl: 1000 }, retryDelay: 1 });
await client.ping();
console.log('ready');
for (;;) {
  due = await client.get(`${name}:due`);
  const isOver = due === null || (await client.hexists(`${name}:ended`, due)) === 1;
  const isFirst = !isOver && (await client.zcard(`${name}:done:${due}`)) === 0;
  const slice = {
    jobId: name,
    signal: new AbortController().signal,
    timeRemaining: () => 50,
    pass: { dueAt: new Date(Number(due)), isFirst },
  };
  const result = isOver ? undefined : await job.recruited(slice).catch(() => undefined);
  if (result?.more === false) {
    await client.hsetnx(`${name}:ended`, due, await client.zcard(`${name}:done:${due}`));
  }
  await rest(2);
}
