import type { Tree } from '@angular-devkit/schematics';

/** Writes a file again only when that changes it, so that what is reported as updated is. */
export function rewrite(tree: Tree, path: string, text: string): void {
  if (tree.readText(path) !== text) tree.overwrite(path, text);
}
