import { Injectable } from '@nestjs/common';
import { Enlist } from 'nestjs-work-stealing';
import { QuietLog } from '../quiet-log.js';
import { FilmCatalogue } from './film-catalogue.js';
import { PAGE_FIELDS, type CachedFields, type FilmPage, type PageField } from './film-page.js';
import type { Film } from './film.js';
import { Likes } from './likes.js';
import { PageCache } from './page-cache.js';
import { StalePages } from './stale-pages.js';

/** Puts pages together: from the cache what is there, from the data what is not. */
@Injectable()
export class FilmPages {
  /** Pages of which every field was cached. */
  hits = 0;
  /** Pages of which a field had to be recomputed. */
  misses = 0;

  readonly #log = new QuietLog(FilmPages.name);

  constructor(
    private readonly catalogue: FilmCatalogue,
    private readonly cache: PageCache,
    private readonly likes: Likes,
    private readonly stale: StalePages,
  ) {}

  /**
   * The page of a film. A hit is the fast exit: all work was saved, so this worker has a moment for a chore, and says
   * so. Whether it is recruited is the lottery's affair; the visitor has the page by then.
   */
  @Enlist({ when: (page: FilmPage) => page.cached })
  async page(film: Film): Promise<FilmPage> {
    const cached = await this.#read(film);
    const missing = PAGE_FIELDS.filter((field) => cached[field] === undefined);
    if (missing.length === 0) {
      this.hits++;
      return assemble(cached, true);
    }
    this.misses++;
    const fresh = await this.#recompute(film, missing);
    void this.#keep(film, fresh);
    // One that is asked for again while some of it has expired is worth having ready before the rest expires too.
    if (missing.length < PAGE_FIELDS.length) void this.#queue(film);
    return assemble({ ...cached, ...fresh }, false);
  }

  /** Computes all fields anew and caches them, whatever is cached now. */
  async refresh(film: Film): Promise<void> {
    await this.cache.write(film.id, await this.#recompute(film, PAGE_FIELDS));
  }

  /** A cache that does not answer costs time, never a page. */
  async #read(film: Film): Promise<CachedFields> {
    try {
      return await this.cache.read(film.id);
    } catch (error) {
      this.#log.warn('Serving without the cache', error);
      return {};
    }
  }

  async #keep(film: Film, fields: CachedFields): Promise<void> {
    try {
      await this.cache.write(film.id, fields);
    } catch (error) {
      this.#log.warn('Serving without the cache', error);
    }
  }

  async #queue(film: Film): Promise<void> {
    try {
      await this.stale.add(film.id);
    } catch (error) {
      this.#log.warn('Pages are not queued', error);
    }
  }

  async #recompute(film: Film, fields: readonly PageField[]): Promise<CachedFields> {
    const entries = fields.map(async (field) => [field, JSON.stringify(await this.#compute(field, film))]);
    return Object.fromEntries(await Promise.all(entries)) as CachedFields;
  }

  #compute(field: PageField, film: Film): unknown {
    switch (field) {
      case 'metadata':
        return film;
      case 'related':
        return this.catalogue.related(film);
      case 'likes':
        return this.likes.of(film);
    }
  }
}

function assemble(fields: CachedFields, cached: boolean): FilmPage {
  const entries = PAGE_FIELDS.map((field) => [field, JSON.parse(fields[field]!) as unknown]);
  return { ...(Object.fromEntries(entries) as Omit<FilmPage, 'cached'>), cached };
}
