import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { libraryFolders } from '../debian/library-folders.mjs';
import { unpackPackages } from '../debian/unpack.mjs';

/** redis-server is a link into redis-tools, so both are needed; the libraries are those that a slim image lacks. */
const HOST = { name: 'redis', packages: ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'] };
/** Another release runs beside its own loader and libraries, whatever the host's are. */
const LIBRARIES =
  'libc6 libatomic1 libgcc-s1 libjemalloc2 liblzf1 libssl3t64 libstdc++6 libsystemd0 libcap2 zlib1g libzstd1'.split(
    ' ',
  );
const OLD_LIBRARIES =
  'libc6 libatomic1 libgcc-s1 libhiredis0.14 libjemalloc2 liblua5.1-0 liblzf1 libssl1.1 libstdc++6 libsystemd0 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libzstd1 zlib1g lua-bitop lua-cjson'.split(
    ' ',
  );
const RELEASES = {
  'redis-6': {
    name: 'redis',
    suite: 'bullseye',
    packages: ['redis-server', 'redis-tools', ...OLD_LIBRARIES],
  },
  'redis-8': { name: 'redis', suite: 'trixie', packages: ['redis-server', 'redis-tools', ...LIBRARIES] },
  'valkey-8': { name: 'valkey', suite: 'trixie', packages: ['valkey-server', 'valkey-tools', ...LIBRARIES] },
  'valkey-9': { name: 'valkey', suite: 'sid', packages: ['valkey-server', 'valkey-tools', ...LIBRARIES] },
};

/** Unpacks a server from packages; once, and then from the cache. */
export async function unpackServer({ release, onProgress }) {
  const wanted = release === undefined ? HOST : RELEASES[release];
  if (wanted === undefined) {
    throw new RangeError(`release is '${release}'; expected one of ${Object.keys(RELEASES).join(', ')}`);
  }
  const folder = await unpackPackages({
    ...wanted,
    name: release ?? 'host',
    title: release ?? 'redis-server',
    otherwise: 'Install it (apt install redis-server), or name a running server in REDIS_URL.',
    onProgress,
  });
  return command(wanted, folder, release !== undefined);
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

async function findLoader(folder) {
  for (const libraries of await libraryFolders(folder)) {
    const loader = (await readdir(libraries)).find((name) => name.startsWith('ld-linux'));
    if (loader !== undefined) return join(libraries, loader);
  }
  throw new Error(`No dynamic loader was unpacked into ${folder}`);
}
