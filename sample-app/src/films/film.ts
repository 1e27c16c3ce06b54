/** A film as the directory shows it. What the data does not know is null. */
export interface Film {
  /** Its place in the data, from 1. */
  readonly id: number;
  readonly title: string;
  /** ISO date: `1998-06-12`. */
  readonly releasedOn: string | null;
  readonly director: string | null;
  readonly genre: string | null;
  readonly distributor: string | null;
  /** Minutes. */
  readonly runningTime: number | null;
  /** 0 to 10. */
  readonly imdbRating: number | null;
  readonly imdbVotes: number;
}

/** A film in short, as lists show it. */
export type FilmTitle = Pick<Film, 'id' | 'title' | 'releasedOn'>;

export function titleOf({ id, title, releasedOn }: Film): FilmTitle {
  return { id, title, releasedOn };
}

/** The data ends here; a film "of 2046" is one of 1946 whose year was written with two digits. */
const LAST_YEAR = 2011;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Reads one record of movies.json. Any value in it may be missing or of another type: `1776` is a title there. */
export function readFilm(record: Readonly<Record<string, unknown>>, id: number): Film {
  return {
    id,
    title: text(record['Title']) ?? 'Untitled',
    releasedOn: isoDate(text(record['Release Date'])),
    director: text(record['Director']),
    genre: text(record['Major Genre']),
    distributor: text(record['Distributor']),
    runningTime: amount(record['Running Time min']),
    imdbRating: amount(record['IMDB Rating']),
    imdbVotes: amount(record['IMDB Votes']) ?? 0,
  };
}

function text(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function amount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** `Jun 12 1998` to `1998-06-12`. */
function isoDate(date: string | null): string | null {
  const [, name = '', day = '', digits = ''] = /^([A-Z][a-z]{2}) (\d{2}) (\d{4})$/.exec(date ?? '') ?? [];
  const month = MONTHS.indexOf(name) + 1;
  if (month === 0) return null;
  const year = Number(digits) > LAST_YEAR ? Number(digits) - 100 : Number(digits);
  return `${year}-${String(month).padStart(2, '0')}-${day}`;
}
