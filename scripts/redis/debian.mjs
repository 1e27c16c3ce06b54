import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { holding } from './lock.mjs';

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/nestjs-work-stealing');

/** redis-server is a link into redis-tools, so both are needed; the libraries are those that a slim image lacks. */
const HOST = { name: 'redis', packages: ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'] };
/** A newer release runs beside its own loader and libraries, whatever the host's are. */
const LIBRARIES =
  'libc6 libatomic1 libgcc-s1 libjemalloc2 liblzf1 libssl3t64 libstdc++6 libsystemd0 libcap2 zlib1g libzstd1'.split(
    ' ',
  );
const RELEASES = {
  'redis-8': { name: 'redis', suite: 'trixie', packages: ['redis-server', 'redis-tools', ...LIBRARIES] },
  'valkey-9': { name: 'valkey', suite: 'sid', packages: ['valkey-server', 'valkey-tools', ...LIBRARIES] },
};

/** Whether packages can be had as on Debian and Ubuntu. */
export async function isDebianLike() {
  const present = await Promise.allSettled(
    ['/var/lib/dpkg/status', '/usr/bin/apt-get'].map((file) => access(file)),
  );
  return present.every(({ status }) => status === 'fulfilled');
}

/** Unpacks a server from packages, without root and without touching the system; once, and then from the cache. */
export async function unpackServer({ release, onProgress }) {
  const wanted = release === undefined ? HOST : RELEASES[release];
  if (wanted === undefined) {
    throw new RangeError(`release is '${release}'; expected one of ${Object.keys(RELEASES).join(', ')}`);
  }
  const folder = join(cache, release ?? 'host');
  await mkdir(cache, { recursive: true });
  await holding(`${folder}.lock`, async () => {
    if (await exists(folder)) return;
    onProgress(`Unpacking ${release ?? 'redis-server'} from the distribution's packages (once, about 10 s)`);
    const work = await mkdtemp(`${folder}-`);
    try {
      await unpack(wanted, work);
      await rename(join(work, 'root'), folder).catch(unlessThere(folder));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return command(wanted, folder, release !== undefined);
}

/** Whoever broke a stale lock at the same time as we did may have been first, and has unpacked the same. */
function unlessThere(folder) {
  return async (error) => {
    if (!(await exists(folder))) throw error;
  };
}

async function unpack({ suite, packages }, work) {
  await Promise.all(
    ['state/lists/partial', 'cache/archives/partial', 'debs', 'root'].map((path) =>
      mkdir(join(work, path), { recursive: true }),
    ),
  );
  const apt = aptOptions(work, suite);
  if (suite !== undefined) {
    await writeFile(join(work, 'sources.list'), `deb ${await debianMirror()} ${suite} main\n`);
    await writeFile(join(work, 'status'), '');
  }
  const debs = join(work, 'debs');
  try {
    await run('apt-get', [...apt, '-qq', 'update']);
    await run('apt-get', [...apt, '-qq', 'download', ...packages], { cwd: debs });
  } catch (error) {
    throw new Error(
      `redis-server could not be unpacked from packages: ${error.stderr?.trim() || error.message}\n` +
        'Install it (apt install redis-server), or name a running server in REDIS_URL.',
      { cause: error },
    );
  }
  for (const deb of await readdir(debs)) await run('dpkg', ['-x', join(debs, deb), join(work, 'root')]);
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

async function command({ name }, folder, withLoader) {
  const libraries = (await libraryFolders(folder)).join(':');
  const program = (suffix) => join(folder, 'usr/bin', `${name}-${suffix}`);
  if (!withLoader) {
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    };
    return { server: [program('server')], cli: [program('cli')], env };
  }
  const loader = await findLoader(folder);
  const through = (file) => [loader, '--library-path', libraries, file];
  return { server: through(program('server')), cli: through(program('cli')), env: process.env };
}

async function libraryFolders(folder) {
  const found = [];
  for (const base of ['usr/lib', 'lib']) {
    const names = await readdir(join(folder, base)).catch(() => []);
    found.push(
      ...names.filter((name) => name.includes('-linux-gnu')).map((name) => join(folder, base, name)),
    );
  }
  return found;
}

async function findLoader(folder) {
  for (const libraries of await libraryFolders(folder)) {
    const loader = (await readdir(libraries)).find((name) => name.startsWith('ld-linux'));
    if (loader !== undefined) return join(libraries, loader);
  }
  throw new Error(`No dynamic loader was unpacked into ${folder}`);
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
