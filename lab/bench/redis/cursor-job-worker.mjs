/** One process of cursor-job.mjs: goes through its share of so many numbers, until all partitions are at their end. */
import { Redis } from 'ioredis';
import { setTimeout as rest } from 'node:timers/promises';
import { CursorJob } from './library.mjs';
import { slice } from './slice.mjs';

const PARTITIONS = 10;

const [url, items, batch, work] = process.argv.slice(2);
const client = new Redis(url);
const ofPartition = Number(items) / PARTITIONS;
let done = 0;

class Numbers extends CursorJob {
  fetch(cursor, limit, { partition }) {
    const from = Number(cursor ?? 0);
    const count = Math.min(limit, ofPartition - from);
    const first = partition * ofPartition + from;
    const page = Array.from({ length: count }, (_, index) => first + index);
    return { items: page, next: from + count < ofPartition ? String(from + count) : undefined };
  }

  async process(page) {
    if (work === 'wait') await rest(5);
    if (work === 'set') {
      const pipeline = client.pipeline();
      for (const item of page) pipeline.set(`item:${item}`, item);
      await pipeline.exec();
    }
    done += page.length;
  }
}

const job = new Numbers(client, 'bench', { partitions: PARTITIONS, batch: Number(batch) });
await client.ping();
process.send('ready');
process.once('message', () => void pass());

async function pass() {
  for (;;) {
    const result = await job.recruited(slice);
    // Dismissed: others hold what is left, or nothing is.
    if (typeof result !== 'object' && (await job.progress()).ended) break;
  }
  process.send(done, () => process.exit());
}
