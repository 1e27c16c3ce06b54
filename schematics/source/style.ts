import { blankOut } from './blank-out.js';

/** How a file is written, so that what is added looks as if its author had. */
export interface Style {
  readonly quote: string;
  /** `;`, or nothing. */
  readonly semicolon: string;
  readonly newline: string;
}

/** The style of the imports of a file; Nest's own where it has none. */
export function styleOf(source: string): Style {
  const line = /^(?:import\b.*|\}\s*from\s*)(['"])(;?)/m.exec(source);
  return {
    quote: line?.[1] ?? "'",
    semicolon: line?.[2] ?? ';',
    newline: source.includes('\r\n') ? '\r\n' : '\n',
  };
}

/** The blanks ahead of the first character of the line that `at` is in. */
export function indentOf(source: string, at: number): string {
  const line = source.slice(source.lastIndexOf('\n', at - 1) + 1, at);
  return /^[ \t]*/.exec(line)![0];
}

/** One step of indentation: that of the first indented line of code. */
export function stepOf(source: string): string {
  return /^(\t| +)\S/m.exec(blankOut(source))?.[1] ?? '  ';
}
