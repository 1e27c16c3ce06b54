import { Injectable } from '@nestjs/common';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';

/** A page in the queue. */
export interface StalePage {
  readonly film: number;
  /** Its place: no two pages share one, and a page that is queued again gets a new one, at the end. */
  readonly place: string;
}

/** More than any film's id: a place is the ms in which a page was queued, times this, plus the id. Below 2^53 till 2039. */
const PLACES_A_MS = 4096;

/**
 * The queue of pages to recompute: a sorted set of film ids by their places. It is the kind of queue that a
 * `QueueTracker` follows: one that can be read onwards from a place, and asked about some of its items.
 */
@Injectable()
export class StalePages {
  readonly #key: string;

  constructor(private readonly redis: WorkStealingRedis) {
    this.#key = `${redis.prefix}:stale-pages`;
  }

  /** Queues the page of a film; one that is queued already goes to the end, so that it is computed after this call. */
  async add(film: number): Promise<void> {
    await this.redis.client.zadd(this.#key, Date.now() * PLACES_A_MS + film, String(film));
  }

  /** The first pages after a place, or from the beginning. */
  async after(place: string | null, limit: number): Promise<StalePage[]> {
    const from = place === null ? '-inf' : `(${place}`;
    const found = await this.redis.client.zrangebyscore(
      this.#key,
      from,
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      limit,
    );
    return Array.from({ length: found.length / 2 }, (_, index) => ({
      film: Number(found[2 * index]),
      place: found[2 * index + 1]!,
    }));
  }

  /** Takes a page out, unless it has been queued again and has another place by now. */
  async done({ place }: StalePage): Promise<void> {
    await this.redis.client.zremrangebyscore(this.#key, place, place);
  }

  /** How many pages are queued. */
  async size(): Promise<number> {
    return this.redis.client.zcard(this.#key);
  }

  /** Those of these films whose pages are queued. */
  async queuedOf(films: readonly string[]): Promise<string[]> {
    const places = await this.redis.client.zmscore(this.#key, ...films);
    return films.filter((_, index) => places[index] !== null);
  }
}
