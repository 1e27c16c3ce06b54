import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Rollup, VolatileHashes } from 'nestjs-work-stealing/redis';
import { BUCKET, COUNTERS, FIELDS, PARTITIONS } from '../plan/world.js';

/** What requests write: the work of the background comes from here. */
@Injectable()
export class Shop {
  readonly #fields: VolatileHashes;
  readonly #views: Rollup;
  readonly #warmFields: VolatileHashes;
  readonly #warmViews: Rollup;

  constructor(redis: Redis) {
    const fields = { partitions: PARTITIONS, backend: 'stolen' } as const;
    const views = { partitions: PARTITIONS, bucket: BUCKET };
    this.#fields = new VolatileHashes(redis, FIELDS, fields);
    this.#views = new Rollup(redis, COUNTERS, views);
    this.#warmFields = new VolatileHashes(redis, 'warm', fields);
    this.#warmViews = new Rollup(redis, 'warm', views);
  }

  view(film: string): Promise<void> {
    return this.#views.add(film);
  }

  note(film: string, field: string, ttl: number): Promise<void> {
    return this.#fields.set(film, field, 'noted', { ttl });
  }

  /** The same commands on keys that nobody looks at. */
  async warmUp(film: string): Promise<void> {
    await this.#warmViews.add(film);
    await this.#warmFields.set(film, 'field', 'noted', { ttl: 60_000 });
  }
}

@Controller()
export class FilmsController {
  constructor(private readonly shop: Shop) {}

  @Get('films/:film')
  async film(@Param('film') film: string) {
    await this.shop.view(film);
    return { film, title: `Film ${film}` };
  }

  @Get('films/:film/:field/:ttl')
  async note(@Param('film') film: string, @Param('field') field: string, @Param('ttl') ttl: string) {
    await this.shop.note(film, field, Number(ttl));
    return this.film(film);
  }

  @Get('warm/:film')
  async warm(@Param('film') film: string) {
    await this.shop.warmUp(film);
    return { film, title: `Film ${film}` };
  }
}
