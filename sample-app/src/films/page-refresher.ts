import { Injectable } from '@nestjs/common';
import { StealableJob, type Job, type Progress } from 'nestjs-work-stealing';
import { FilmCatalogue } from './film-catalogue.js';
import { FilmPages } from './film-pages.js';
import { StalePages, type StalePage } from './stale-pages.js';

/** Pages that one slice recomputes: some ms of work. */
const MOST_PAGES = 5;

/**
 * Recomputes the pages that are queued. At least once: a page leaves the queue after it is cached, so one whose worker
 * dies is recomputed by the next recruit. Two recruits may do the same page; that is idempotent.
 */
@Injectable()
@StealableJob({ id: 'recompute', rate: 0.05 })
export class PageRefresher implements Job {
  constructor(
    private readonly stale: StalePages,
    private readonly pages: FilmPages,
    private readonly catalogue: FilmCatalogue,
  ) {}

  async recruited(): Promise<Progress> {
    const queued = await this.stale.after(null, MOST_PAGES);
    await Promise.all(queued.map((page) => this.#refresh(page)));
    return { done: queued.length, limit: MOST_PAGES };
  }

  /** Asked while somebody looks: dashboards and alerts tell by it whether the rate is high enough. */
  backlog(): Promise<number> {
    return this.stale.size();
  }

  async #refresh(page: StalePage): Promise<void> {
    const film = this.catalogue.get(page.film);
    // A film that is no more has no page; it would stay queued for ever.
    if (film !== undefined) await this.pages.refresh(film);
    await this.stale.done(page);
  }
}
