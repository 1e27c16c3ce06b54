import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import { rewrite } from './rewrite.js';

interface JestConfig {
  readonly transform?: Readonly<Record<string, unknown>>;
  readonly transformIgnorePatterns?: unknown;
}

interface PackageJson {
  readonly type?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly jest?: JestConfig;
}

/** What became of the configurations of Jest in a project. */
export interface TaughtJest {
  /** Files that are changed. */
  readonly taught: readonly string[];
  /** What to do by hand about each of the others. */
  readonly left: readonly string[];
}

const PACKAGE = 'nestjs-work-stealing';
/** Goes ahead of the project's own patterns: of those that match a file, Jest takes the first. */
const TRANSFORM = {
  [`/node_modules/${PACKAGE}/.+\\.js$`]: [
    'ts-jest',
    { tsconfig: { allowJs: true, module: 'commonjs', target: 'es2022', isolatedModules: true } },
  ],
};
const TRANSFORMED = `/node_modules/(?!.*${PACKAGE}/)`;
const CODE = ['js', 'cjs', 'mjs', 'ts', 'cts', 'mts'].map((extension) => `jest.config.${extension}`);
const JSON_FILES = ['jest.config.json', 'test/jest-e2e.json', 'jest-e2e.json'];

/**
 * Has the ts-jest that the CLI gives to applications of Nest 11 compile this package: it is made of ES modules, which
 * Jest requires by itself only from Node 24.9 on. Those of Nest 12 know how, since Nest is made of them as well. A
 * configuration that is code, or says by itself what is not transformed, is its author's: for that there is advice.
 *
 * @param root the folder of the application in a monorepo; that of the workspace is looked at as well
 */
export function teachJest(tree: Tree, root: string): TaughtJest {
  const taught: string[] = [];
  const left: string[] = [];
  for (const path of needsTeaching(tree) ? configurations(tree, root) : []) {
    const text = tree.readText(path);
    if (text.includes(`${PACKAGE}/`)) continue;
    if (path.endsWith('.json') && teachFile(tree, path, text)) taught.push(path);
    else left.push(adviceFor(path));
  }
  return { taught, left };
}

function needsTeaching(tree: Tree): boolean {
  if (!tree.exists('package.json')) return false;
  const { type, dependencies } = packageOf(tree);
  return type !== 'module' && /^\D*11\b/.test(dependencies?.['@nestjs/core'] ?? '');
}

/** Files that hold a configuration: where Jest and the CLI have them, and where a script of package.json says. */
function configurations(tree: Tree, root: string): string[] {
  const { jest, scripts = {} } = packageOf(tree);
  const usual = ['.', root].flatMap((folder) =>
    [...CODE, ...JSON_FILES].map((name) => posix.join(folder, name)),
  );
  const named = Object.values(scripts).flatMap((script) =>
    [...script.matchAll(/\bjest\b[^&|;]*?\s(?:--config|-c)[= ]+["']?([^\s"']+)/g)].map(([, path]) => path!),
  );
  const paths = new Set([...usual, ...named.map((path) => posix.normalize(path))]);
  const files = [...paths].filter((path) => path !== 'package.json' && tree.exists(path));
  return jest === undefined ? files : ['package.json', ...files];
}

function teachFile(tree: Tree, path: string, text: string): boolean {
  const json = parsed(text);
  if (json === undefined) return false;
  const config = path === 'package.json' ? (json as PackageJson).jest : (json as JestConfig);
  const isTsJest = Object.values(config?.transform ?? {})
    .flat()
    .includes('ts-jest');
  if (!isTsJest || config?.transformIgnorePatterns !== undefined) return false;
  const after: JestConfig = {
    ...config,
    transform: { ...TRANSFORM, ...config?.transform },
    transformIgnorePatterns: [TRANSFORMED],
  };
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
  const whole = path === 'package.json' ? { ...json, jest: after } : after;
  rewrite(tree, path, `${JSON.stringify(whole, null, indent)}\n`);
  return true;
}

/** Undefined for JSON with comments, which Jest reads as well. */
function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

function adviceFor(path: string): string {
  return `${path} is left as it is. Before Node 24.9, Jest has to compile this package. With ts-jest, add to it:
  transform: { ${JSON.stringify(TRANSFORM).slice(1, -1)}, /* then your own */ },
  transformIgnorePatterns: [${JSON.stringify(TRANSFORMED)}],
With @swc/jest, see "Jest in a CommonJS project" in docs/testing.md of this package's repository.`;
}

function packageOf(tree: Tree): PackageJson {
  return tree.readJson('package.json') as PackageJson;
}
