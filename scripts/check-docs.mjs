/**
 * Compiles every TypeScript example of README.md and docs/ against the library, and reports errors at their place in
 * the document. How blocks are found and put together: doc-blocks.mjs.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { docBlocks } from './doc-blocks.mjs';

const root = resolve(import.meta.dirname, '..');
/** Inside the project, so that the examples resolve packages as the project does. */
const workFolder = join(root, 'temp/docs');

const documents = process.argv.length > 2 ? process.argv.slice(2) : allDocuments();
const sources = writeExamples(documents);
if (sources.size === 0) fail(`No TypeScript examples in ${documents.join(', ') || 'README.md and docs/'}.`);

const problems = compile([...sources.keys()]);
for (const problem of problems) console.error(describe(problem));
if (problems.length > 0) fail(`${problems.length} errors in the examples of the documentation.`);
console.log(`${sources.size} examples of ${documents.length} documents compile.`);

function allDocuments() {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs'), { recursive: true }) : [];
  const paths = ['README.md', ...docs.map((path) => join('docs', path))];
  // What typedoc writes shows the library's own code.
  const written = paths.filter((path) => !path.startsWith(join('docs', 'api')));
  return written.filter((path) => path.endsWith('.md') && existsSync(join(root, path))).sort();
}

/** @returns {Map<string, string>} the path of each example's file, and the document that it stands in */
function writeExamples(paths) {
  rmSync(workFolder, { recursive: true, force: true });
  const written = new Map();
  for (const path of paths) {
    for (const { name, code } of blocksOf(path)) {
      const file = join(workFolder, path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, code);
      written.set(file, path);
    }
  }
  return written;
}

function blocksOf(path) {
  try {
    return docBlocks(readFileSync(join(root, path), 'utf8'));
  } catch (error) {
    fail(`${path}: ${error.message}`);
  }
}

function compile(files) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => fail(describe(problem)) };
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host);
  // An example may declare what its text goes on to talk about, and use it no further.
  const options = { ...config.options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
  return ts.getPreEmitDiagnostics(ts.createProgram(files, options));
}

function describe({ file, start, code, messageText }) {
  const message = `error TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  if (!file) return message;
  const { line, character } = ts.getLineAndCharacterOfPosition(file, start);
  const place = sources.get(resolve(file.fileName)) ?? relative(root, file.fileName);
  return `${place}:${line + 1}:${character + 1} - ${message}`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
