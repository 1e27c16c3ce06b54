import { Controller, Get, NotFoundException, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { FilmCatalogue } from './film-catalogue.js';
import type { FilmPage } from './film-page.js';
import { FilmPages } from './film-pages.js';
import { titleOf, type Film, type FilmTitle } from './film.js';
import { LimitPipe } from './limit.pipe.js';
import { Likes } from './likes.js';
import { PendingPages } from './pending-pages.js';
import { SearchKeys } from './search-keys.js';
import { StalePages } from './stale-pages.js';
import { RecentViews } from './recent-views.js';
import { ViewCounter } from './view-counter.js';

/** The directory's HTTP API. */
@Controller('films')
export class FilmsController {
  constructor(
    private readonly catalogue: FilmCatalogue,
    private readonly pages: FilmPages,
    private readonly views: ViewCounter,
    private readonly likes: Likes,
    private readonly stale: StalePages,
    private readonly pending: PendingPages,
    private readonly recentViews: RecentViews,
    private readonly searchKeys: SearchKeys,
  ) {}

  /**
   * `GET /films?query=alien&limit=5`: films with these words in their title, those with the most votes first.
   * `GET /films?q=lie` looks for a part of a title.
   */
  @Get()
  async search(
    @Query('query') query: unknown,
    @Query('q') q: unknown,
    @Query('limit', LimitPipe) limit: number,
  ): Promise<FilmTitle[]> {
    if (typeof query !== 'string') return this.catalogue.search({ q: typeof q === 'string' ? q : '', limit });
    const found = await this.searchKeys.find(query);
    // Until the backfill has ended, the slow way.
    if (found === undefined) return this.catalogue.search({ q: query, limit });
    return found
      .map((id) => this.#film(id))
      .toSorted((a, b) => b.imdbVotes - a.imdbVotes || a.id - b.id)
      .slice(0, limit)
      .map(titleOf);
  }

  /** `GET /films/popular` */
  @Get('popular')
  async popular(@Query('limit', LimitPipe) limit: number): Promise<(FilmTitle & { views: number })[]> {
    const mostViewed = await this.views.mostViewed(limit);
    return mostViewed.map(({ id, views }) => ({ ...titleOf(this.#film(id)), views }));
  }

  /** `GET /films/recent`: those viewed within the last minute, the latest first. */
  @Get('recent')
  async recent(@Query('limit', LimitPipe) limit: number): Promise<FilmTitle[]> {
    return (await this.recentViews.latest(limit)).map((id) => titleOf(this.#film(id)));
  }

  /** `GET /films/1234`; `pending` tells whether it is queued to be recomputed, null that nobody knows. */
  @Get(':id')
  async page(@Param('id', ParseIntPipe) id: number): Promise<FilmPage & { pending: boolean | null }> {
    const film = this.#film(id);
    void this.views.count(film);
    void this.recentViews.add(film);
    const [page, pending] = await Promise.all([
      this.pages.page(film),
      this.pending.isQueued(String(id)).catch(() => null),
    ]);
    return { ...page, pending };
  }

  /** `POST /films/1234/likes` */
  @Post(':id/likes')
  async like(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.likes.add(this.#film(id));
    await this.stale.add(id);
    // In this order: a slice may take out what is marked, but not queued yet.
    await this.pending.markQueued(String(id));
  }

  #film(id: number): Film {
    const film = this.catalogue.get(id);
    if (film === undefined)
      throw new NotFoundException(`There is no film ${id}: ids go from 1 to ${this.catalogue.size}`);
    return film;
  }
}
