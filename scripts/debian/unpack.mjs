import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { holding } from './lock.mjs';

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/nestjs-work-stealing');

const DOWNLOAD_WITH_DEPENDENCIES = ['--no-install-recommends', '--download-only', '--reinstall', 'install'];

/** Whether packages can be had as on Debian and Ubuntu. */
export async function isDebianLike() {
  const present = await Promise.allSettled(
    ['/var/lib/dpkg/status', '/usr/bin/apt-get'].map((file) => access(file)),
  );
  return present.every(({ status }) => status === 'fulfilled');
}

/**
 * Unpacks packages, without root and without touching the system; once, and then from the cache. Answers the folder.
 *
 * @param {object} wanted
 * @param {string} wanted.name of the folder in the cache
 * @param {string} wanted.title what is unpacked, for whoever waits
 * @param {string[]} wanted.packages
 * @param {boolean} [wanted.withDependencies] also those packages that they depend on and the system lacks
 * @param {string} [wanted.suite] of Debian; default: that of the system
 * @param {number} [wanted.seconds] that it takes, about
 * @param {string} wanted.otherwise what to do where they cannot be had
 * @param {(line: string) => void} [wanted.onProgress] hears what takes time
 * @returns {Promise<string>}
 */
export async function unpackPackages(wanted) {
  const { name, title, seconds = 10, onProgress = () => {} } = wanted;
  const folder = join(cache, name);
  await mkdir(cache, { recursive: true });
  await holding(`${folder}.lock`, async () => {
    if (await exists(folder)) return;
    onProgress(`Unpacking ${title} from the distribution's packages (once, about ${seconds} s)`);
    const work = await mkdtemp(`${folder}-`);
    try {
      await unpack(wanted, work);
      await rename(join(work, 'root'), folder).catch(unlessThere(folder));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Whoever broke a stale lock at the same time as we did may have been first, and has unpacked the same. */
function unlessThere(folder) {
  return async (error) => {
    if (!(await exists(folder))) throw error;
  };
}

async function unpack({ title, suite, packages, withDependencies, otherwise }, work) {
  await Promise.all(
    ['state/lists/partial', 'cache/archives/partial', 'root'].map((path) =>
      mkdir(join(work, path), { recursive: true }),
    ),
  );
  const apt = aptOptions(work, suite);
  if (suite !== undefined) {
    await writeFile(join(work, 'sources.list'), `deb ${await debianMirror()} ${suite} main\n`);
    await writeFile(join(work, 'status'), '');
  }
  const debs = join(work, 'cache/archives');
  const download = withDependencies ? DOWNLOAD_WITH_DEPENDENCIES : ['download'];
  try {
    await run('apt-get', [...apt, '-qq', 'update']);
    await run('apt-get', [...apt, '-qq', '-y', ...download, ...packages], { cwd: debs, maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(
      `${title} could not be unpacked from packages: ${error.stderr?.trim() || error.message}\n${otherwise}`,
      { cause: error },
    );
  }
  const names = (await readdir(debs)).filter((name) => name.endsWith('.deb'));
  for (const name of names) await run('dpkg', ['-x', join(debs, name), join(work, 'root')]);
}

/** A private state, so that neither root nor the system's lists are needed, and nothing of the system changes. */
function aptOptions(work, suite) {
  const options = [
    `Dir::State=${work}/state`,
    `Dir::Cache=${work}/cache`,
    `Dir::State::status=${suite === undefined ? '/var/lib/dpkg/status' : `${work}/status`}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
  ];
  if (suite !== undefined)
    options.push(`Dir::Etc::sourcelist=${work}/sources.list`, 'Dir::Etc::sourceparts=/dev/null');
  return options.flatMap((option) => ['-o', option]);
}

/** The mirror that this machine is set up with. */
async function debianMirror() {
  const parts = await readdir('/etc/apt/sources.list.d').catch(() => []);
  const files = ['/etc/apt/sources.list', ...parts.map((part) => `/etc/apt/sources.list.d/${part}`)];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const mirror = /^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+\/debian\/?)(?:\s|$)/m.exec(text)?.[1];
    if (mirror !== undefined) return mirror;
  }
  throw new Error('No mirror of Debian in /etc/apt, so no other release of it can be unpacked.');
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
