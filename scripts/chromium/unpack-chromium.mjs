import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { holding } from '../debian/lock.mjs';

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/nestjs-work-stealing');
const folder = join(cache, 'chromium');

/**
 * Unpacks Chromium, and those of the packages it depends on that this machine lacks, without root and without touching
 * the system; once, and then from the cache.
 *
 * @returns {Promise<{ executablePath: string, env: NodeJS.ProcessEnv }>}
 */
export async function unpackChromium(onProgress) {
  await mkdir(cache, { recursive: true });
  await holding(`${folder}.lock`, async () => {
    if (await exists(folder)) return;
    onProgress("Unpacking Chromium from the distribution's packages (once, about a minute)");
    const work = await mkdtemp(`${folder}-`);
    try {
      await unpack(work);
      await rename(join(work, 'root'), folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  // Not /usr/bin/chromium, a script that looks for the program at its place in the system.
  return { executablePath: join(folder, 'usr/lib/chromium/chromium'), env: await environment() };
}

async function unpack(work) {
  await Promise.all(
    ['state/lists/partial', 'cache/archives/partial', 'root'].map((path) =>
      mkdir(join(work, path), { recursive: true }),
    ),
  );
  const options = [
    `Dir::State=${work}/state`,
    `Dir::Cache=${work}/cache`,
    'Dir::State::status=/var/lib/dpkg/status',
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  const size = { maxBuffer: 1 << 26 };
  await run('apt-get', [...options, '-qq', 'update'], size);
  const wanted = [
    '--no-install-recommends',
    '--download-only',
    '--reinstall',
    'install',
    'chromium',
    'chromium-common',
    'fonts-dejavu-core',
  ];
  await run('apt-get', [...options, '-qq', '-y', ...wanted], size);
  const archives = join(work, 'cache/archives');
  const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) await run('dpkg', ['-x', join(archives, name), join(work, 'root')]);
  await writeFile(
    join(work, 'root/fonts.conf'),
    `<?xml version="1.0"?><fontconfig><dir>${folder}/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${cache}/fonts</cachedir></fontconfig>\n`,
  );
}

async function environment() {
  const libraries = [];
  for (const base of ['usr/lib', 'lib']) {
    const names = await readdir(join(folder, base)).catch(() => []);
    libraries.push(
      ...names.filter((name) => name.includes('-linux-gnu')).map((name) => join(folder, base, name)),
    );
  }
  const path = [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { ...process.env, LD_LIBRARY_PATH: path, FONTCONFIG_FILE: join(folder, 'fonts.conf') };
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
