import { Injectable } from '@nestjs/common';
import { StealableJob } from 'nestjs-work-stealing';
import { QueueTracker, WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { StalePages } from './stale-pages.js';

/**
 * Which films have their page queued, roughly: what `pending` on a page tells. Here the queue could be asked as fast;
 * where it is a task queue or a table, it could not.
 */
@Injectable()
@StealableJob({ id: 'pending', rate: 0.03 })
export class PendingPages extends QueueTracker {
  constructor(redis: WorkStealingRedis, stale: StalePages) {
    super(redis, 'pending-pages', {
      async nextQueued(after, limit) {
        const pages = await stale.after(after, limit);
        const next = pages.length < limit ? null : pages.at(-1)?.place;
        return { ids: pages.map(({ film }) => String(film)), next };
      },
      stillQueued: (ids) => stale.queuedOf(ids),
    });
  }
}
