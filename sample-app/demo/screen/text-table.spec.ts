import { describe, expect, it } from '@jest/globals';
import { textTable } from './text-table.js';

describe('textTable', () => {
  it('sets texts left, numbers right, and every column as wide as its widest cell', () => {
    const columns = [{ title: 'job', align: 'left' }, { title: 'items' }] as const;
    expect(
      textTable(columns, [
        ['expiry', '1,234,567'],
        ['x', '8'],
      ]),
    ).toEqual([
      'job         items', //
      'expiry  1,234,567',
      'x               8',
    ]);
  });

  it('shows the titles alone when there are no rows', () => {
    expect(textTable([{ title: 'worker', align: 'left' }, { title: 'pid' }], [])).toEqual(['worker  pid']);
  });
});
