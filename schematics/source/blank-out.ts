/**
 * A copy of TypeScript source, of the same length, in which comments are blanks, and strings, templates and regular
 * expressions are quotes from end to end: in what is left, each bracket and comma is code. Line ends stay.
 *
 * Schematics edit source without TypeScript's compiler, as TypeScript 7 has no API and the project's own copy may not
 * be within reach of this package.
 */
export function blankOut(source: string): string {
  let code = '';
  while (code.length < source.length) {
    const literal = literalAt(source, code);
    const filler = literal !== undefined && /^\/[/*]/.test(literal) ? ' ' : '"';
    code += literal?.replaceAll(/[^\r\n]/g, filler) ?? source.charAt(code.length);
  }
  return code;
}

const COMMENT = /\/\/.*|\/\*[^]*?(?:\*\/|$)/y;
const STRING = /'(?:\\[^]|[^'\\\n])*'?|"(?:\\[^]|[^"\\\n])*"?/y;
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
/** A slash after one of these begins a regular expression; after anything else it divides. */
const BEFORE_EXPRESSION = /(?:^|[=(,:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|await))\s*$/;

/** The comment, string or regular expression that begins where `code` ends. */
function literalAt(source: string, code: string): string | undefined {
  const at = code.length;
  const first = source.charAt(at);
  if (first === '`') return source.slice(at, endOfTemplate(source, at));
  if (first === "'" || first === '"') return matchAt(STRING, source, at);
  if (first !== '/') return undefined;
  const comment = matchAt(COMMENT, source, at);
  if (comment !== undefined) return comment;
  return BEFORE_EXPRESSION.test(code) ? matchAt(REGULAR_EXPRESSION, source, at) : undefined;
}

/** Past the closing backtick; the code in `${}` may hold templates of its own. */
function endOfTemplate(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source.startsWith('${', at)) at = endOfHole(source, at + 2);
    else if (source[at] === '\\') at++;
    else if (source[at] === '`') return at + 1;
  }
  return source.length;
}

/** At the brace that closes `${`. */
function endOfHole(source: string, start: number): number {
  let depth = 1;
  for (let at = start; at < source.length; at++) {
    if (source[at] === '`') at = endOfTemplate(source, at) - 1;
    else if (source[at] === '{') depth++;
    else if (source[at] === '}' && --depth === 0) return at;
  }
  return source.length;
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
