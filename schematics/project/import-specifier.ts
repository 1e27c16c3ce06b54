import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';

/** How one file of a project imports another, such as `./expire-profiles.job`; with `.js` in an ESM project. */
export function importSpecifier(tree: Tree, from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, isEsm(tree) ? '.js' : '');
  return path.startsWith('.') ? path : `./${path}`;
}

function isEsm(tree: Tree): boolean {
  if (!tree.exists('/package.json')) return false;
  return (tree.readJson('/package.json') as { type?: unknown } | null)?.type === 'module';
}
