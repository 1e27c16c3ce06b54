import type { Tree } from '@angular-devkit/schematics';
import { rewrite } from './rewrite.js';

interface PackageJson {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** Puts a package among the dependencies, in alphabetical order; false when it is there already, in any version. */
export function addDependency(tree: Tree, name: string, range: string): boolean {
  const text = tree.readText('/package.json');
  const json = JSON.parse(text) as PackageJson;
  if (json.dependencies?.[name] !== undefined) return false;
  const entries = Object.entries({ ...json.dependencies, [name]: range });
  json.dependencies = Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const indent = /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ';
  rewrite(tree, '/package.json', `${JSON.stringify(json, null, indent)}\n`);
  return true;
}
