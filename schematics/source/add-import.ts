import { blankOut } from './blank-out.js';
import { insertInto } from './insert-into.js';
import { styleOf } from './style.js';

/** In code whose strings are quotes from end to end. */
const IMPORT = /^import\b([^;"(]*)("+);?/gm;

/** The source with `import { name } from 'specifier'` among its imports; as it is when that name is there already. */
export function addImport(source: string, name: string, specifier: string): string {
  const imports = importsOf(source);
  if (imports.some(({ names }) => new RegExp(`\\b${name}\\b`).test(names))) return source;
  const same = imports.find((found) => found.specifier === specifier && found.braces !== undefined);
  if (same?.braces !== undefined) return insertInto(source, same.braces, name, ' ');
  const { quote, semicolon, newline } = styleOf(source);
  const line = `import { ${name} } from ${quote}${specifier}${quote}${semicolon}`;
  const last = imports.at(-1);
  if (last !== undefined) return `${source.slice(0, last.end)}${newline}${line}${source.slice(last.end)}`;
  const start = /^#!.*\r?\n/.exec(source)?.[0].length ?? 0;
  return `${source.slice(0, start)}${line}${newline}${source.slice(start)}`;
}

interface Import {
  readonly names: string;
  readonly specifier: string;
  /** Where the opening brace of its names is; undefined when it has none, or imports types only. */
  readonly braces: number | undefined;
  readonly end: number;
}

function importsOf(source: string): Import[] {
  const code = blankOut(source);
  return [...code.matchAll(IMPORT)].map((match) => {
    const [statement, names, specifier] = match as unknown as [string, string, string];
    const end = match.index + statement.length;
    const opened = end - specifier.length - (statement.endsWith(';') ? 1 : 0);
    const brace = names.indexOf('{');
    const isOpen = brace >= 0 && !/^\s*type\b/.test(names);
    return {
      names,
      specifier: source.slice(opened + 1, opened + specifier.length - 1),
      braces: isOpen ? match.index + 'import'.length + brace : undefined,
      end,
    };
  });
}
