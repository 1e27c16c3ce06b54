import { Injectable } from '@nestjs/common';
import { StealableJob, type Progress, type Slice } from 'nestjs-work-stealing';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { QuietLog } from '../quiet-log.js';
import type { Film } from './film.js';

/** How long a view counts as recent: ms. */
const RECENT_MS = 60_000;

/** Views that one slice deletes at most. */
const BATCH = 500;

/**
 * The films that were viewed within the last minute, in a sorted set by time. What is older is deleted by the job
 * `recent-views`, once in five seconds in the whole fleet: it has a time of its own, and nobody has to choose a rate.
 */
@Injectable()
export class RecentViews {
  readonly #key: string;
  readonly #log = new QuietLog(RecentViews.name);

  constructor(private readonly redis: WorkStealingRedis) {
    this.#key = `${redis.prefix}:recent-views`;
  }

  /** Notes a view. Never rejects: without Redis it is not noted, and the page is served. */
  async add(film: Film): Promise<void> {
    try {
      await this.redis.client.zadd(this.#key, Date.now(), String(film.id));
    } catch (error) {
      this.#log.warn('Recent views are not noted', error);
    }
  }

  /** The latest first. */
  async latest(limit: number): Promise<number[]> {
    const since = Date.now() - RECENT_MS;
    const found = await this.redis.client.zrevrangebyscore(this.#key, '+inf', since, 'LIMIT', 0, limit);
    return found.map(Number);
  }

  /** All slices of a pass use one cut-off, the time at which the pass fell due. */
  @StealableJob({ id: 'recent-views', every: 5000 })
  async purge({ pass }: Slice): Promise<Progress> {
    const until = pass!.dueAt.getTime() - RECENT_MS;
    const old = await this.redis.client.zrangebyscore(this.#key, '-inf', until, 'LIMIT', 0, BATCH);
    if (old.length > 0) await this.redis.client.zrem(this.#key, ...old);
    return { done: old.length, limit: BATCH };
  }
}
