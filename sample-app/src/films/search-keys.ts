import { Injectable } from '@nestjs/common';
import { StealableJob } from 'nestjs-work-stealing';
import { CursorJob, WorkStealingRedis, type CursorSlice } from 'nestjs-work-stealing/redis';
import { FilmCatalogue } from './film-catalogue.js';
import type { Film } from './film.js';

/**
 * A backfill: writes for each word the set of films that have it in their title, once, over all films. Two recruits can
 * be at it at a time, each in its half of the ids. SADD is idempotent, as `process` has to be.
 */
@Injectable()
@StealableJob({ id: 'search-keys', rate: 0.2 })
export class SearchKeys extends CursorJob<Film> {
  #isComplete = false;

  constructor(
    private readonly redis: WorkStealingRedis,
    private readonly catalogue: FilmCatalogue,
  ) {
    super(redis, 'search-keys', { batch: { targetTime: 15, max: 200 }, partitions: 2 });
  }

  /**
   * Ids of the films with all these words in their title, by these keys.
   *
   * @returns undefined while the keys are not complete.
   */
  async find(text: string): Promise<number[] | undefined> {
    // Complete keys stay so, as the films do: Redis is asked until it has said so once.
    this.#isComplete ||= (await this.progress()).ended;
    if (!this.#isComplete) return undefined;
    const keys = wordsOf(text).map((word) => this.#keyOf(word));
    return keys.length === 0 ? [] : (await this.redis.client.sinter(keys)).map(Number);
  }

  protected fetch(cursor: string | undefined, limit: number, { partition, partitions }: CursorSlice) {
    const items: Film[] = [];
    let id = cursor === undefined ? partition + 1 : Number(cursor) + partitions;
    for (; items.length < limit && id <= this.catalogue.size; id += partitions) {
      items.push(this.catalogue.get(id)!);
    }
    return { items, next: id > this.catalogue.size ? undefined : String(items.at(-1)!.id) };
  }

  protected async process(films: readonly Film[]): Promise<void> {
    const idsByWord = new Map<string, number[]>();
    for (const { id, title } of films) {
      for (const word of wordsOf(title)) idsByWord.set(word, [...(idsByWord.get(word) ?? []), id]);
    }
    await Promise.all([...idsByWord].map(([word, ids]) => this.redis.client.sadd(this.#keyOf(word), ids)));
  }

  protected override total(): number {
    return this.catalogue.size;
  }

  protected override nameOf({ id }: Film): string {
    return String(id);
  }

  #keyOf(word: string): string {
    return `${this.redis.prefix}:films-with:${word}`;
  }
}

/** The words of a title, each once, in lower case. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu))];
}
