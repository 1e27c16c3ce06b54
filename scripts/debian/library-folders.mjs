import { readdir } from 'node:fs/promises';

/**
 * The folders of shared libraries below `folder`: the distribution's own, and those inside it that some packages keep
 * for themselves, and find by paths from the root of the system.
 */
export async function libraryFolders(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const folders = entries
    .filter(({ name }) => /^(lib|ld-).*\.so(\.\d+)*$/.test(name))
    .map(({ parentPath }) => parentPath);
  return [...new Set(folders)].filter((each) => /-linux-gnu[^/]*(\/[^/]+)?$/.test(each));
}
