/**
 * Where the project lives and who publishes it: the one place to put it. package.json is filled in from here.
 *
 *   node scripts/address.mjs --write   puts `repository`, `homepage`, `bugs` and `author` into package.json
 *   node scripts/address.mjs           fails unless they are there and are those: npm runs it before it publishes
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** On GitHub, as `owner/name`; empty while there is none. */
const REPOSITORY = '';
/** As npm has it: `Name <address>`; the code of conduct is enforced there, too. Empty while there is none. */
const AUTHOR = '';

const path = join(import.meta.dirname, '../package.json');
const address = { repository: REPOSITORY, author: AUTHOR };
let manifest = JSON.parse(readFileSync(path, 'utf8'));
if (process.argv.includes('--write') && problemsOf(address, fieldsOf(address)).length === 0) {
  manifest = withFields(manifest, fieldsOf(address));
  writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
const problems = problemsOf(address, manifest);
for (const problem of problems) console.error(`scripts/address.mjs: ${problem}.`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** What package.json says of an address. */
function fieldsOf({ repository, author }) {
  const page = `https://github.com/${repository}`;
  return {
    author,
    homepage: `${page}#readme`,
    repository: { type: 'git', url: `git+${page}.git` },
    bugs: { url: `${page}/issues` },
  };
}

/** What is wrong with an address, or with what a package.json says of it. */
function problemsOf({ repository, author }, fields) {
  const unknown = [];
  if (!/^[\w-]+\/[\w.-]+$/.test(repository))
    unknown.push(`REPOSITORY is "${repository}"; expected owner/name`);
  if (!/^[^<>]+ <[^<>\s]+@[^<>\s]+>$/.test(author))
    unknown.push(`AUTHOR is "${author}"; expected Name <address>`);
  if (unknown.length > 0) return unknown;
  return Object.entries(fieldsOf({ repository, author }))
    .filter(([field, value]) => JSON.stringify(fields[field]) !== JSON.stringify(value))
    .map(([field]) => `package.json has another ${field}: node scripts/address.mjs --write`);
}

/** Ahead of the licence, where they are not there yet. */
function withFields(rest, fields) {
  const entries = Object.entries(rest).filter(([name]) => !(name in fields));
  const place = entries.findIndex(([name]) => name === 'license');
  return Object.fromEntries(entries.toSpliced(place, 0, ...Object.entries(fields)));
}
