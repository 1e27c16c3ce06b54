/**
 * Follows every link from one document of the repository to another file, and to a heading of it: a site's builder sees
 * only those that stay on the site. Code is left out, and so are links to other servers.
 * The tests that guarantees name are followed by check-guarantees.mjs.
 */
import './check-guarantees.mjs';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
/** Installed, built, or written by a tool. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'temp', 'coverage', 'api', '.git', '.stryker-tmp']);
const documents = documentsIn(root);

const problems = documents.flatMap(problemsOf);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} links lead nowhere.`);
  process.exit(1);
}
console.log(`All links of ${documents.length} documents lead somewhere.`);

function documentsIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (LEFT_OUT.has(entry.name)) return [];
    if (entry.isDirectory()) return documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function problemsOf(document) {
  const links = proseOf(document).matchAll(/\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]*))?\)/g);
  return [...links].flatMap(([link, path, heading]) => {
    const target = path === '' ? document : resolve(dirname(document), path);
    const why = problemWith(target, heading);
    return why === undefined ? [] : [`${relative(root, document)}: ${link}: ${why}`];
  });
}

function problemWith(target, heading) {
  // The reference is written when the site is built.
  if (relative(root, target).startsWith(join('docs', 'api'))) return undefined;
  if (!existsSync(target)) return 'there is no such file';
  if (heading === undefined || headingsOf(target).includes(heading)) return undefined;
  return 'there is no such heading';
}

/** Headings as GitHub names them in links. */
function headingsOf(document) {
  const headings = [...proseOf(document).matchAll(/^#+ +(.*?)\s*$/gm)].map(([, text]) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function proseOf(document) {
  return readFileSync(document, 'utf8')
    .replaceAll(/^(```+)[^]*?^\1/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.slice(1, -1).replaceAll(/[[\]]/g, ''));
}
