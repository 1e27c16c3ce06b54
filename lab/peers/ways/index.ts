import type { Type } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Chores } from '../work/chores.js';

/** A way of doing the chores. */
export interface Way {
  /** What tables and plots call it. */
  readonly title: string;
  /** The file, beside this one, with all that its user writes. */
  readonly file: string;
  /** Loads its module: only that of the way that runs, so that nobody pays for the imports of another. */
  readonly load: () => Promise<Type>;
  /** Its data access layer. */
  readonly chores: (redis: Redis) => Promise<Chores>;
}

const scripted = async (redis: Redis) => {
  const { ScriptedChores } = await import('../work/scripted-chores.js');
  return new ScriptedChores(redis);
};

/** The original's transactions need a connection that nobody else uses. */
const transactional = async (redis: Redis) => {
  const { TransactionalChores } = await import('../work/transactional-chores.js');
  return new TransactionalChores(redis.duplicate());
};

const none = {
  title: 'nothing',
  file: 'none.ts',
  load: async () => (await import('./none.js')).NoWay,
  chores: scripted,
};

/** The ways by name, in the order in which they run: the first is what the others are measured against. */
export const WAYS = {
  none,
  'work-stealing': {
    title: 'nestjs-work-stealing',
    file: 'work-stealing.ts',
    load: async () => (await import('./work-stealing.js')).WorkStealingWay,
    chores: scripted,
  },
  cron: {
    title: 'cron on each',
    file: 'cron.ts',
    load: async () => (await import('./cron.js')).CronWay,
    chores: scripted,
  },
  'cron-with-lock': {
    title: 'cron with a lock',
    file: 'cron-with-lock.ts',
    load: async () => (await import('./cron-with-lock.js')).CronWithLockWay,
    chores: scripted,
  },
  bullmq: {
    title: 'BullMQ',
    file: 'bullmq.ts',
    load: async () => (await import('./bullmq.js')).BullMqWay,
    chores: scripted,
  },
  original: {
    title: 'the original',
    file: 'original.ts',
    load: async () => (await import('./original.js')).OriginalWay,
    chores: transactional,
  },
  // Nothing once more: how far two runs of the same differ is how far the others may differ without a reason.
  'none-again': { ...none, title: 'nothing, again' },
} as const satisfies Record<string, Way>;

export type WayName = keyof typeof WAYS;
