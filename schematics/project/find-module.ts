import { posix } from 'node:path';
import type { DirEntry, Tree } from '@angular-devkit/schematics';

/** The file of the nearest module: in the folder, or else in one above it. Undefined when there is none up to the root. */
export function findModule(tree: Tree, folder: string): string | undefined {
  let entry: DirEntry | null = tree.getDir(folder);
  while (entry !== null) {
    const found = moduleIn(entry);
    if (found !== undefined) return found;
    entry = entry.parent;
  }
  return undefined;
}

/** `AppModule` for `src/app.module.ts`: the class that a file is named after. */
export function moduleClassOf(path: string): string {
  const stem = posix.basename(path).replace(/\.module\.ts$/, '');
  return `${stem.replaceAll(/(?:^|[-_.])(\w)/g, (_, first: string) => first.toUpperCase())}Module`;
}

/** Of several modules in one folder, the one that is named like it goes ahead, then that of the application. */
function moduleIn({ path, subfiles }: DirEntry): string | undefined {
  const modules = subfiles.filter((file) => file.endsWith('.module.ts')).toSorted();
  const names = [`${path.split('/').at(-1)}.module.ts`, 'app.module.ts'];
  const name = names.find((each) => modules.some((module) => module === each)) ?? modules[0];
  return name === undefined ? undefined : `${path === '/' ? '' : path}/${name}`;
}
