import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tree } from '@angular-devkit/schematics';
import { rewrite } from './rewrite.js';

interface Prettier {
  resolveConfig(path: string): Promise<object | null>;
  format(source: string, options: object): Promise<string>;
}

/** Formats files as the project does; leaves them as they are when it has no Prettier. */
export async function formatFiles(tree: Tree, paths: readonly (string | undefined)[]): Promise<void> {
  const prettier = await projectPrettier();
  if (prettier === undefined) return;
  for (const path of paths) {
    if (path === undefined || !tree.exists(path)) continue;
    const filepath = join(process.cwd(), path);
    const options = await prettier.resolveConfig(filepath);
    rewrite(tree, path, await prettier.format(tree.readText(path), { ...options, filepath }));
  }
}

async function projectPrettier(): Promise<Prettier | undefined> {
  try {
    const path = createRequire(join(process.cwd(), 'package.json')).resolve('prettier');
    const module = (await import(pathToFileURL(path).href)) as { default: Prettier };
    return module.default;
  } catch {
    return undefined;
  }
}
