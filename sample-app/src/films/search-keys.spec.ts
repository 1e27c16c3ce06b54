import { describe, expect, it } from '@jest/globals';
import { wordsOf } from './search-keys.js';

describe('wordsOf', () => {
  it('takes each word once, in lower case, without punctuation', () => {
    expect(wordsOf('Lock, Stock and 2 Smoking Barrels: and more')).toEqual([
      'lock',
      'stock',
      'and',
      '2',
      'smoking',
      'barrels',
      'more',
    ]);
  });

  it('keeps letters of other alphabets whole', () => {
    expect(wordsOf('Amélie, Хороший')).toEqual(['amélie', 'хороший']);
  });

  it('finds none in punctuation', () => {
    expect(wordsOf(' …! ')).toEqual([]);
  });
});
