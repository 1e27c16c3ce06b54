/** One process of a fleet that purges once a period, in four slices, and logs what each does outside the coordinator. */
import { Redis } from 'ioredis';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const [lib, url, every] = process.argv.slice(2);
const { Recruiter } = await import(join(lib, 'recruiter/recruiter.js'));
const { RedisCoordinator } = await import(join(lib, 'redis/coordination/redis-coordinator.js'));
const client = new Redis(url);
await client.ping();

/** Slices of a pass: kept outside the coordinator, so that the process which goes on knows how many are left. */
const SLICES = 4;

const now = async () => {
  const [seconds, micros] = await client.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
};

const recruiter = new Recruiter('default', { load: false, dutyCycle: 0.5 });
recruiter.useCoordinator(new RedisCoordinator(client));
recruiter.on('error', ({ where, error }) => console.error(where, error.message));
recruiter.install(
  {
    async recruited({ pass, fencingToken }) {
      const due = pass.dueAt.getTime();
      const begunAt = await now();
      const done = await client.hincrby('progress', due, 1);
      await rest(5);
      const slice = {
        due,
        token: fencingToken,
        isFirst: pass.isFirst,
        begunAt,
        endedAt: await now(),
        pid: process.pid,
      };
      await client.rpush('slices', JSON.stringify(slice));
      return { done: 1, more: done < SLICES };
    },
  },
  'purge',
  { every: Number(every), budget: 500 },
);
recruiter.open();
console.log('ready');
