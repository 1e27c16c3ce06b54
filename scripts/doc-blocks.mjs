/**
 * Finds the TypeScript examples of a Markdown document and turns each into a file that can be compiled.
 *
 * - Every block fenced as `ts` or `typescript` is one file. What must not compile is fenced as something else
 *   (`text`, `js`, `diff`).
 * - An HTML comment `<!-- ts: ... -->` straight above a fence is a preamble that readers do not see: the imports and
 *   `declare const` lines that the excerpt below leaves out.
 * - A block whose first line is `// file: reaper.job.ts` is known by that name to the other blocks of its document,
 *   which import it as './reaper.job.js'.
 *
 * Each file has the lines of its document, all others blanked, so that a compiler's line and column are the
 * document's own.
 */

/**
 * @param {string} markdown
 * @returns {{ name: string, line: number, code: string }[]} `line` counts from 1 and is that of the fence.
 */
export function docBlocks(markdown) {
  const lines = markdown.split('\n');
  const blocks = [];
  for (let index = 0; index < lines.length; index++) {
    const fence = /^(\s*)(`{3,}|~{3,})\s*(\w*)/.exec(lines[index]);
    if (!fence) continue;
    const end = closingFence(lines, index, fence[2]);
    if (/^(ts|typescript)$/.test(fence[3])) blocks.push(block(lines, index, end));
    index = end;
  }
  rejectDuplicates(blocks);
  return blocks;
}

function closingFence(lines, start, ticks) {
  const end = lines.findIndex((line, index) => index > start && line.trim().startsWith(ticks));
  if (end < 0) throw new Error(`line ${start + 1}: this code block has no closing ${ticks}`);
  return end;
}

function block(lines, start, end) {
  const preamble = preambleAbove(lines, start);
  const kept = lines.slice(0, end).map((line, index) => {
    if (index > start) return line;
    return preamble.get(index) ?? '';
  });
  const named = /^\s*\/\/ file: (\S+\.ts)\s*$/.exec(lines[start + 1]);
  // `export {}` makes a module of a block without imports, so that two blocks may use the same name.
  return {
    name: named?.[1] ?? `line-${start + 1}.ts`,
    line: start + 1,
    code: `${kept.join('\n')}\nexport {};\n`,
  };
}

/** The lines of the preamble above a fence, by index, without the marks of the comment. */
function preambleAbove(lines, fence) {
  let last = fence - 1;
  while (last >= 0 && lines[last].trim() === '') last--;
  if (last < 0 || !lines[last].trimEnd().endsWith('-->')) return new Map();
  let first = last;
  while (first > 0 && !lines[first].includes('<!--')) first--;
  if (!/<!--\s*ts:/.test(lines[first])) return new Map();
  const text = lines.slice(first, last + 1);
  text[0] = text[0].replace(/<!--\s*ts:/, (mark) => ' '.repeat(mark.length));
  text[text.length - 1] = text[text.length - 1].replace(/-->\s*$/, '');
  return new Map(text.map((line, offset) => [first + offset, line]));
}

function rejectDuplicates(blocks) {
  const seen = new Map();
  for (const { name, line } of blocks) {
    if (seen.has(name))
      throw new Error(`line ${line}: ${name} is already the file at line ${seen.get(name)}`);
    seen.set(name, line);
  }
}
