import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import type { Result } from 'ioredis';
import { StealableJob, type Progress } from 'nestjs-work-stealing';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { QuietLog } from '../quiet-log.js';
import type { Film } from './film.js';

const FOLD_VIEWS = readFileSync(new URL('./fold-views.lua', import.meta.url), 'utf8');

/** Most films that one slice folds: well below a millisecond of Redis' time. */
const MOST_FOLDED = 100;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    foldViews(buffer: string, rollUp: string, most: number): Result<number, Context>;
  }
}

/**
 * Counts the views of every film, in two steps. A visit adds one to a buffer: O(1), nobody waits for it. A slice of
 * the job `roll-up` folds the buffer into the totals, which are sorted.
 *
 * What holds: a view that reached the buffer is counted exactly once, whatever dies and when, since a slice is one
 * script. It is idempotent in this sense: repeated after a time-out, it folds only what has come since. What does not:
 * a view may be lost when Redis does not answer its visit. The buffer has a field for each film at most.
 */
@Injectable()
export class ViewCounter {
  readonly #buffer: string;
  readonly #rollUp: string;
  readonly #log = new QuietLog(ViewCounter.name);

  constructor(private readonly redis: WorkStealingRedis) {
    this.#buffer = `${redis.prefix}:{views}:buffer`;
    this.#rollUp = `${redis.prefix}:{views}:roll-up`;
    redis.client.defineCommand('foldViews', { numberOfKeys: 2, lua: FOLD_VIEWS });
  }

  /** Counts a view. Never rejects. */
  async count(film: Film): Promise<void> {
    try {
      await this.redis.client.hincrby(this.#buffer, String(film.id), 1);
    } catch (error) {
      this.#log.warn('Views are not counted', error);
    }
  }

  @StealableJob({ id: 'roll-up', rate: 0.05 })
  async rollUp(): Promise<Progress> {
    const done = await this.redis.client.foldViews(this.#buffer, this.#rollUp, MOST_FOLDED);
    return { done, limit: MOST_FOLDED };
  }

  /** The films with the most views and their number, without those that are not rolled up yet. */
  async mostViewed(limit: number): Promise<{ id: number; views: number }[]> {
    const found = await this.redis.client.zrevrange(this.#rollUp, 0, limit - 1, 'WITHSCORES');
    return Array.from({ length: found.length / 2 }, (_, index) => ({
      id: Number(found[2 * index]),
      views: Number(found[2 * index + 1]),
    }));
  }
}
