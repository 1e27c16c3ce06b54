import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isExecutable, onPath } from '../debian/on-path.mjs';
import { isDebianLike } from '../debian/unpack.mjs';
import { unpackServer } from './debian.mjs';

const run = promisify(execFile);

/**
 * A server that can be run here.
 *
 * @typedef {object} RedisServer
 * @property {string[]} server the command that starts it, arguments follow
 * @property {string[]} cli the command of its client
 * @property {NodeJS.ProcessEnv} env what both need in their environment
 * @property {string} version as the server tells it, such as `Redis server v=7.0.15 …`
 */

/**
 * Finds a server: the release that `REDIS_RELEASE` names, `REDIS_SERVER_BIN`, or `redis-server` or `valkey-server` on the PATH, or one that is unpacked from
 * Debian's or Ubuntu's packages without root, into node_modules/.cache.
 *
 * @param {object} [options]
 * @param {'redis-6' | 'redis-8' | 'valkey-8' | 'valkey-9'} [options.release] that release and no other, unpacked with libraries of its own
 * @param {boolean} [options.mayUnpack] whether packages may be downloaded; default: where there is an apt-get
 * @param {(line: string) => void} [options.onProgress] hears what takes time
 * @returns {Promise<RedisServer>}
 */
export async function findRedisServer({
  release = process.env.REDIS_RELEASE || undefined,
  mayUnpack,
  onProgress = () => {},
} = {}) {
  if (release !== undefined) return withVersion(await unpackServer({ release, onProgress }));
  const named = process.env.REDIS_SERVER_BIN;
  if (named) return withVersion(await besides(named));
  for (const name of ['redis-server', 'valkey-server']) {
    const found = await onPath(name);
    if (found !== undefined) return withVersion(await besides(found));
  }
  if (mayUnpack ?? (await isDebianLike())) return withVersion(await unpackServer({ onProgress }));
  throw new Error(
    'No redis-server here. Install one (macOS: brew install redis; Debian, Ubuntu: apt install redis-server), ' +
      'name its file in REDIS_SERVER_BIN, or name a running server in REDIS_URL.',
  );
}

async function besides(server) {
  if (!(await isExecutable(server))) {
    throw new Error(`REDIS_SERVER_BIN is ${JSON.stringify(server)}, which is no program that can be run.`);
  }
  const cli = server.replace(/-server$/, '-cli');
  const isBeside = cli !== server && (await isExecutable(cli));
  return { server: [server], cli: [isBeside ? cli : 'redis-cli'], env: process.env };
}

async function withVersion(found) {
  const [file, ...args] = found.server;
  const { stdout } = await run(file, [...args, '--version'], { env: found.env });
  return { ...found, version: stdout.trim() };
}
