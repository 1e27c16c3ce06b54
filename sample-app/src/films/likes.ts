import { Injectable } from '@nestjs/common';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { QuietLog } from '../quiet-log.js';
import type { Film } from './film.js';

/** Who likes a film: those of its IMDB voters whom its rating suggests, and those who said so here. */
@Injectable()
export class Likes {
  readonly #key: string;
  readonly #log = new QuietLog(Likes.name);

  constructor(private readonly redis: WorkStealingRedis) {
    this.#key = `${redis.prefix}:likes`;
  }

  async of(film: Film): Promise<number> {
    return estimate(film) + (await this.#given(film));
  }

  /** One more; seen on the page when it has been recomputed. */
  async add(film: Film): Promise<void> {
    await this.redis.client.hincrby(this.#key, String(film.id), 1);
  }

  async #given(film: Film): Promise<number> {
    try {
      return Number(await this.redis.client.hget(this.#key, String(film.id)));
    } catch (error) {
      this.#log.warn('Likes given here are missing', error);
      return 0;
    }
  }
}

function estimate({ imdbVotes, imdbRating }: Film): number {
  return Math.round((imdbVotes * (imdbRating ?? 0)) / 10);
}
