/** The ways in which queues of due items are worked off, each as its user would write it. */
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { StealableJob } from 'nestjs-work-stealing';
import { decorate } from '../subjects/decorate.mjs';

export const WAYS = ['default', 'every', 'cron', 'locked cron'];

/** Key of a queue. */
export const queueOf = (way, index) => `${way}:${index}`;

/**
 * The providers and modules of one process.
 *
 * @param {{ ways: string[], queues: number, period: number, runsCron: boolean }} config period in ms: whole seconds, a minute at most
 * @param {(way: string, index: number) => Promise<{ done: number, limit: number }>} take does one batch of a queue
 * @param {import('ioredis').Redis} redis
 */
export function partsOf(config, take, redis) {
  const jobs = config.ways.flatMap((way) => jobsOf(way, config, take));
  const schedules = schedulesOf(config, take, redis);
  return {
    providers: [...jobs, ...schedules],
    imports: schedules.length > 0 ? [ScheduleModule.forRoot()] : [],
  };
}

function jobsOf(way, { queues, period }, take) {
  const options = { default: {}, every: { every: period } }[way];
  if (options === undefined) return [];
  return Array.from({ length: queues }, (_, index) => {
    class QueueJob {
      fleetWide = true;
      recruited() {
        return take(way, index);
      }
    }
    StealableJob({ id: queueOf(way, index), ...options })(QueueJob);
    return QueueJob;
  });
}

function schedulesOf({ ways, queues, period, runsCron }, take, redis) {
  const indices = Array.from({ length: queues }, (_, index) => index);
  const all = async (way) => {
    for (const index of indices) while (isFull(await take(way, index)));
  };
  const expression = period < 60_000 ? `*/${period / 1000} * * * * *` : '0 * * * * *';
  const schedule = (run) => {
    class Schedule {
      run() {
        return run();
      }
    }
    decorate(Schedule, 'run', Cron(expression, { waitForCompletion: true }));
    return Schedule;
  };
  const found = [];
  if (ways.includes('cron') && runsCron) found.push(schedule(() => all('cron')));
  if (ways.includes('locked cron')) {
    found.push(
      schedule(async () => {
        // Left to expire shortly before the next tick: clocks that differ do not make a second run.
        const isOurs = await redis.set('lock', process.pid, 'PX', 0.9 * period, 'NX');
        if (isOurs === 'OK') await all('locked cron');
      }),
    );
  }
  return found;
}

const isFull = ({ done, limit }) => done === limit;
