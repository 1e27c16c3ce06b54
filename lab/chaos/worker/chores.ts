import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { StealableJob } from 'nestjs-work-stealing';
import {
  CursorJob,
  KeyspaceSweep,
  QueueTracker,
  Rollup,
  StreamReaper,
  VolatileHashes,
  VolatileSet,
  WorkStealingRedis,
  type Page,
  type QueuePage,
  type RedisKey,
} from 'nestjs-work-stealing/redis';
import { monotonic } from './monotonic.js';
import { BUCKET, HALF, HANDLED, LEASE, letterOptions, LETTERS, PACE, PARTITIONS, visitsOf } from './names.js';
import { tell } from './tell.js';

/** Where the truth about the queue is asked for: the address of the one who runs the chaos. */
export const QUEUE_ADDRESS = Symbol('queue address');

@StealableJob({ rate: 0.1, id: 'fields' })
@Injectable()
export class Fields extends VolatileHashes {
  constructor(redis: WorkStealingRedis) {
    super(redis, 'fields', { limit: 200 });
  }
}

@StealableJob({ rate: 0.06, id: 'members' })
@Injectable()
export class Members extends VolatileSet {
  constructor(redis: WorkStealingRedis) {
    super(redis, 'members');
  }
}

@StealableJob({ rate: 0.08, id: 'views' })
@Injectable()
export class Views extends Rollup {
  constructor(redis: WorkStealingRedis) {
    const retention = Number(process.env['RETENTION'] ?? 3_600_000);
    super(redis, 'tally', { bucket: BUCKET, retention, limit: 100 });
  }
}

/** Counts how often it has seen each of so many items. */
@StealableJob({ rate: 0.08, id: 'pass' })
@Injectable()
export class Pass extends CursorJob<number> {
  constructor(private readonly redis: WorkStealingRedis) {
    super(redis, 'pass', { batch: 20, partitions: PARTITIONS, onEnd: 'restart', lease: { ttl: 2000 } });
  }

  protected fetch(
    cursor: string | undefined,
    limit: number,
    { partition }: { readonly partition: number },
  ): Page<number> {
    const from = cursor === undefined ? partition * HALF : Number(cursor);
    const end = (partition + 1) * HALF;
    const items = Array.from({ length: Math.min(limit, end - from) }, (_, index) => from + index);
    const next = from + items.length;
    return { items, next: next < end ? String(next) : undefined };
  }

  protected async process(
    items: readonly number[],
    { partition }: { readonly partition: number },
  ): Promise<void> {
    const visits = this.redis.client.pipeline();
    for (const item of items) visits.hincrby(visitsOf(partition), String(item), 1);
    for (const [error] of (await visits.exec()) ?? []) if (error !== null) throw error;
  }
}

@StealableJob({ rate: 0.06, id: 'queue' })
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

/** Letters that are poison make it fail, always. */
@StealableJob({ rate: 0.08, id: 'letters' })
@Injectable()
export class Letters extends StreamReaper {
  constructor(redis: WorkStealingRedis) {
    const handler = async ({ id, fields }: { id: string; fields: Readonly<Record<string, string>> }) => {
      if (fields['poison'] === 'true') throw new Error('poison');
      await redis.client.sadd(HANDLED, id);
    };
    super(redis, LETTERS, letterOptions(handler));
  }
}

@StealableJob({ rate: 0.06, id: 'sweep' })
@Injectable()
export class Sweep extends KeyspaceSweep {
  constructor(redis: WorkStealingRedis) {
    super(redis, 'sweep', {
      match: 'chaos-*',
      batch: 500,
      partitions: 2,
      onEnd: 'restart',
      lease: { ttl: 2000 },
    });
  }

  protected visit(keys: readonly RedisKey[]): Promise<number> {
    return this.unlink(keys.filter((key) => key.toString().startsWith('chaos-junk:')));
  }
}

/** Jobs of which the whole fleet runs one at a time, or so many a second. */
@Injectable()
export class Exclusive {
  @StealableJob({ rate: 0.03, id: 'exclusive', lease: { ttl: LEASE } })
  async alone(): Promise<void> {
    const from = monotonic();
    await pause(10);
    tell({ kind: 'held', from, to: monotonic() });
  }

  @StealableJob({ rate: 0.1, id: 'paced', pace: { perSecond: PACE } })
  paced(): void {
    tell({ kind: 'paced', at: monotonic() });
  }
}
