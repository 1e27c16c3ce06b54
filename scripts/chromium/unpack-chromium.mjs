import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { libraryFolders } from '../debian/library-folders.mjs';
import { unpackPackages } from '../debian/unpack.mjs';

/**
 * Unpacks Chromium, and those of the packages it depends on that this machine lacks, without root and without touching
 * the system; once, and then from the cache.
 *
 * @returns {Promise<{ executablePath: string, env: NodeJS.ProcessEnv }>}
 */
export async function unpackChromium({ onProgress, otherwise }) {
  const folder = await unpackPackages({
    name: 'chromium',
    title: 'Chromium',
    packages: ['chromium', 'chromium-common', 'fonts-dejavu-core'],
    withDependencies: true,
    seconds: 60,
    otherwise,
    onProgress,
  });
  const path = [...(await libraryFolders(folder)), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const env = { ...process.env, LD_LIBRARY_PATH: path, FONTCONFIG_FILE: await fontConfiguration(folder) };
  // Not /usr/bin/chromium, a script that looks for the program at its place in the system.
  return { executablePath: join(folder, 'usr/lib/chromium/chromium'), env };
}

async function fontConfiguration(folder) {
  const file = join(folder, 'fonts.conf');
  const folders = `<dir>${folder}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>`;
  const cache = `<cachedir>${join(dirname(folder), 'fonts')}</cachedir>`;
  await writeFile(file, `<?xml version="1.0"?><fontconfig>${folders}${cache}</fontconfig>\n`);
  return file;
}
