/** One process of a fleet whose job has more to do for ever: it has a pace of 10/s and a lease, and counts its slices. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url] = process.argv.slice(2);
const { Recruiter } = await import(join(lib, 'recruiter/recruiter.js'));
const { RedisCoordinator } = await import(join(lib, 'redis/coordination/redis-coordinator.js'));

const client = new Redis(url);
const recruiter = new Recruiter('shared', { load: false });
recruiter.useCoordinator(new RedisCoordinator(client));
async function recruited() {
  if ((await client.incr('running')) > 1) await client.hincrby('slices', 'overlaps', 1);
  await rest(2);
  await client.hincrby('slices', String(process.pid), 1);
  await client.decr('running');
  return { done: 50, limit: 50 };
}
recruiter.install({ recruited }, 'endless', { rate: 0.001, lease: { ttl: 5000 }, pace: { perSecond: 10 } });
recruiter.open();
await client.ping();
console.log('ready');
// Until it has run it does not know of any work.
while ((await recruiter.recruit('endless')).outcome === 'gated') await rest(20);
setInterval(() => {}, 1000);
