import { Inject, Injectable } from '@nestjs/common';
import { StealableJob } from '../../lib/index.js';
import {
  CursorJob,
  QueueTracker,
  Rollup,
  VolatileHashes,
  WorkStealingRedis,
  type Page,
  type QueuePage,
} from '../../lib/redis/index.js';

/** Items of the pass, and where their visits are counted. */
export const ITEMS = 400;
export const VISITS = 'chaos:visits';

/** Where the truth about the queue is asked for: the address of the one who runs the chaos. */
export const QUEUE_ADDRESS = Symbol('queue address');

@StealableJob({ rate: 0.15, id: 'fields' })
@Injectable()
export class Fields extends VolatileHashes {
  constructor(redis: WorkStealingRedis) {
    super(redis, 'fields', { limit: 200 });
  }
}

@StealableJob({ rate: 0.1, id: 'views' })
@Injectable()
export class Views extends Rollup {
  constructor(redis: WorkStealingRedis) {
    super(redis, 'views', { bucket: 1000, retention: 3_600_000, limit: 100 });
  }
}

/** Counts how often it has seen each of so many items. */
@StealableJob({ rate: 0.1, id: 'pass' })
@Injectable()
export class Pass extends CursorJob<number> {
  constructor(private readonly redis: WorkStealingRedis) {
    super(redis, 'pass', { batch: 20, partitions: 2, onEnd: 'restart', lease: { ttl: 2000 } });
  }

  protected fetch(
    cursor: string | undefined,
    limit: number,
    { partition }: { readonly partition: number },
  ): Page<number> {
    const from = cursor === undefined ? partition * (ITEMS / 2) : Number(cursor);
    const end = (partition + 1) * (ITEMS / 2);
    const items = Array.from({ length: Math.min(limit, end - from) }, (_, index) => from + index);
    const next = from + items.length;
    return { items, next: next < end ? String(next) : undefined };
  }

  protected async process(items: readonly number[]): Promise<void> {
    const visits = this.redis.client.pipeline();
    for (const item of items) visits.hincrby(VISITS, String(item), 1);
    for (const [error] of (await visits.exec()) ?? []) if (error !== null) throw error;
  }
}

@StealableJob({ rate: 0.1, id: 'queue' })
@Injectable()
export class Queue extends QueueTracker {
  constructor(redis: WorkStealingRedis, @Inject(QUEUE_ADDRESS) address: string) {
    const ask = async <T>(path: string, signal: AbortSignal): Promise<T> =>
      (await (await fetch(`${address}${path}`, { signal })).json()) as T;
    super(redis, 'queue', {
      limit: 50,
      nextQueued: (after, limit, { signal }) =>
        ask<QueuePage>(`/next?after=${encodeURIComponent(after ?? '')}&limit=${limit}`, signal),
      stillQueued: (ids, { signal }) => ask<string[]>(`/still?ids=${ids.join(',')}`, signal),
    });
  }
}
