/** One process of a fleet that sweeps all keys, appends a mark once and gives them a time to live, until it is killed. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, name] = process.argv.slice(2);
const { KeyspaceSweep } = await import(join(lib, 'redis/keyspace-sweep/keyspace-sweep.js'));
const client = new Redis(url);

class Marks extends KeyspaceSweep {
  async visit(keys) {
    await this.rewrite(keys, (value) =>
      value.toString().endsWith('+') ? undefined : `${value.toString()}+`,
    );
    return this.giveTtl(keys, 3_600_000);
  }
}

const sweep = new Marks(client, name, { batch: 40, lease: { ttl: 1000 }, retryDelay: 1 });
await client.ping();
console.log('ready');
const slice = { jobId: name, signal: new AbortController().signal, timeRemaining: () => 50 };
for (;;) {
  // A slice fails where Redis is left aside for seconds; its worker goes on, as in an application.
  await sweep.recruited(slice).catch((error) => console.error(error.message));
  await rest(2);
}
