/**
 * Puts what the page of the dashboard is made of into lib/dashboard/assets.generated.ts: its own scripts (types taken
 * off), styles and icon, and uPlot from npm with its licence. So the package reads no files at run time, and neither
 * bundlers nor other builds (nest build, jest) need to know of them. `--check` only says whether it is up to date.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import ts from 'typescript';

const dashboard = resolve(import.meta.dirname, '../lib/dashboard');
const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
const target = join(dashboard, 'assets.generated.ts');

const TYPES = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

const assets = new Map([...ownAssets(), ...uplotAssets()].sort(([one], [other]) => (one < other ? -1 : 1)));
const text = generated();
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error(
    'lib/dashboard/assets.generated.ts is not what lib/dashboard/page says. Run "npm run generate".',
  );
  process.exitCode = 1;
}

function ownAssets() {
  const folder = join(dashboard, 'page');
  const names = readdirSync(folder).filter(
    (name) => /\.(ts|css|svg)$/.test(name) && !/\.(d|spec)\.ts$/.test(name),
  );
  return names.map((name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    return name.endsWith('.ts') ? [name.replace(/\.ts$/, '.js'), withoutTypes(source)] : [name, source];
  });
}

function withoutTypes(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ES2022,
      removeComments: true,
      verbatimModuleSyntax: true,
    },
  });
  return outputText;
}

function uplotAssets() {
  const licence = readFileSync(join(uplot, 'LICENSE'), 'utf8').trim();
  const file = (name) => readFileSync(join(uplot, 'dist', name), 'utf8').trim();
  const comment = `/*!\nuPlot\n${licence}\n*/\n`;
  return [
    ['uplot.js', `${comment}${file('uPlot.iife.min.js')}\n`],
    ['uplot.css', `${comment}${file('uPlot.min.css')}\n`],
  ];
}

function generated() {
  const version = createHash('sha256')
    .update(JSON.stringify([...assets]))
    .digest('hex')
    .slice(0, 16);
  const entries = [...assets].map(
    ([name, content]) =>
      `  ${JSON.stringify(name)}: {\n    type: ${JSON.stringify(TYPES[extname(name)])},\n    text: ${literal(content)},\n  },`,
  );
  return `// Made by scripts/embed-dashboard.mjs from lib/dashboard/page and uPlot: edit those and run "npm run generate".

/** Changes whenever any of them does. */
export const ASSETS_VERSION: string = '${version}';

/** By the name under which the page asks for it. */
export const ASSETS: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
${entries.join('\n')}
};
`;
}

function literal(content) {
  return `\`${content.replace(/[\\`$]/g, '\\$&')}\``;
}
