/** Takes the declarations out of dist/ that no entry of package.json's exports reaches: nobody can import them. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const reached = new Set();
const waiting = Object.values(exports).flatMap(({ types }) =>
  types === undefined ? [] : [join(root, types)],
);
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (reached.has(file)) continue;
  reached.add(file);
  // `from './x.js'`, `import './x.js'` and `import('./x.js')`.
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g);
  for (const [, path] of imports) waiting.push(join(dirname(file), `${path}.d.ts`));
}

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  const isOurs = entry.isFile() && entry.name.endsWith('.d.ts') && !file.startsWith(join(dist, 'schematics'));
  if (isOurs && !reached.has(file)) rmSync(file);
}
