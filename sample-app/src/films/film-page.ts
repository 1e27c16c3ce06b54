import type { Film, FilmTitle } from './film.js';

/** The page of a film, put together from fields that age at different speeds. */
export interface FilmPage {
  readonly metadata: Film;
  readonly related: readonly FilmTitle[];
  readonly likes: number;
  /** Whether all of it came from the cache. */
  readonly cached: boolean;
}

export type PageField = 'metadata' | 'related' | 'likes';

/**
 * How long each field may be served after it was computed: ms. In production these would be a day, an hour and some
 * minutes; here you see them expire while you watch.
 */
export const TIME_TO_LIVE: Readonly<Record<PageField, number>> = {
  metadata: 12_000,
  related: 6_000,
  likes: 3_000,
};

export const PAGE_FIELDS = Object.keys(TIME_TO_LIVE) as PageField[];

/** Fields as they are cached: JSON. */
export type CachedFields = Partial<Record<PageField, string>>;
