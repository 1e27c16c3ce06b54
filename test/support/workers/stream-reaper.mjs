/** One process of a fleet that looks after a stream until it is killed, or an entry kills it. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, stream] = process.argv.slice(2);
const { StreamReaper } = await import(join(lib, 'redis/stream-reaper/stream-reaper.js'));
const client = new Redis(url);
const reaper = new StreamReaper(client, stream, {
  group: 'g',
  // Longer than all the kills of the test take, and than a handler waits for its turn on a busy machine: no entry is
  // delivered so often by bad luck alone.
  idle: 2000,
  maxDeliveries: 5,
  limit: 5,
  async handler({ id, fields }) {
    if (fields.kind === 'deadly') process.kill(process.pid, 'SIGKILL');
    if (fields.kind === 'poison') throw new Error(`no cure for ${id}`);
    await client.hincrby(`${stream}:handled`, id, 1);
  },
});
await client.ping();
console.log('ready');
const slice = { jobId: stream, signal: new AbortController().signal, timeRemaining: () => 50 };
for (;;) {
  // A slice in which an entry fails rejects: that is for the recruiter's log.
  await reaper.recruited(slice).catch(() => undefined);
  await rest(5);
}
