import { Controller, Get, NotFoundException, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { FilmCatalogue } from './film-catalogue.js';
import type { FilmPage } from './film-page.js';
import { FilmPages } from './film-pages.js';
import { titleOf, type Film, type FilmTitle } from './film.js';
import { LimitPipe } from './limit.pipe.js';
import { Likes } from './likes.js';
import { ViewCounter } from './view-counter.js';

/** The directory's HTTP API. */
@Controller('films')
export class FilmsController {
  constructor(
    private readonly catalogue: FilmCatalogue,
    private readonly pages: FilmPages,
    private readonly views: ViewCounter,
    private readonly likes: Likes,
  ) {}

  /** `GET /films?q=alien&limit=5` */
  @Get()
  search(@Query('q') q: unknown, @Query('limit', LimitPipe) limit: number): FilmTitle[] {
    return this.catalogue.search({ q: typeof q === 'string' ? q : '', limit });
  }

  /** `GET /films/popular` */
  @Get('popular')
  async popular(@Query('limit', LimitPipe) limit: number): Promise<(FilmTitle & { views: number })[]> {
    const mostViewed = await this.views.mostViewed(limit);
    return mostViewed.map(({ id, views }) => ({ ...titleOf(this.#film(id)), views }));
  }

  /** `GET /films/1234` */
  @Get(':id')
  async page(@Param('id', ParseIntPipe) id: number): Promise<FilmPage> {
    const film = this.#film(id);
    void this.views.count(film);
    return this.pages.page(film);
  }

  /** `POST /films/1234/likes` */
  @Post(':id/likes')
  async like(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.likes.add(this.#film(id));
  }

  #film(id: number): Film {
    const film = this.catalogue.get(id);
    if (film === undefined)
      throw new NotFoundException(`There is no film ${id}: ids go from 1 to ${this.catalogue.size}`);
    return film;
  }
}
