import { Injectable } from '@nestjs/common';
import { StealableJob } from 'nestjs-work-stealing';
import { VolatileHashes, WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { PAGE_FIELDS, TIME_TO_LIVE, type CachedFields, type PageField } from './film-page.js';

/**
 * The pages as hashes, one a film, of fields that expire one by one. `VolatileHashes` never returns a field past its
 * time; deleting it is a job for whoever has a moment. A subclass with `@StealableJob` is all it takes.
 *
 * The rate is a ceiling: of 100 hits, at most 40 carry a slice. It is high because a worker of this demo sees some 20
 * hits a second; where there are thousands, 0.003 does. Ten minutes without work are worth an alert: pages always expire.
 */
@Injectable()
@StealableJob({ id: 'expiry', rate: 0.4, expectWorkWithin: 600_000 })
export class PageCache extends VolatileHashes {
  constructor(redis: WorkStealingRedis) {
    // Redis 7.4 and later would expire fields by themselves ('auto'), and there would be nothing to see.
    super(redis, 'page', { backend: 'stolen' });
  }

  /** The fields of a film's page that have not expired. */
  async read(film: number): Promise<CachedFields> {
    const values = await this.getMany(String(film), PAGE_FIELDS);
    const entries = PAGE_FIELDS.map((field, index) => [field, values[index]] as const);
    return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')) as CachedFields;
  }

  /** Keeps fields, each for its time. */
  async write(film: number, fields: CachedFields): Promise<void> {
    const entries = Object.entries(fields) as [PageField, string][];
    await Promise.all(
      entries.map(([field, value]) =>
        this.set(String(film), field, value, { ttl: jittered(TIME_TO_LIVE[field]) }),
      ),
    );
  }
}

/** Half to all of it: what was cached in one burst should not expire in one. */
function jittered(ttl: number): number {
  return ttl * (0.5 + Math.random() / 2);
}
