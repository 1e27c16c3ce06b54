import { describe, expect, it } from '@jest/globals';
import { FilmCatalogue } from './film-catalogue.js';
import { readFilm } from './film.js';

const catalogue = FilmCatalogue.load();

describe('readFilm', () => {
  it('reads a record with every field', () => {
    const record = {
      Title: 'The Land Girls',
      'Release Date': 'Jun 12 1998',
      'Major Genre': 'Drama',
      Director: 'David Leland',
      Distributor: 'Gramercy',
      'Running Time min': 111,
      'IMDB Rating': 6.1,
      'IMDB Votes': 1071,
    };
    expect(readFilm(record, 7)).toEqual({
      id: 7,
      title: 'The Land Girls',
      releasedOn: '1998-06-12',
      director: 'David Leland',
      genre: 'Drama',
      distributor: 'Gramercy',
      runningTime: 111,
      imdbRating: 6.1,
      imdbVotes: 1071,
    });
  });

  it('says null for what is missing, of another type or unreadable', () => {
    const record = {
      Title: null,
      'Release Date': 'soon',
      Director: ' ',
      'IMDB Rating': 'good',
      'IMDB Votes': null,
    };
    expect(readFilm(record, 1)).toEqual({
      id: 1,
      title: 'Untitled',
      releasedOn: null,
      director: null,
      genre: null,
      distributor: null,
      runningTime: null,
      imdbRating: null,
      imdbVotes: 0,
    });
  });

  it('takes a title that is a number for a text', () => {
    expect(readFilm({ Title: 1776 }, 1).title).toBe('1776');
  });

  it('puts a two-digit year that was read as a future one back into its century', () => {
    expect(readFilm({ 'Release Date': 'Dec 15 2039' }, 1).releasedOn).toBe('1939-12-15');
    expect(readFilm({ 'Release Date': 'Dec 23 2011' }, 1).releasedOn).toBe('2011-12-23');
  });
});

describe('FilmCatalogue on the real data', () => {
  const films = Array.from({ length: catalogue.size }, (_, index) => catalogue.get(index + 1)!);

  it('holds all 3,201 films, each under its id', () => {
    expect(catalogue.size).toBe(3201);
    expect(films.every((film, index) => film.id === index + 1)).toBe(true);
    expect([catalogue.get(0), catalogue.get(3202), catalogue.get(1.5), catalogue.get(NaN)]).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('gives every film a title and a date that is none of the future', () => {
    expect(films.filter((film) => typeof film.title !== 'string' || film.title === '')).toEqual([]);
    expect(films.filter((film) => !/^(19|200|201[01])/.test(film.releasedOn ?? ''))).toEqual([]);
  });

  it('finds films by a part of their title, the best known first', () => {
    const found = catalogue.search({ q: 'GODFATHER', limit: 2 });
    expect(found.map((film) => film.title)).toEqual(['The Godfather', 'The Godfather: Part II']);
  });

  it('relates films of the same director before films of the same genre, and never the film itself', () => {
    const film = catalogue.get(catalogue.search({ q: 'Titanic', limit: 1 })[0]!.id)!;
    const related = catalogue.related(film, 30).map((title) => catalogue.get(title.id)!);
    const byCameron = related.filter((other) => other.director === 'James Cameron').length;
    expect(byCameron).toBeGreaterThan(1);
    expect(related.slice(0, byCameron).every((other) => other.director === 'James Cameron')).toBe(true);
    expect(related.slice(byCameron).every((other) => other.genre === film.genre)).toBe(true);
    expect(related).not.toContain(film);
    expect(new Set(related).size).toBe(30);
  });

  it('relates nothing to a film of which neither director nor genre is known', () => {
    const unknown = films.find((film) => film.director === null && film.genre === null)!;
    expect(catalogue.related(unknown)).toEqual([]);
  });

  it('ranks films by their votes', () => {
    const ranked = catalogue.idsByVotes();
    expect(catalogue.get(ranked[0]!)).toMatchObject({ imdbVotes: 519_541 });
    expect(catalogue.get(ranked.at(-1)!)).toMatchObject({ imdbVotes: 0 });
    expect(new Set(ranked).size).toBe(3201);
  });
});
