import { readDataset } from '../datasets.js';
import { readFilm, titleOf, type Film, type FilmTitle } from './film.js';

/** What to look for. */
export interface FilmQuery {
  /** Part of a title, in any case. */
  readonly q: string;
  /** At most this many. */
  readonly limit: number;
}

/** Every film of vega-datasets' movies.json, in memory: the source of truth that pages are recomputed from. */
export class FilmCatalogue {
  readonly #films: readonly Film[];

  constructor(films: readonly Film[]) {
    this.#films = films;
  }

  static load(): FilmCatalogue {
    const records = JSON.parse(readDataset('movies.json')) as Record<string, unknown>[];
    return new FilmCatalogue(records.map((record, index) => readFilm(record, index + 1)));
  }

  get size(): number {
    return this.#films.length;
  }

  get(id: number): Film | undefined {
    return this.#films[id - 1];
  }

  /** Films whose title contains the text, those with the most votes first. */
  search({ q, limit }: FilmQuery): FilmTitle[] {
    const wanted = q.toLowerCase();
    return this.#films
      .filter((film) => film.title.toLowerCase().includes(wanted))
      .sort(byVotes)
      .slice(0, limit)
      .map(titleOf);
  }

  /** Others by the same director, then others of the same genre: the best known first. */
  related(film: Film, limit = 5): FilmTitle[] {
    const others = this.#films.filter((other) => other.id !== film.id);
    const sharing = (key: 'director' | 'genre') =>
      others.filter((other) => film[key] !== null && other[key] === film[key]).sort(byVotes);
    const found = new Set([...sharing('director'), ...sharing('genre').slice(0, limit)]);
    return [...found].slice(0, limit).map(titleOf);
  }

  /** Ids of all films, the one with the most votes first. */
  idsByVotes(): number[] {
    return [...this.#films].sort(byVotes).map((film) => film.id);
  }
}

function byVotes(a: Film, b: Film): number {
  return b.imdbVotes - a.imdbVotes || a.id - b.id;
}
