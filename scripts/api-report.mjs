/**
 * Keeps a report of the public API for each entry of package.json's exports: api/index.api.md, api/redis.api.md and so
 * on. With --check it compares instead of writing. It reads the built declarations, so run `npm run build` first.
 *
 * It also fails when a public symbol has no TSDoc, when a TSDoc comment is malformed, and when the public API uses a
 * type that is not exported, so that nobody could name it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { installTools } from './tools.mjs';

installTools();
const { Extractor, ExtractorConfig } = await import('@microsoft/api-extractor');

const root = resolve(import.meta.dirname, '..');
const apiFolder = join(root, 'api');
const workFolder = join(root, 'temp/api');
const check = process.argv.includes('--check');

const problems = [];
/** What "." exports: a subpath may use and link to it without exporting it again. */
const coreNames = new Set();

mkdirSync(apiFolder, { recursive: true });
rmSync(workFolder, { recursive: true, force: true });
const entries = entryPoints();
const program = ts.createProgram(
  entries.map(({ types }) => types),
  { module: ts.ModuleKind.NodeNext, skipLibCheck: true },
);
for (const entry of entries) writeReport(entry);
reportStrays();
finish();

/** @returns {{ name: string, types: string }[]} "." first */
function entryPoints() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => target.types)
    .map(([path, { types }]) => ({ name: path === '.' ? 'index' : path.slice(2), types: join(root, types) }));
}

function writeReport({ name, types }) {
  if (!existsSync(types)) {
    problems.push(`${relative(root, types)} does not exist, but package.json exports it.`);
    return;
  }
  const { apiReportChanged } = Extractor.invoke(configuration(name, types), {
    localBuild: !check,
    printApiReportDiff: check,
    messageCallback: (message) => takeNote(name, message),
  });
  if (check && apiReportChanged) {
    problems.push(
      `api/${name}.api.md differs from the build. If that is meant: npm run api, and commit the report.`,
    );
  }
  if (name === 'index')
    for (const exported of namesIn(join(workFolder, 'index.api.md'))) coreNames.add(exported);
}

function configuration(name, types) {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: types,
      newlineKind: 'lf',
      enumMemberOrder: 'preserve',
      compiler: {
        overrideTsconfig: { extends: './lib/tsconfig.base.json', files: [types] },
        skipLibCheck: true,
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: apiFolder,
        reportTempFolder: workFolder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        tsdocMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'error', addToApiReportFile: false },
          'ae-forgotten-export': { logLevel: 'error', addToApiReportFile: false },
          'ae-undocumented': { logLevel: 'error', addToApiReportFile: false },
          // What is @internal is gone from the build; all that is left is public.
          'ae-missing-release-tag': { logLevel: 'none' },
        },
      },
    },
  });
}

function takeNote(entry, message) {
  message.handled = true;
  if (message.category === 'console') {
    if (message.messageId === 'console-api-report-diff')
      console.error(`api/${entry}.api.md:\n${message.text}`);
    return;
  }
  if (message.logLevel === 'none' || isTolerated(message)) return;
  problems.push(`${sourceOf(message)}: ${message.text} (${message.messageId})`);
}

function isTolerated({ messageId, text, sourceFilePath, sourceFileLine }) {
  const [, name] = /(?:symbol|export) "(\w+)"/.exec(text) ?? [];
  const line = readFileSync(sourceFilePath, 'utf8').split('\n')[sourceFileLine - 1];
  switch (messageId) {
    case 'tsdoc-undefined-tag':
      // Editors and typedoc know it.
      return text.includes('"@default"');
    case 'ae-undocumented':
      // A property with only one possible value, such as `outcome: 'failed'`, says all there is to say.
      return (
        /readonly \w+(:| =) (['"])[^'"]*\2;/.test(line) ||
        inheritsItsDescription(sourceFilePath, sourceFileLine)
      );
    case 'ae-forgotten-export':
      // Nobody has to name a base.
      return coreNames.has(name) || new RegExp(`extends (.*\\W)?${name}\\b`).test(line);
    case 'ae-unresolved-link':
      // Editors find a member of the same class by its short name.
      return coreNames.has(name) || /^[a-z]/.test(name);
    default:
      return false;
  }
}

/** Whether editors show what the class or interface says that this member comes from. */
function inheritsItsDescription(path, line) {
  const file = program.getSourceFile(path);
  const checker = program.getTypeChecker();
  const lineOf = (node) => file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const members = file.statements.filter((node) => 'members' in node).flatMap((node) => [...node.members]);
  const symbol = members.find((node) => node.name && lineOf(node) === line)?.symbol;
  return symbol !== undefined && symbol.getDocumentationComment(checker).length > 0;
}

/** The source that a declaration was built from. */
function sourceOf({ sourceFilePath = '' }) {
  return relative(root, sourceFilePath)
    .replace(/^dist/, 'lib')
    .replace(/\.d\.ts$/, '.ts');
}

function namesIn(path) {
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:class|interface|type|enum|const|function) (\w+)/gm;
  return [...readFileSync(path, 'utf8').matchAll(declaration)].map(([, name]) => name);
}

/** A report whose entry is gone: removed, or complained about. */
function reportStrays() {
  const known = new Set(entries.map(({ name }) => `${name}.api.md`));
  for (const file of readdirSync(apiFolder).filter((name) => !known.has(name))) {
    if (check) problems.push(`api/${file} is the report of no entry in package.json's exports.`);
    else rmSync(join(apiFolder, file));
  }
}

function finish() {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log(`${entries.length} API reports ${check ? 'match the build' : 'are up to date'}.`);
}
