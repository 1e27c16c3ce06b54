import type { Redis } from 'ioredis';
import { CursorJob, Rollup, VolatileHashes } from 'nestjs-work-stealing/redis';
import { BATCH, BUCKET, CLAIM_TTL, COUNTERS, FIELDS, PARTITIONS } from '../plan/world.js';
import { Chores, type Batch } from './chores.js';
import { filmsAfter, SEARCH_KEYS, searchKeys } from './films.js';

/** Nobody's slice in particular: cron and BullMQ have none. */
const SLICE = {
  jobId: 'chore',
  signal: new AbortController().signal,
  timeRemaining: () => Infinity,
};

class Backfill extends CursorJob<number> {
  constructor(private readonly redis: Redis) {
    super(redis, 'backfill', { batch: BATCH, lease: { ttl: CLAIM_TTL } });
  }

  protected fetch(cursor: string | undefined, limit: number) {
    const items = filmsAfter(Number(cursor ?? 0), limit);
    return { items, ...(items.length === limit && { next: String(items.at(-1)) }) };
  }

  protected async process(films: readonly number[]): Promise<void> {
    await this.redis.hset(SEARCH_KEYS, ...searchKeys(films));
  }
}

/** The data access layer of all ways but the original's: the structures of nestjs-work-stealing/redis, used as plain classes. */
export class ScriptedChores extends Chores {
  readonly #fields: VolatileHashes;
  readonly #counters: Rollup;
  readonly #backfill: Backfill;

  constructor(redis: Redis) {
    super();
    this.#fields = new VolatileHashes(redis, FIELDS, {
      partitions: PARTITIONS,
      limit: BATCH,
      backend: 'stolen',
    });
    this.#counters = new Rollup(redis, COUNTERS, { partitions: PARTITIONS, limit: BATCH, bucket: BUCKET });
    this.#backfill = new Backfill(redis);
  }

  expire(): Promise<Batch> {
    return this.#fields.recruited(SLICE);
  }

  fold(): Promise<Batch> {
    return this.#counters.recruited(SLICE);
  }

  async backfill(): Promise<Batch> {
    const result = await this.#backfill.recruited(SLICE);
    // Dismissed: held by another, or at the end.
    return typeof result === 'object' ? result : { done: 0, limit: BATCH };
  }
}
