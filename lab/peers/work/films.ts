import { FILMS } from '../plan/world.js';

/** Where search keys go: a hash by the film's number. */
export const SEARCH_KEYS = 'search-keys';

/** The films after a number, as a table would bring them. */
export function filmsAfter(last: number, limit: number): number[] {
  return Array.from({ length: Math.min(limit, FILMS - last) }, (_, index) => last + index + 1);
}

/** What the backfill computes: the same for the same film, so that doing it twice does no harm. */
export function searchKeyOf(film: number): string {
  return `Le Film Nº ${film}: Été à l'Île`
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036F]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
}

/** Fields and values for one HSET. */
export function searchKeys(films: readonly number[]): string[] {
  return films.flatMap((film) => [String(film), searchKeyOf(film)]);
}
