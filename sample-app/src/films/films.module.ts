import { Module } from '@nestjs/common';
import { Rollup, WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { FilmCatalogue } from './film-catalogue.js';
import { FilmPages } from './film-pages.js';
import { FilmsController } from './films.controller.js';
import { Likes } from './likes.js';
import { PageCache } from './page-cache.js';
import { PageRefresher } from './page-refresher.js';
import { PendingPages } from './pending-pages.js';
import { RecentViews } from './recent-views.js';
import { SearchKeys } from './search-keys.js';
import { StalePages } from './stale-pages.js';
import { ViewCounter } from './view-counter.js';

/**
 * The directory: its pages, and its jobs, which discovery finds: {@link PageCache}, {@link PageRefresher},
 * {@link PendingPages}, {@link RecentViews}, {@link SearchKeys} and {@link ViewCounter}.
 */
@Module({
  controllers: [FilmsController],
  providers: [
    { provide: FilmCatalogue, useFactory: () => FilmCatalogue.load() },
    FilmPages,
    Likes,
    PageCache,
    PageRefresher,
    PendingPages,
    {
      provide: Rollup,
      // One partition: there is one Redis, so there are no slots to spread counters over.
      useFactory: (redis: WorkStealingRedis) => new Rollup(redis, 'views', { partitions: 1 }),
      inject: [WorkStealingRedis],
    },
    RecentViews,
    SearchKeys,
    StalePages,
    ViewCounter,
  ],
})
export class FilmsModule {}
