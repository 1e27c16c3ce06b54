/**
 * Builds the site of the documentation into temp/docs-site: the API reference from the comments of the code, then all
 * documents, and the files that readers take from there. Fails for a document that the site does not list, for a page that
 * is not there, and for a dead link.
 */
import { cpSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pages } from '../docs/.vitepress/pages.mjs';
import { runTool } from './tools.mjs';

const root = resolve(import.meta.dirname, '..');
const docs = join(root, 'docs');
const site = join(root, 'temp/docs-site');
const DOWNLOADS = ['grafana', 'prometheus'];

const [task = 'build'] = process.argv.slice(2);
run('typedoc', ['--options', 'docs/typedoc.json']);
checkPages();
run('vitepress', [task, 'docs']);
if (task === 'build')
  for (const folder of DOWNLOADS) cpSync(join(docs, folder), join(site, folder), { recursive: true });

/** Every document is listed once, and every page that is listed is a document. */
function checkPages() {
  const listed = pages.flatMap(({ items }) => items.map(([, link]) => link));
  const documents = readdirSync(docs, { recursive: true })
    .filter((path) => path.endsWith('.md') && !path.startsWith('api/') && !path.startsWith('.'))
    .map((path) => `/${path.replace(/\.md$/, '').replace(/(^|\/)(README|index)$/, '$1')}`)
    .filter((link) => link !== '/');
  const problems = [
    ...documents.filter((link) => !listed.includes(link)).map((link) => `${link} is not listed`),
    ...listed
      .filter((link) => link !== '/api/' && !documents.includes(link))
      .map((link) => `${link} is listed and not there`),
    ...listed
      .filter((link, index) => listed.indexOf(link) !== index)
      .map((link) => `${link} is listed twice`),
  ];
  if (problems.length === 0) return;
  console.error(`docs/.vitepress/pages.mjs:\n${problems.join('\n')}`);
  process.exit(1);
}

function run(tool, args) {
  const status = runTool(tool, args);
  if (status !== 0) process.exit(status);
}
