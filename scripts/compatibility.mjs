/**
 * Writes the tables of docs/compatibility.md from what the fixtures are run with. `--check` only says whether they are
 * up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'prettier';
import * as more from './fixtures/installs.mjs';
import {
  ADAPTERS,
  APPLICATIONS,
  INSTALLS,
  NODES,
  serverOf,
  SERVERS,
  TEST_RUNNERS,
  TYPE_CHECKS,
} from './fixtures/matrix.mjs';

const root = resolve(import.meta.dirname, '..');
const document = join(root, 'docs/compatibility.md');
const MODULES = { commonjs: 'CommonJS', module: 'ES modules' };

const text = readFileSync(document, 'utf8');
const tables = { versions, applications, types, tests, processes, managers, bundles, peers };
const written = Object.entries(tables).reduce((page, [name, rows]) => replaced(page, name, rows()), text);
const formatted = await format(written, { parser: 'markdown', printWidth: 110, singleQuote: true });

if (!process.argv.includes('--check')) {
  writeFileSync(document, formatted);
} else if (text !== formatted) {
  console.error(
    'docs/compatibility.md is not what scripts/fixtures/matrix.mjs says. Run "npm run generate".',
  );
  process.exitCode = 1;
}

/** All values of each dimension. */
function versions() {
  const installed = Object.values(INSTALLS);
  return [
    ['', 'tried with'],
    ['Nest', list(installed.map(({ nest }) => nest))],
    ['modules', list(APPLICATIONS.map(({ modules }) => MODULES[modules]))],
    ['HTTP', list(ADAPTERS)],
    ['Node', list(NODES)],
    ['ioredis', list(installed.map(({ ioredis }) => ioredis))],
    ['server', list(SERVERS.map(({ name }) => name))],
    ['TypeScript', list(TYPE_CHECKS.map(({ typescript }) => typescript))],
    ['`moduleResolution`', list(TYPE_CHECKS.map(({ resolution }) => resolution))],
    ['builders', list(APPLICATIONS.map(({ builder }) => builder))],
    ['test runners', list(Object.values(TEST_RUNNERS).map(({ runner }) => runner))],
  ];
}

function applications() {
  const rows = APPLICATIONS.map((application) => {
    const { nest, ioredis } = INSTALLS[application.install];
    const servers = NODES.map((node) => serverOf(application, node).name);
    return [`Nest ${nest}, ${MODULES[application.modules]}`, application.builder, ioredis, ...servers];
  });
  return [['application', 'compiled by', 'ioredis', ...NODES.map((node) => `Node ${node}`)], ...rows];
}

function types() {
  const resolutions = [...new Set(TYPE_CHECKS.map(({ resolution }) => resolution))];
  const compilers = [...new Set(TYPE_CHECKS.map(({ typescript }) => typescript))];
  const cell = (typescript, resolution) => {
    const check = TYPE_CHECKS.find(
      (each) => each.typescript === typescript && each.resolution === resolution,
    );
    if (check === undefined) return '–';
    const { install, modules } = APPLICATIONS[check.application];
    return `Nest ${INSTALLS[install].nest}, ${MODULES[modules]}`;
  };
  return [
    ['TypeScript', ...resolutions.map((resolution) => `\`${resolution}\``)],
    ...compilers.map((version) => [version, ...resolutions.map((resolution) => cell(version, resolution))]),
  ];
}

function tests() {
  const rows = Object.values(TEST_RUNNERS).map(({ runner, modules, nest, node, how }) => [
    `${runner}, ${MODULES[modules]}`,
    nest,
    node,
    how,
  ]);
  return [['specs', 'Nest', 'Node', 'set up'], ...rows];
}

function processes() {
  const nodes = more.NODES.map((node) => [`Node ${node}`, 'Nest 11 and 12']);
  const restricted = more.RESTRICTIONS.map(({ title, node }) => [title, `Nest 11 and 12, Node ${node}`]);
  const others = more.RUNTIMES.map(({ name, sources }) => [name, `Nest 11 and 12, ${list(sources)}`]);
  return [['process', 'both kinds of modules of'], ...nodes, ...restricted, ...others];
}

function managers() {
  const rows = more.PACKAGE_MANAGERS.map(({ name, node, commonjs }) => [
    name,
    node,
    commonjs ? 'refused by it' : 'runs',
    'runs',
  ]);
  return [['package manager', 'Node', 'CommonJS', 'ES modules'], ...rows];
}

function bundles() {
  const cell = (bundler, minified) =>
    more.BUNDLES.some((row) => row.bundler === bundler && row.minified === minified && row.keepsNames)
      ? 'kept'
      : 'changed';
  const rows = [...new Set(more.BUNDLES.map(({ bundler }) => bundler))].map((bundler) => [
    `\`${bundler}\``,
    cell(bundler, false),
    cell(bundler, true),
  ]);
  return [['bundler', 'names of classes', 'minified'], ...rows];
}

function peers() {
  const rows = more.PEERS.map(({ peer, subpath, refusal }) => [
    peer,
    `\`./${subpath}\``,
    refusal ? 'refused when the application starts' : 'works',
  ]);
  return [['optional peer', 'subpath', 'with it'], ...rows];
}

function list(values) {
  return [...new Set(values)].join(', ');
}

function replaced(page, name, rows) {
  const [begin, end] = [`<!-- table: ${name} -->`, `<!-- end: ${name} -->`];
  const start = page.indexOf(begin);
  const stop = page.indexOf(end);
  if (start < 0 || stop < start)
    throw new Error(`docs/compatibility.md has no place for the table "${name}"`);
  const [head, ...body] = rows.map((cells) => `| ${cells.join(' | ')} |`);
  const table = [head, `|${' --- |'.repeat(rows[0].length)}`, ...body].join('\n');
  return `${page.slice(0, start + begin.length)}\n\n${table}\n\n${page.slice(stop)}`;
}
