import type { Tree } from '@angular-devkit/schematics';
import { rewrite } from './rewrite.js';

interface JestConfig {
  readonly transform?: Readonly<Record<string, unknown>>;
  readonly transformIgnorePatterns?: unknown;
}

interface PackageJson {
  readonly type?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  jest?: JestConfig;
}

/** Goes ahead of the project's own patterns: of those that match a file, Jest takes the first. */
const TRANSFORM = {
  '/node_modules/nestjs-work-stealing/.+\\.js$': [
    'ts-jest',
    { tsconfig: { allowJs: true, module: 'commonjs', target: 'es2022', isolatedModules: true } },
  ],
};
const TRANSFORMED = '/node_modules/(?!.*nestjs-work-stealing/)';

/** Where Jest is configured in JSON, outside of package.json: `nest new` has the first. */
const JSON_CONFIGS = ['/test/jest-e2e.json', '/jest-e2e.json', '/jest.config.json'];
/** Configurations that are code, which is its author's to change. */
const CODE_CONFIGS = ['js', 'ts', 'mjs', 'cjs', 'mts', 'cts'].map((extension) => `/jest.config.${extension}`);

/** What came of {@link teachJest}. */
export interface TaughtJest {
  /** The files that it has changed. */
  readonly changed: readonly string[];
  /** The file that somebody has to change, if any, and what to add there. */
  readonly byHand?: { readonly path: string; readonly addition: string };
}

/**
 * Has the ts-jest that the CLI gives to applications of Nest 11 compile this package: it is made of ES modules, which
 * Jest requires by itself only from Node 24.9 on. Those of Nest 12 know how, since Nest is made of them as well. A
 * configuration that says by itself what is not transformed is its author's.
 */
export function teachJest(tree: Tree): TaughtJest {
  if (!tree.exists('/package.json')) return { changed: [] };
  const { type, dependencies } = JSON.parse(tree.readText('/package.json')) as PackageJson;
  if (type === 'module' || !/^\D*11\b/.test(dependencies?.['@nestjs/core'] ?? '')) return { changed: [] };
  const changed = [
    ...(teach(tree, '/package.json', teachPackage) ? ['package.json'] : []),
    ...JSON_CONFIGS.filter((path) => teach<JestConfig>(tree, path, taught)).map((path) => path.slice(1)),
  ];
  const byHand = CODE_CONFIGS.find((path) => tree.exists(path));
  if (byHand === undefined || /transformIgnorePatterns/.test(tree.readText(byHand))) return { changed };
  const addition = JSON.stringify({ transform: TRANSFORM, transformIgnorePatterns: [TRANSFORMED] });
  return { changed, byHand: { path: byHand.slice(1), addition } };
}

function teachPackage(json: PackageJson): PackageJson {
  const jest = taught(json.jest);
  return jest === undefined ? json : { ...json, jest };
}

/** The configuration with what it lacks; the same one where there is nothing to add. */
function taught(jest: JestConfig | undefined): JestConfig | undefined {
  const isTsJest = Object.values(jest?.transform ?? {})
    .flat()
    .includes('ts-jest');
  if (!isTsJest || jest?.transformIgnorePatterns !== undefined) return jest;
  return {
    ...jest,
    transform: { ...TRANSFORM, ...jest?.transform },
    transformIgnorePatterns: [TRANSFORMED],
  };
}

function teach<T extends object>(tree: Tree, path: string, change: (json: T) => T | undefined): boolean {
  if (!tree.exists(path)) return false;
  const text = tree.readText(path);
  const json = parsed(text) as T | undefined;
  const after = json && change(json);
  if (json === undefined || !after || JSON.stringify(after) === JSON.stringify(json)) return false;
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
  rewrite(tree, path, `${JSON.stringify(after, null, indent)}\n`);
  return true;
}

/** A file that is no JSON, as one with comments, is left alone. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
