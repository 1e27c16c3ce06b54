import { Injectable } from '@nestjs/common';
import { StealableJob, type Progress, type Slice } from 'nestjs-work-stealing';
import { Rollup } from 'nestjs-work-stealing/redis';
import { QuietLog } from '../quiet-log.js';
import type { Film } from './film.js';

/**
 * Counts the views of every film by the hour. A visit adds one to what is pending: O(1), nobody waits for it. Slices of
 * the job `roll-up` fold that into the totals, which are sorted; `Rollup` sees to it that none counts twice or is lost.
 *
 * A subclass with `@StealableJob`, as {@link PageCache} is, would do as well. This one shows that a method can be a job.
 */
@Injectable()
export class ViewCounter {
  readonly #log = new QuietLog(ViewCounter.name);

  constructor(private readonly rollup: Rollup) {}

  /** Counts a view. Never rejects: without Redis a view is lost, and the page is not. */
  async count(film: Film): Promise<void> {
    try {
      await this.rollup.add(String(film.id));
    } catch (error) {
      this.#log.warn('Views are not counted', error);
    }
  }

  @StealableJob({ id: 'roll-up', rate: 0.1 })
  rollUp(slice: Slice): Promise<Progress> {
    return this.rollup.recruited(slice);
  }

  /** The films with the most views in this hour and their number, without those that are not rolled up yet. */
  async mostViewed(limit: number): Promise<{ id: number; views: number }[]> {
    const found = await this.rollup.top(limit, Date.now());
    return found.map(({ item, total }) => ({ id: Number(item), views: total }));
  }
}
