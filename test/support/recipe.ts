import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { docBlocks } from '../../scripts/doc-blocks.mjs';

const root = join(import.meta.dirname, '../..');

/** The files of one page under docs/recipes, as they stand there. */
export class Recipe {
  constructor(
    private readonly page: string,
    private readonly folder: () => string,
  ) {}

  /** Runs a file of the page (`// file: app.module.ts`); answers what it exports. */
  async import<T>(name: string): Promise<T> {
    return (await import(this.path(name))) as T;
  }

  /** Where a file of the page stands, for a process of its own. */
  path(name: string): string {
    return join(this.folder(), name);
  }

  async write(): Promise<void> {
    const markdown = await readFile(join(root, 'docs/recipes', this.page), 'utf8');
    for (const { name, code } of docBlocks(markdown)) await writeFile(this.path(name), code);
  }
}

/** Takes the examples out of a page for the tests of one file: what readers copy is what is tested. */
export function useRecipe(page: string): Recipe {
  let folder: string | undefined;
  const recipe = new Recipe(page, () => {
    if (folder === undefined) throw new Error(`The files of ${page} are there only while tests run`);
    return folder;
  });
  beforeAll(async () => {
    // Inside the project, so that the examples find packages as the project does.
    await mkdir(join(root, 'temp'), { recursive: true });
    folder = await mkdtemp(join(root, 'temp/recipe-'));
    await recipe.write();
  });
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return recipe;
}
