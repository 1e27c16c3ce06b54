import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { docBlocks } from '../../scripts/doc-blocks.mjs';
import { compileLib, toJavaScript } from './compile-lib.js';

const root = join(import.meta.dirname, '../..');

/** The files of one page under docs/recipes, as they stand there. */
class Recipe {
  constructor(private readonly folder: () => string) {}

  /** Runs a file of the page (`// file: app.module.ts`); answers what it exports. */
  async import<T>(name: string): Promise<T> {
    return (await import(join(this.folder(), name))) as T;
  }
}

/** Takes the examples out of a page for the tests of one file: what readers copy is what is tested. */
export function useRecipe(page: string): Recipe {
  return new Recipe(
    useFolder(async (folder) => {
      for (const { name, code } of await filesOf(page)) await writeFile(join(folder, name), code);
    }),
  );
}

/** A page as a compiled application that has the package installed, for processes of their own. */
class CompiledRecipe {
  constructor(private readonly folder: () => string) {}

  /** Adds a file beside those of the page, which it imports as `./app.module.js`; answers its path. */
  async add(name: string, content: string): Promise<string> {
    const path = join(this.folder(), name);
    await mkdir(dirname(path), { recursive: true });
    // In one step, as somebody may be watching it.
    await writeFile(`${path}.new`, content);
    await rename(`${path}.new`, path);
    return path;
  }
}

/** As {@link useRecipe}, compiled. */
export function useCompiledRecipe(page: string): CompiledRecipe {
  return new CompiledRecipe(
    useFolder(async (folder) => {
      for (const { name, code } of await filesOf(page)) {
        await writeFile(join(folder, name.replace(/\.ts$/, '.js')), await toJavaScript(code));
      }
      const lib = await compileLib();
      const exports = { '.': './index.js', './*': './*/index.js' };
      await writeFile(
        join(lib.folder, 'package.json'),
        JSON.stringify({ name: 'nestjs-work-stealing', type: 'module', exports }),
      );
      // Without a package.json of its own, the package's name would stand for the project that the folder is in.
      await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
      await mkdir(join(folder, 'node_modules'));
      await symlink(lib.folder, join(folder, 'node_modules/nestjs-work-stealing'));
      return lib.remove;
    }),
  );
}

async function filesOf(page: string) {
  return docBlocks(await readFile(join(root, 'docs/recipes', page), 'utf8'));
}

/** A folder for the tests of one file, inside the project so that packages are found as the project finds them. */
function useFolder(fill: (folder: string) => Promise<(() => Promise<void>) | void>): () => string {
  let folder: string | undefined;
  let empty: (() => Promise<void>) | void;
  beforeAll(async () => {
    await mkdir(join(root, 'temp'), { recursive: true });
    folder = await mkdtemp(join(root, 'temp/recipe-'));
    empty = await fill(folder);
  });
  afterAll(async () => {
    await empty?.();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (folder === undefined) throw new Error('The files of a recipe are there only while tests run');
    return folder;
  };
}
