/**
 * Holds docs/guarantees.md to the tests: each guarantee (a bullet under a heading that begins with "What holds") names the
 * file and the title of one, and that test is there and is not skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
const DOCUMENT = 'docs/guarantees.md';
const guarantees = guaranteesOf(readFileSync(join(root, DOCUMENT), 'utf8'));
const problems = guarantees.flatMap(problemsOf);
if (guarantees.length === 0) problems.push('there are no guarantees');
for (const problem of problems) console.error(`${DOCUMENT}: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`${guarantees.length} guarantees name a test that exists.`);

function guaranteesOf(markdown) {
  const sections = markdown.split(/^## /m).filter((section) => section.startsWith('What holds'));
  return sections.flatMap((section) => section.split(/^- /m).slice(1));
}

function problemsOf(guarantee) {
  const name = guarantee.split('\n')[0];
  const tests = [...guarantee.matchAll(/^ *Test: `([^`]+)`: "(.+)"\.$/gm)];
  if (tests.length === 0) return [`"${name}" names no test`];
  return tests.flatMap(([, file, title]) => {
    if (!existsSync(join(root, file))) return [`"${name}": there is no ${file}`];
    return titlesOf(file).has(title) ? [] : [`"${name}": ${file} runs no test "${title}"`];
  });
}

/** Titles of the tests of a file that run: `it('…')`, `it.each(…)('…')`, but not `it.skip('…')`. */
function titlesOf(file) {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest);
  const titles = new Set();
  visit(source);
  return titles;

  function visit(node) {
    if (isTest(node, source)) titles.add(node.arguments[0].text);
    ts.forEachChild(node, visit);
  }
}

function isTest(node, source) {
  if (!ts.isCallExpression(node) || node.arguments.length === 0) return false;
  if (!ts.isStringLiteralLike(node.arguments[0])) return false;
  const [callee] = node.expression.getText(source).split('(');
  return /^(it|test)(\.|$)/.test(callee) && !/\.(skip|todo|failing)\b/.test(callee);
}
