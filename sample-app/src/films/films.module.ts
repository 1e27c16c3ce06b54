import { Module } from '@nestjs/common';
import { FilmCatalogue } from './film-catalogue.js';
import { FilmPages } from './film-pages.js';
import { FilmsController } from './films.controller.js';
import { Likes } from './likes.js';
import { PageCache } from './page-cache.js';
import { ViewCounter } from './view-counter.js';

/** The directory: its pages, and its two jobs, {@link PageCache} and {@link ViewCounter}. Discovery finds both. */
@Module({
  controllers: [FilmsController],
  providers: [
    { provide: FilmCatalogue, useFactory: () => FilmCatalogue.load() },
    FilmPages,
    Likes,
    PageCache,
    ViewCounter,
  ],
})
export class FilmsModule {}
