import { describe, expect, it } from '@jest/globals';
import { docBlocks } from '../../scripts/doc-blocks.mjs';

const markdown = (...lines: string[]) => lines.join('\n');
const only = (...lines: string[]) => {
  const blocks = docBlocks(markdown(...lines));
  expect(blocks).toHaveLength(1);
  return blocks[0]!;
};

describe('docBlocks', () => {
  it('keeps each line of an example on the line that it has in the document', () => {
    const { code, line } = only('# Title', '', '```ts', 'const a = 1;', '```', 'text');
    expect(code.split('\n')[3]).toBe('const a = 1;');
    expect(code.split('\n').slice(0, 3).join('')).toBe('');
    expect(line).toBe(3);
  });

  it('takes blocks of TypeScript and leaves the rest', () => {
    const blocks = docBlocks(
      markdown(
        '```ts',
        'a;',
        '```',
        '```sh',
        'npm ci',
        '```',
        '~~~typescript',
        'b;',
        '~~~',
        '```',
        'c',
        '```',
      ),
    );
    expect(blocks.map(({ line }) => line)).toEqual([1, 7]);
  });

  it('does not take a fence inside a longer fence for one', () => {
    expect(docBlocks(markdown('````md', '```ts', 'a;', '```', '````'))).toEqual([]);
  });

  it('puts the hidden preamble above a fence before the example, on its own lines', () => {
    const { code } = only('<!-- ts:', "import { x } from 'y';", '-->', '', '```ts', 'x();', '```');
    expect(code.split('\n')[1]).toBe("import { x } from 'y';");
    expect(code).not.toMatch(/<!--|-->/);
  });

  it('reads a preamble of one line, and no other comment', () => {
    expect(only('<!-- ts: declare const x: 1; -->', '```ts', 'x;', '```').code).toMatch(
      /^\s+declare const x: 1;/,
    );
    expect(only('<!-- a remark -->', '```ts', 'x;', '```').code).not.toMatch(/remark/);
  });

  it('does not let the preamble of one example reach the next', () => {
    const [, second] = docBlocks(
      markdown('<!-- ts: declare const x: 1; -->', '```ts', 'x;', '```', '```ts', 'y;', '```'),
    );
    expect(second!.code).not.toMatch(/declare|x;/);
  });

  it('names a block after its first line, so that others can import it', () => {
    expect(only('```ts', '// file: reaper.job.ts', 'export class Reaper {}', '```').name).toBe(
      'reaper.job.ts',
    );
    expect(only('', '```ts', 'a;', '```').name).toBe('line-2.ts');
  });

  it('refuses two files of one name, and a block that does not end', () => {
    const twice = ['```ts', '// file: a.ts', '```'];
    expect(() => docBlocks(markdown(...twice, ...twice))).toThrow(
      'line 4: a.ts is already the file at line 1',
    );
    expect(() => docBlocks('```ts\na;')).toThrow('line 1: this code block has no closing ```');
  });
});
