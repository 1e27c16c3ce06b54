/**
 * Puts the Lua scripts of lib/redis, each beside its structure, into lib/redis/lua/scripts.generated.ts, and those of
 * lib/cache into lib/cache/scripts.generated.ts, so that the package needs no files at run time and bundlers need no
 * loader. `--check` only says whether those are up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { format } from 'prettier';

const lib = resolve(import.meta.dirname, '../lib');
const check = process.argv.includes('--check');

await embed('cache', 'cache/scripts.generated.ts');
await embed('redis', 'redis/lua/scripts.generated.ts');

async function embed(folder, generated) {
  const target = join(lib, generated);
  const text = await embedded(join(lib, folder));
  if (!check) {
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error(
      `lib/${generated} is not what the .lua files of lib/${folder} say. Run "npm run generate".`,
    );
    process.exitCode = 1;
  }
}

function embedded(folder) {
  const entries = readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.lua'))
    .map((path) => [basename(path, '.lua'), code(readFileSync(join(folder, path), 'utf8'))])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return format(
    `// Made by scripts/embed-lua.mjs from the .lua files: edit those and run "npm run generate".\n` +
      `export const LUA = {\n${entries.map(([name, lua]) => `${JSON.stringify(name)}: ${literal(lua)},`).join('\n')}\n};\n`,
    { parser: 'typescript', singleQuote: true, printWidth: 110, trailingComma: 'all' },
  );
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
