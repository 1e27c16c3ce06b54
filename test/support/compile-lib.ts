import { transform } from '@swc/core';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The library as plain JavaScript, for processes that tests start. */
export interface CompiledLib {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Compiles what is in lib/ now into a folder of its own, inside the project so that its packages are found. */
export async function compileLib(): Promise<CompiledLib> {
  await mkdir(join(root, 'temp'), { recursive: true });
  const folder = await mkdtemp(join(root, 'temp/lib-'));
  const entries = await readdir(join(root, 'lib'), { recursive: true, withFileTypes: true });
  const sources = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(sources.map((source) => compile(source, folder)));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function compile(source: string, folder: string): Promise<void> {
  const code = await toJavaScript(await readFile(source, 'utf8'));
  const target = join(folder, relative(join(root, 'lib'), source).replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
}

/** Compiles as the library and its tests are, with the metadata that injection needs. */
export async function toJavaScript(typescript: string): Promise<string> {
  const { code } = await transform(typescript, {
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'es6' },
  });
  return code;
}
