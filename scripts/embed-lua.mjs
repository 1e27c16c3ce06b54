/**
 * Puts the Lua scripts of lib/redis/scripts into lib/redis/scripts.generated.ts, and those of lib/cache likewise, so that
 * the package needs no files at run time and bundlers need no loader. `--check` only says whether those are up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'prettier';

const lib = resolve(import.meta.dirname, '../lib');
const check = process.argv.includes('--check');

for (const owner of ['cache', 'redis']) await embed(owner);

async function embed(owner) {
  const target = join(lib, owner, 'scripts.generated.ts');
  const text = await embedded(join(lib, owner, 'scripts'));
  if (!check) {
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error(`lib/${owner}/scripts.generated.ts is not what scripts/*.lua say. Run "npm run generate".`);
    process.exitCode = 1;
  }
}

function embedded(folder) {
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith('.lua'))
    .sort()
    .map((name) => [name.replace(/\.lua$/, ''), code(readFileSync(join(folder, name), 'utf8'))]);
  return format(
    `// Made by scripts/embed-lua.mjs from scripts/*.lua: edit those and run "npm run generate".\n` +
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
