/**
 * Puts the compiled modules (temp/build) together into one file for each entry of package.json's exports, and one for
 * what several of them share: dist/. An application loads a handful of files then, where the sources are more than
 * 200; that is most of what an import costs. Nothing is minified or renamed, so stack traces read as the sources do.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rollup } from 'rollup';

const root = resolve(import.meta.dirname, '..');
const compiled = join(root, 'temp/build');

const bundle = await rollup({
  input: entries(),
  external: (id) => !/^[./]/.test(id),
  onwarn(warning) {
    // What TypeScript emits for decorators asks for `this`, which a module does not have.
    if (warning.code !== 'THIS_IS_UNDEFINED') throw new Error(`${warning.code}: ${warning.message}`);
  },
});
const { output } = await bundle.write({
  dir: join(root, 'dist'),
  format: 'es',
  chunkFileNames: 'shared/[name].js',
  hoistTransitiveImports: false,
});
await bundle.close();
for (const { fileName, code } of output) refuseRenamedClasses(fileName, code);

/** `{ 'redis/index': '…/temp/build/redis/index.js' }` for `"./redis": { "default": "./dist/redis/index.js" }`. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const paths = Object.values(exports).flatMap((target) => target.default ?? []);
  const names = paths.map((path) => path.replace(/^\.\/dist\/(.+)\.js$/, '$1'));
  return Object.fromEntries(names.map((name) => [name, join(compiled, `${name}.js`)]));
}

/** Nest and its users read the names of classes. */
function refuseRenamedClasses(fileName, code) {
  const [renamed] = /class \w+\$\d+/.exec(code) ?? [];
  if (renamed === undefined) return;
  throw new Error(`${fileName}: "${renamed}": two classes of one name; give one of them another`);
}
