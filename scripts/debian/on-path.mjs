import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The file of a program that is on the PATH; undefined where none is. */
export async function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && (await isExecutable(file))) return file;
  }
  return undefined;
}

export async function isExecutable(file) {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
