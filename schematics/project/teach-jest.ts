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

/**
 * Has the ts-jest that the CLI gives to applications of Nest 11 compile this package: it is made of ES modules, which
 * Jest requires by itself only from Node 24.9 on. Those of Nest 12 know how, since Nest is made of them as well. A
 * configuration that says by itself what is not transformed is its author's. True when it has changed something.
 */
export function teachJest(tree: Tree): boolean {
  if (!tree.exists('/package.json')) return false;
  const text = tree.readText('/package.json');
  const json = JSON.parse(text) as PackageJson;
  const { type, dependencies, jest } = json;
  const isNest11 = /^\D*11\b/.test(dependencies?.['@nestjs/core'] ?? '');
  const isTsJest = Object.values(jest?.transform ?? {})
    .flat()
    .includes('ts-jest');
  if (!isNest11 || !isTsJest || type === 'module' || jest?.transformIgnorePatterns !== undefined)
    return false;
  json.jest = {
    ...jest,
    transform: { ...TRANSFORM, ...jest?.transform },
    transformIgnorePatterns: [TRANSFORMED],
  } satisfies JestConfig;
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
  rewrite(tree, '/package.json', `${JSON.stringify(json, null, indent)}\n`);
  return true;
}
