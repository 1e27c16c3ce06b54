/**
 * Puts the Lua scripts of lib/redis/scripts into lib/redis/scripts.generated.ts, so that the package needs no files at
 * run time and bundlers need no loader. `--check` only says whether that file is up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'prettier';

const folder = resolve(import.meta.dirname, '../lib/redis/scripts');
const target = resolve(folder, '../scripts.generated.ts');

const entries = readdirSync(folder)
  .filter((name) => name.endsWith('.lua'))
  .sort()
  .map((name) => [name.replace(/\.lua$/, ''), code(readFileSync(join(folder, name), 'utf8'))]);

const text = await format(
  `// Made by scripts/embed-lua.mjs from scripts/*.lua: edit those and run "npm run generate".\n` +
    `export const LUA = {\n${entries.map(([name, lua]) => `${JSON.stringify(name)}: ${literal(lua)},`).join('\n')}\n};\n`,
  { parser: 'typescript', singleQuote: true, printWidth: 110, trailingComma: 'all' },
);

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('lib/redis/scripts.generated.ts is not what scripts/*.lua say. Run "npm run generate".');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}

/** Comments are for readers of the source; the server need not carry them. */
function code(lua) {
  return lua
    .split('\n')
    .filter((line) => !/^\s*--/.test(line))
    .join('\n')
    .trim();
}

function literal(lua) {
  return `\`${lua.replace(/[\\`$]/g, '\\$&')}\``;
}
