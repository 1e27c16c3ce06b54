/** One process of a deploy: goes through 3,000 numbers in so many partitions, and counts how often it is refused; it begins when told to, and rests between slices for as long as `<name>:rest` says. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const COUNT = 3000;

const [lib, url, name, count] = process.argv.slice(2);
const { CursorJob } = await import(join(lib, 'redis/cursor-job/cursor-job.js'));
const { Recruiter } = await import(join(lib, 'recruiter/recruiter.js'));
const client = new Redis(url);

class Numbers extends CursorJob {
  fetch(cursor, limit, { partition, partitions }) {
    const from = Number(cursor ?? partition);
    const items = [];
    let next = from;
    for (; next < COUNT && items.length < limit; next += partitions) items.push(next);
    return { items, next: next < COUNT ? String(next) : undefined };
  }

  async process(items) {
    await rest(10);
    await client.zadd(`${name}:done`, ...items.flatMap((item) => [item, item]));
  }
}

const job = new Numbers(client, name, { partitions: Number(count), batch: 10, lease: { ttl: 1000 } });
const recruiter = new Recruiter('deploy', { adaptive: false, load: false, idle: false, dutyCycle: 1 });
recruiter.install(job, 'job', 0.1);
recruiter.open();
await client.ping();
console.log('ready');
while (!(await client.sismember(`${name}:go`, count))) await rest(5);
for (;;) {
  const report = await recruiter.recruit('job');
  if (report.outcome === 'failed') {
    const isRefused = /half-way through its data in \d partitions/.test(report.error.message);
    await client.hincrby(`${name}:failed`, isRefused ? `refused:${count}` : report.error.message, 1);
  }
  await rest(Number((await client.get(`${name}:rest`)) ?? 2));
}
