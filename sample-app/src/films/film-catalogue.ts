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
  readonly #byVotes: readonly Film[];
  readonly #byDirector: ReadonlyMap<string | null, readonly Film[]>;
  readonly #byGenre: ReadonlyMap<string | null, readonly Film[]>;

  constructor(films: readonly Film[]) {
    this.#films = films;
    this.#byVotes = [...films].sort((a, b) => b.imdbVotes - a.imdbVotes || a.id - b.id);
    this.#byDirector = grouped(this.#byVotes, 'director');
    this.#byGenre = grouped(this.#byVotes, 'genre');
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
    return this.#byVotes
      .filter((film) => film.title.toLowerCase().includes(wanted))
      .slice(0, limit)
      .map(titleOf);
  }

  /** Others by the same director, then others of the same genre: the best known first. */
  related(film: Film, limit = 5): FilmTitle[] {
    const ofDirector = this.#byDirector.get(film.director) ?? [];
    const ofGenre = this.#byGenre.get(film.genre)?.slice(0, ofDirector.length + limit + 1) ?? [];
    const found = new Set([...ofDirector, ...ofGenre]);
    found.delete(film);
    return [...found].slice(0, limit).map(titleOf);
  }

  /** Ids of all films, the one with the most votes first. */
  idsByVotes(): number[] {
    return this.#byVotes.map((film) => film.id);
  }
}

/** Films by what they share, in the order in which they come. Those of which it is not known share nothing. */
function grouped(films: readonly Film[], key: 'director' | 'genre'): Map<string, Film[]> {
  const groups = new Map<string, Film[]>();
  for (const film of films) {
    const shared = film[key];
    if (shared === null) continue;
    const group = groups.get(shared);
    if (group === undefined) groups.set(shared, [film]);
    else group.push(film);
  }
  return groups;
}
