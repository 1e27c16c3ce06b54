/** How many lines a user writes. */
export interface LineCount {
  /** That are neither blank nor a comment. */
  readonly all: number;
  /** Of those, the ones that are neither part of an import nor only brackets. */
  readonly telling: number;
}

/** Counts the lines of a source file as Prettier has formatted it. */
export function countLines(source: string): LineCount {
  const lines = withoutComments(source)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const imports = importLines(lines);
  const telling = lines.filter((line, index) => !imports.has(index) && !/^[\s()[\]{};,]+$/.test(line));
  return { all: lines.length, telling: telling.length };
}

function withoutComments(source: string): string {
  return source.replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** Which lines belong to imports, those over several lines included. */
function importLines(lines: readonly string[]): Set<number> {
  const found = new Set<number>();
  let isInside = false;
  lines.forEach((line, index) => {
    isInside ||= /^import\b/.test(line);
    if (isInside) found.add(index);
    if (/(from\s+)?'[^']*';$/.test(line)) isInside = false;
  });
  return found;
}
